import { CommandError, type Completed } from "../engines/process";
import { logPath } from "../components/ghost/settings";
import { clusterHooks } from "./kubernetes/hooks";
import { UserError } from "../errors";
import { place, type Stack } from "../home/stack";

/** Whether the start and stop hooks of a stack's sites ran. The shape of `hooks --json`. */
export interface HooksReport {
  stack: string;
  place: string;
  /** Whether every site has left its start message and no hook has failed. */
  well: boolean;
  hooks: HookReport[];
  /** Hooks that failed, as the cluster tells; it forgets after an hour. */
  failures: HookFailure[];
}

/** One hook of a site's container. */
export interface HookReport {
  pod: string;
  container: string;
  hook: "postStart" | "preStop";
  /** What the pod is told to do, in words; absent where it is told nothing. */
  declared?: string | undefined;
  /** The file in which it leaves a line each time. */
  file: string;
  /** Lines of the file, newest last; absent where there is no file, or it cannot be read. */
  lines?: string[] | undefined;
  /** Why there are no lines; absent where there are. */
  missing?: string | undefined;
}

/** A hook that failed. */
export interface HookFailure {
  pod: string;
  reason: string;
  message: string;
  /** When it was last seen, ISO 8601. */
  at: string;
}

/** The hooks with their files, in the order in which they run. */
export const hookFiles = [
  { hook: "postStart", file: `${logPath}/startup.log` },
  { hook: "preStop", file: `${logPath}/shutdown.log` },
] as const;

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

/**
 * Reads a hook's file with a command that prints it.
 *
 * @param print runs `cat FILE` in the container
 */
export async function readHookFile(print: () => Promise<Completed>): Promise<Pick<HookReport, "lines" | "missing">> {
  try {
    const { stdout } = await print();
    const lines = stdout.split("\n").filter((line) => line.trim() !== "");
    return lines.length > 0 ? { lines } : { missing: "the file is empty" };
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    const isAbsent = /no such file/i.test(error.output);
    return { missing: isAbsent ? "there is no such file" : `it cannot be read: ${error.output.trim()}` };
  }
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
