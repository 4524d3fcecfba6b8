/**
 * A mistake the person at the terminal can mend. The message says what is wrong, names the key or object, and says what to do;
 * whoever reports it prints the message alone, without a stack trace.
 */
export class UserError extends Error {
  override readonly name = "UserError";

  /** By this the Pulumi engine knows an error of which it prints the message alone, in anybody's program: what makes its SDK's `RunError` one. */
  get __pulumiRunError(): true {
    return true;
  }

  /** Joins several mistakes into one error, so that a person mends them in one go. */
  static fromMistakes(heading: string, mistakes: readonly string[]): UserError {
    return new UserError([heading, ...mistakes.map((mistake) => `  - ${mistake}`)].join("\n"));
  }
}

/** What a program that succeeded has written. */
export interface Completed {
  stdout: string;
  stderr: string;
}

/** A program that could not be run, failed, or took too long. The message ends with the last lines it wrote. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    message: string,
    /** Exit status; undefined when it was not found or was ended by a signal. */
    readonly status: number | undefined,
    /** What was kept of all it wrote, standard output first. */
    readonly output: string,
    /** Whether there is no such program. */
    readonly notFound = false,
    /** The same, each stream on its own. */
    readonly streams: Completed = { stdout: "", stderr: "" },
  ) {
    super(message);
  }
}

/** A program that has written more than is kept. */
export class TooMuchOutput extends CommandError {}
