import { age } from "../terminal/age";
import { backupLines, backupProblems, type BackupReport } from "./backups";
import { stackBackups } from "./backups";
import { readFrontDoor } from "../deploy/wait/front-door";
import { frontDoorProblems, routeReports } from "./kubernetes/front-door";
import * as kubernetes from "./kubernetes/status";
import { readSnapshot as readCluster } from "./kubernetes/objects";
import { place, type Stack } from "../home/stack";
import { shownCertificates as onCluster } from "./kubernetes/facts";
import { certificateLines } from "./server-certificate";
import { shownCertificates as onSwarm } from "./swarm/facts";
import { exitWords, type ContainerReport, type StackStatus } from "./stack-status";
import { wrongAnswers } from "./swarm/answers";
import * as swarm from "./swarm/status";
import { readSnapshot as readSwarm } from "../engines/swarm-tasks";
import { grouped, table } from "../terminal/table";

/** How every container of a stack is, and where its services answer. */
export async function stackStatus(stack: Stack): Promise<StackStatus> {
  const head = { stack: stack.name, platform: stack.platform, place: place(stack) };
  if (stack.platform === "kubernetes") {
    const [snapshot, backups] = await Promise.all([readCluster(stack.cluster), stackBackups(stack)]);
    const [door, shown] = await Promise.all([
      readFrontDoor(stack.cluster, stack.config, snapshot.ingresses),
      onCluster(stack.cluster, snapshot.pods),
    ]);
    const certificates = certificateLines(shown, stack.name);
    return judged(backups, {
      ...head,
      containers: kubernetes.containerReports(snapshot.pods),
      services: [...kubernetes.serviceReports(snapshot), ...routeReports(door)],
      problems: [...kubernetes.problems(snapshot), ...frontDoorProblems(door), ...certificates.problems],
      notices: certificates.notices,
    });
  }
  const [snapshot, backups] = await Promise.all([readSwarm(stack.engine, stack.swarmName), stackBackups(stack)]);
  const [wrong, shown] = await Promise.all([wrongAnswers(stack, snapshot), onSwarm(stack, snapshot)]);
  const certificates = certificateLines(shown, stack.name);
  return judged(backups, {
    ...head,
    containers: swarm.containerReports(snapshot, stack.swarmName),
    services: swarm.serviceReports(snapshot, stack.swarmName),
    problems: [...swarm.problems(snapshot, stack.swarmName, wrong), ...certificates.problems],
    notices: certificates.notices,
  });
}

/** Adds the verdict: nothing at all is not well either. */
function judged(backups: BackupReport, status: Omit<StackStatus, "backups" | "well">): StackStatus {
  const { containers, problems, services, stack } = status;
  const missing =
    containers.length === 0 && services.length === 0 && problems.length === 0
      ? [`Nothing of stack ${stack} is there. Deploy it: npm start -- --stack ${stack}`]
      : [];
  // Of what is not there, no backup is missed.
  const all = missing.length > 0 ? missing : [...problems, ...backupProblems(backups)];
  return { ...status, backups, problems: all, well: all.length === 0 };
}

/** A status for a person. */
export function statusLines({
  backups,
  containers,
  notices,
  place: where,
  problems,
  services,
  stack,
  well,
}: StackStatus): string[] {
  const sections = [
    [`Stack ${stack} on ${where}`],
    containers.length === 0 ? [] : containerTable(containers),
    services.length === 0
      ? []
      : table(
          [{ title: "SERVICE" }, { title: "TYPE" }, { title: "READY", align: "right" }, { title: "ADDRESSES" }],
          services.map(({ addresses, name, ready, type }) => [
            name,
            type,
            ready === undefined ? "" : String(ready),
            addresses.join(" "),
          ]),
        ),
    containers.length === 0 ? [] : backupLines(backups),
    notices.length === 0 ? [] : ["To be seen to:", ...notices.map((notice) => `  ${notice}`)],
    well
      ? ["All is well."]
      : [
          "Not all is well:",
          ...problems.map((problem) => `  ${problem}`),
          `Why: npm run ops -- diagnose --stack ${stack}`,
        ],
  ];
  return sections.filter((lines) => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : ["", ...lines]));
}

function containerTable(containers: readonly ContainerReport[]): string[] {
  return table(
    [
      { title: "POD" },
      { title: "CONTAINER" },
      { title: "ROLE" },
      { title: "STATE" },
      { title: "READY" },
      { title: "RESTARTS", align: "right" },
      { title: "LAST EXIT" },
      { title: "AGE", align: "right" },
      { title: "NODE" },
      { title: "IMAGE" },
    ],
    grouped(
      containers.map(({ container, image, lastExit, node, pod, ready, restarts, role, startedAt, state }) => [
        pod,
        container,
        role,
        state,
        ready ? "yes" : "no",
        String(restarts),
        lastExit ? `${exitWords(lastExit)}, ${age(lastExit.at)} ago` : "",
        age(startedAt),
        node ?? "",
        shortImage(image),
      ]),
    ),
  );
}

/** An image with the part of its digest that tells two apart. */
function shortImage(image: string): string {
  return image.replace(/(@sha256:[0-9a-f]{8})[0-9a-f]+$/, "$1…");
}
