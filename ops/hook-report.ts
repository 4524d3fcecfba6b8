import { logPath } from "../components/ghost/settings";
import { CommandError, type Completed } from "../errors";

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
