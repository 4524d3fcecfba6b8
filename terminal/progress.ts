import { Listr } from "listr2";
import { Interrupted } from "./interruption";

/** Tells what a step does at the moment. */
export type Report = (text: string) => void;

/** Whether a program reads the output, which is to be one document. */
let silent = false;

/** Does work whose steps and lines nobody reads: a program wants one document on standard output. */
export async function silently<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = silent;
  silent = true;
  try {
    return await work();
  } finally {
    silent = before;
  }
}

/** Seconds between two lines of a long step where the output is no terminal. */
const lineInterval = 15;

/**
 * Runs one step of a command and shows it: what, for how long so far, and what it does at the moment. On a terminal the line changes
 * in place; elsewhere there is a line at the beginning, every 15 seconds, and at the end.
 *
 * @param title what happens, for example `Deploy the stack`
 * @returns what the work returns
 */
export async function step<Result>(title: string, work: (report: Report) => Promise<Result>): Promise<Result> {
  if (silent) {
    return work(() => undefined);
  }
  const outcome: { result?: Result; failure?: unknown } = {};
  const steps = new Listr(
    [
      {
        title,
        task: async (_context, task) => {
          const started = Date.now();
          let doing = "";
          const show = () => {
            const elapsed = `${Math.round((Date.now() - started) / 1000)} s`;
            task.output = doing === "" ? elapsed : `${elapsed} · ${doing}`;
          };
          const timer = setInterval(show, (process.stdout.isTTY ? 1 : lineInterval) * 1000);
          try {
            outcome.result = await work((text) => {
              doing = text;
              if (process.stdout.isTTY) {
                show();
              }
            });
          } catch (error) {
            outcome.failure = error;
            // Told by whoever catches it; here only the step is marked.
            throw new Error(error instanceof Interrupted ? "stopped" : "see below", { cause: error });
          } finally {
            clearInterval(timer);
          }
        },
      },
    ],
    {
      registerSignalListeners: false,
      rendererOptions: { showErrorMessage: false, timer },
      fallbackRenderer: "simple",
      fallbackRendererOptions: { timer },
    },
  );
  try {
    await steps.run();
  } catch (error) {
    throw outcome.failure ?? error;
  }
  return outcome.result as Result;
}

/** The time of a finished step, where it took long enough to ask. */
const timer = {
  condition: (milliseconds: number) => milliseconds >= 1000,
  field: (milliseconds: number) => `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`,
  format: () => (text: string | undefined) => text ?? "",
};

/** Prints lines for the person, between steps. */
export function say(...lines: readonly string[]): void {
  if (!silent) {
    process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  }
}
