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

/**
 * What is told of an app that waits for a database server of somebody else's, or for the databases there.
 *
 * @param log last lines of its container
 * @param server its host and port; absent for a stack with a server of its own
 * @returns undefined where it does not wait for that
 */
export function foreignDatabase(
  log: readonly string[],
  server: string | undefined,
  stack: string,
): Omit<Finding, "object"> | undefined {
  const line = log.findLast((text) => /waiting for |^databases: /.test(text));
  // What comes after its wait is another story.
  const isStill = /^(database-migrate|databases): |waiting for /.test(log.at(-1) ?? "");
  if (server === undefined || line === undefined || !isStill || / has every database and user$/.test(line)) {
    return undefined;
  }
  const refusal = log
    .map((text) => /^databases: waiting: (.*)$/.exec(text)?.[1])
    .findLast((text) => text !== undefined);
  return {
    scenario: "foreign-database",
    severity: refusal === undefined ? "waiting" : "failure",
    why: `It waits for ${server}, mysql.external, which nothing of this stack starts.`,
    evidence: refusal ?? line,
    mend: [`npm start -- --stack ${stack}`, "It asks that server before it changes anything, and says what is wrong."],
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
