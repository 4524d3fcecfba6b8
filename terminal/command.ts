import { CommanderError, type Command } from "commander";
import { UserError, CommandError } from "../errors";
import { fileErrorInWords } from "../files/in-words.cjs";
import { Interrupted } from "./interruption";

/** Exit status of a mistake on the command line, as with most programs. */
const usageStatus = 2;
const interruptedStatus = 130;

/**
 * Runs a command of this project to its end and sets the exit status: 0, 1 for a failure, 2 for a mistake on the command line, 130 for
 * Ctrl-C. What a person can mend is told in one message, a program that failed in its own words; anything else is a fault of ours and comes
 * with its stack.
 *
 * @param name how the person starts it, for example `npm start`
 */
export async function runCommand(name: string, command: Command): Promise<void> {
  const end = (error: unknown) => process.exit(report(name, error));
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
  for (const stream of [process.stdout, process.stderr]) {
    // Whoever read it has gone (as with `| head`), or its disk is full.
    stream.on("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? process.exit(1) : end(error)));
  }
  try {
    await command.exitOverride().parseAsync();
  } catch (error) {
    process.exitCode = report(name, error);
  }
  // Sockets that providers of the SDK leave open must not keep a finished command alive.
  process.exit();
}

function report(name: string, error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has said it.
    return error.exitCode === 0 ? 0 : usageStatus;
  }
  if (error instanceof Interrupted) {
    process.stderr.write("Stopped. Run the same command again: it goes on from here.\n");
    return interruptedStatus;
  }
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  if (error instanceof CommandError) {
    process.stderr.write(
      `${error.message}\n\n\`${name}\` cannot go on without it. Mend what it says and run the command again; please report the lines above where there is nothing to mend.\n`,
    );
    return 1;
  }
  const file = fileErrorInWords(error);
  if (file !== undefined) {
    process.stderr.write(`${file}. Then run \`${name}\` again.\n`);
    return 1;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `${detail}\n\n\`${name}\` met an error it does not know. Please report it with the lines above.\n`,
  );
  return 1;
}
