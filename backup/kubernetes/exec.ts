import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { UserError } from "../../errors";
import { interruption } from "../../terminal/interruption";
import type { RunInContainer } from "../contents/container";
import { outputOf, runOn, type Command, type Output } from "../contents/pipe";

/** A container that runs. */
export interface RunningContainer {
  cluster: KubernetesCluster;
  pod: string;
  container: string;
}

/**
 * The command that runs a program in a container.
 *
 * @param variables of its environment; they stand in a request to the API server, so nothing of them may be secret
 * @param reads whether the program is given data
 */
export function execCommand(
  { cluster, container, pod }: RunningContainer,
  program: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  reads = false,
): Command {
  const set = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return cluster.command(
    ...["exec", ...(reads ? ["--stdin"] : []), pod, "--container", container, "--"],
    ...(set.length > 0 ? ["env", ...set] : []),
    ...program,
  );
}

/** Runs programs in a container, as its own user. @param container which; asked anew for each */
export function inContainer(container: () => Promise<RunningContainer>): RunInContainer {
  return async ({ data, onLine, output, program, variables }) => {
    interruption.throwIfInterrupted();
    const running = await container();
    if (output && data === undefined) {
      const sent = outputOfContainer(running, program, variables);
      await pipeline(sent.stream, output);
      await sent.ended;
      return;
    }
    const exec = execCommand(running, program, variables, data !== undefined);
    await runOn(exec, data ?? Readable.from([]), {}, onLine, output);
  };
}

/** What a program writes behind its output once it has ended well: a connection that breaks off looks like the end. */
const endMark = "\nghost-platform: this was all of it\n";

/** What a program in a container writes, as it comes; fails where it does not come to its end. */
export function outputOfContainer(
  running: RunningContainer,
  program: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Output {
  const marked = ["sh", "-c", '"$@" && printf %s "$mark"', "sh", ...program];
  const output = outputOf(execCommand(running, marked, { ...variables, mark: endMark }));
  const whole = untilMark(endMark, output.ended, `What pod ${running.pod} was sending`);
  output.stream.on("error", (error) => whole.destroy(error));
  return { ...output, stream: output.stream.pipe(whole) };
}

/** Passes data on up to a mark at their end, which is taken away; fails without it, with the reason of who ended where that is known. */
export function untilMark(mark: string, ended: Promise<void>, what: string): Transform {
  const end = Buffer.from(mark);
  let held = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const all = Buffer.concat([held, chunk]);
      const passed = Math.max(0, all.length - end.length);
      held = all.subarray(passed);
      done(undefined, all.subarray(0, passed));
    },
    flush(done) {
      ended.then(
        () =>
          done(
            held.equals(end)
              ? undefined
              : new UserError(
                  `${what} broke off before its end: the connection to the cluster was lost. Run this again`,
                ),
          ),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
}
