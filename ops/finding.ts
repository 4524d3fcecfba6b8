/** Why something is not well, and what to do about it. An entry of `diagnose --json`. */
export interface Finding {
  /** Which of the known scenarios it is, for example `image-unavailable`. */
  scenario: string;
  /** `failure` does not go by itself, `waiting` may, `notice` is over or does no harm yet. */
  severity: "failure" | "waiting" | "notice";
  /** What it is about: `pod mysql-0, container mysql`. */
  object: string;
  /** In a sentence or two. */
  why: string;
  /** What the platform or the container says itself. */
  evidence?: string | undefined;
  /** What to do, the likeliest first: commands to copy, or a sentence. */
  mend: string[];
}

/**
 * What is wrong where the database does not know an app's login.
 *
 * @param what the app waits for, in its own words
 */
export function refusedLogin(what: string): Pick<Finding, "scenario" | "severity" | "why"> {
  return {
    scenario: "database-refuses-login",
    severity: "failure",
    why: `It waits for ${what}. The database's data is older than the password, or the site is new to it; the server takes passwords over when it starts.`,
  };
}

const order = { failure: 0, waiting: 1, notice: 2 } as const;
const words = { failure: "FAILURE", waiting: "WAITING", notice: "NOTICE" } as const;

/** The findings, the worst first; those that others follow from before those. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((left, right) => order[left.severity] - order[right.severity]);
}

/** A finding for a person. */
export function findingLines({ evidence, mend, object, severity, why }: Finding): string[] {
  return [
    `${words[severity]}  ${object}`,
    `  ${why}`,
    ...(evidence === undefined ? [] : [`  It says: ${evidence}`]),
    ...mend.map((line) => `  → ${line}`),
  ];
}

/** The line of a log that tells most: the last one that speaks of a failure, else the last one. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const written = lines.map((line) => line.trim()).filter((line) => line !== "");
  return written.findLast((line) => failureWords.test(line) && !harmlessWords.test(line)) ?? written.at(-1);
}

const failureWords = /\b(error|fatal|panic|failed|giving up|cannot|can't|denied|refused|unable|E[A-Z]{4,})\b/i;
/** Levels of other lines, and frames of a stack. */
const harmlessWords = /\b(INFO|\[Note\]|\[System\])\b|^at /;
