import type { HookReport, HooksReport } from "./hook-report";
import { clusterHooks } from "./kubernetes/hooks";
import { UserError } from "../errors";
import { place, type Stack } from "../home/stack";

/**
 * Looks for what the hooks of a stack's sites have left.
 *
 * @throws UserError on Swarm, which has no hooks
 */
export async function stackHooks(stack: Stack): Promise<HooksReport> {
  if (stack.platform !== "kubernetes") {
    throw new UserError(
      `A swarm knows no hooks, so the sites of stack ${stack.name} have none. When their tasks started and how they ended: npm run ops -- status --stack ${stack.name}`,
    );
  }
  const { failures, hooks } = await clusterHooks(stack.cluster);
  const started = hooks.filter(({ hook }) => hook === "postStart");
  const well = started.length > 0 && started.every(({ lines }) => lines !== undefined) && failures.length === 0;
  return { stack: stack.name, place: place(stack), well, hooks, failures };
}

/** Newest lines of a file that are shown. */
const shownLines = 3;

/** The hooks for a person. */
export function hookLines({ failures, hooks, place: where, stack, well }: HooksReport): string[] {
  if (hooks.length === 0) {
    return [`Stack ${stack} on ${where}`, "", "No site runs, so no hook can be looked at."];
  }
  return [
    `Stack ${stack} on ${where}`,
    ...hooks.flatMap((report) => ["", ...hookReportLines(report)]),
    ...(failures.length === 0
      ? []
      : ["", "Failed:", ...failures.map(({ at, message, pod, reason }) => `  ${at} ${pod} ${reason}: ${message}`)]),
    "",
    well ? "Every site has left its start message, and no hook has failed." : "Not proven: see above.",
  ];
}

function hookReportLines({ container, declared, file, hook, lines = [], missing, pod }: HookReport): string[] {
  const times = `${lines.length} ${lines.length === 1 ? "time" : "times"}`;
  return [
    `${pod}/${container} ${hook} (${declared ?? "none declared"})`,
    ...(missing === undefined
      ? [`  ran ${times}, ${file} says:`, ...lines.slice(-shownLines).map((line) => `    ${line}`)]
      : [`  ${file}: ${missing}`, ...explanation(hook, declared)]),
  ];
}

/** Why a file may rightly be missing. */
function explanation(hook: HookReport["hook"], declared: string | undefined): string[] {
  if (declared?.startsWith("sleep")) {
    return ["  The container is told to pause, which leaves no line."];
  }
  return hook === "preStop" ? ["  It is written when the container stops, and is kept as long as its pod."] : [];
}
