/**
 * A mistake the person at the terminal can mend. The message says what is wrong, names the key or object, and says what to do;
 * whoever reports it prints the message alone, without a stack trace.
 */
export class UserError extends Error {
  override readonly name = "UserError";

  /** Joins several mistakes into one error, so that a person mends them in one go. */
  static fromMistakes(heading: string, mistakes: readonly string[]): UserError {
    return new UserError([heading, ...mistakes.map((mistake) => `  - ${mistake}`)].join("\n"));
  }
}
