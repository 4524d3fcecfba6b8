/** What a command of `npm run ops` found, for scripts. 1 and 2 are those of every command of this project. */
export const exitStatus = {
  /** All is well. */
  well: 0,
  /** It answered, and something is not well. */
  notWell: 3,
} as const;

/** For the end of `--help`. */
export const exitStatusHelp = `
Exit status:
  0  all is well
  1  the question could not be answered (no cluster or engine, a mistake in the stack file)
  2  a mistake on the command line
  3  answered, and something is not well

For a program: npm run --silent ops -- status --json`;
