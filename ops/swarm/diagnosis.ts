import { sorted, type Finding } from "../finding";
import { askAgain, lacksCertificate } from "../../deploy/wait/certificates";
import { hostAsked } from "../../components/health-request";
import type { WrongAnswer } from "./answers";
import { isDatabase, type ServiceFacts, type SlotFacts, type StackFacts } from "./facts";
import { serverCertificateFinding } from "../server-certificate";
import { spaceFinding } from "../volume-space";
import { scenarios } from "./task-scenarios";
import { isRunning, nodeName } from "../../engines/swarm-tasks";

/** Why a stack is not well; empty where it is. Databases come before what waits for them. */
export function diagnosis(stack: StackFacts): Finding[] {
  if (stack.services.length === 0) {
    return [
      {
        scenario: "not-deployed",
        severity: "failure",
        object: `swarm stack ${stack.swarmName}`,
        why: `Nothing of stack ${stack.stack} is there.`,
        mend: [`npm start -- --stack ${stack.stack}`],
      },
    ];
  }
  const services = [...stack.services].sort(
    (left, right) => Number(isDatabase(right.app)) - Number(isDatabase(left.app)),
  );
  return sorted([
    ...services.flatMap((facts) => [...serviceFindings(facts, stack), ...slotsFindings(facts, stack)]),
    ...stack.wrongAnswers.map((answer) => answerFinding(answer, stack)),
  ]);
}

/** Why an address is not well whose service runs. */
function answerFinding(wrong: WrongAnswer, stack: StackFacts): Finding {
  const { answers, app, what } = wrong;
  if (lacksCertificate(answers)) {
    return certificateFinding(hostAsked(wrong.request), stack);
  }
  const database = stack.services.filter(({ app: other }) => isDatabase(other)).flatMap(({ slots }) => slots);
  const away = database.length > 0 && !database.some(({ databaseReady }) => databaseReady);
  const isSite = what.startsWith("site ");
  return {
    scenario: "wrong-answer",
    severity: away && isSite ? "waiting" : "failure",
    object: `service ${app}`,
    why:
      away && isSite
        ? `It runs, and the ${what} does not serve: the database server is away. It comes back with it.`
        : `It runs, and the ${what} does not answer from here as it should.`,
    evidence: answers.join(", "),
    mend: [`npm run ops -- logs ${app} --since 10m --stack ${stack.stack}`],
  };
}

function certificateFinding(host: string, { certificateTroubles, docker, swarmName }: StackFacts): Finding {
  const trouble = certificateTroubles.find((candidate) => candidate.host === host);
  return {
    scenario: "no-certificate",
    severity: trouble ? "failure" : "waiting",
    object: `host ${host}`,
    why: `The edge has no certificate for it, so browsers show an error. ${trouble?.why ?? "The authority has not answered yet."}`,
    evidence: trouble?.evidence,
    mend: trouble
      ? [`The edge tries again by itself. At once, when it is mended: ${docker(...askAgain(swarmName))}`]
      : [],
  };
}

/** What is not well with a service as a whole. */
export function serviceFindings({ app, service, wanted }: ServiceFacts, stack: StackFacts): Finding[] {
  const { Message, State } = service.UpdateStatus ?? {};
  const object = `service ${app}`;
  const findings: Finding[] = [];
  if (wanted === 0) {
    findings.push({
      scenario: "scaled-to-zero",
      severity: "failure",
      object,
      why: "It is scaled to 0, so nothing of it runs.",
      mend: [stack.docker("service", "scale", `${service.Spec.Name}=1`)],
    });
  }
  if (State?.startsWith("rollback")) {
    findings.push({
      scenario: "rolled-back",
      severity: State === "rollback_completed" ? "notice" : "failure",
      object,
      why: "The newest update failed, so the swarm went back to the version before.",
      evidence: Message,
      mend: [
        stack.docker("service", "ps", "--no-trunc", service.Spec.Name),
        `Correct what was changed, then npm start -- --stack ${stack.stack}`,
      ],
    });
  }
  if (State === "paused") {
    findings.push({
      scenario: "update-paused",
      severity: "failure",
      object,
      why: "The newest update failed and was left where it was.",
      evidence: Message,
      mend: [stack.docker("service", "rollback", service.Spec.Name)],
    });
  }
  return findings;
}

function slotsFindings({ slots, wanted }: ServiceFacts, stack: StackFacts): Finding[] {
  return wanted === 0
    ? []
    : slots.flatMap((facts) =>
        [spaceFindings(facts, stack), certificateFindings(facts, stack), slotFinding(facts, stack) ?? []].flat(),
      );
}

/** Whether a database server has room left; one without is healthy all the same. */
export function spaceFindings({ app, current, name, present }: SlotFacts, stack: StackFacts): Finding[] {
  const node = nodeName(current.NodeID, stack.nodes) ?? "its node";
  const mend = [
    `Free space on the disk of ${node}, where the volume is. What Docker could give up: ${stack.docker("system", "df")}`,
  ];
  const found = present.space && spaceFinding(`task ${app}.${name}`, present.space, mend);
  return found ? [found] : [];
}

/** Whether the certificate of a database server ends soon. */
export function certificateFindings({ app, name, present }: SlotFacts, { stack }: StackFacts): Finding[] {
  const { certificateEnd, space } = present;
  const found =
    certificateEnd && serverCertificateFinding(`task ${app}.${name}`, { end: certificateEnd, space }, stack);
  return found ? [found] : [];
}

/** Why a slot has no task that runs; undefined where it has. */
export function slotFinding(facts: SlotFacts, stack: StackFacts): Finding | undefined {
  if (isRunning(facts.current)) {
    return undefined;
  }
  for (const scenario of scenarios) {
    const finding = scenario(facts, stack);
    if (finding) {
      return finding;
    }
  }
  return undefined;
}
