import { CommandError } from "../errors";

/** A member of the database, as it says itself. */
export interface MemberReport {
  /** Its name, which ends with its ordinal. */
  member: string;
  /** Of a set with a source, `mysql-0` is that; in a group, that changes, and one that is not in the group has no part: `member`. */
  role: "source" | "replica" | "primary" | "secondary" | "member";
  /**
   * `writable`, `replicating`, `volume full`, `source away` (serves what it has), `recovering` (takes what it lacks), `joining`, `waiting`, `refused` or
   * `broken` (see its log), or what a member that does not answer said last, for example how far a clone is.
   */
  state: string;
  /** Seconds behind the source; a replica that replicates. */
  lag?: number;
  /** Transactions of the source that it does not have. */
  missing?: number;
  /** Executed GTID set. */
  transactions?: string;
}

const states: Record<string, string> = { joined: "replicating", alone: "source away" };

const volumeFull = "volume full";

/** The parts of those that are in a group, and of those that have left it for want of room. */
const groupStates: Record<string, Pick<MemberReport, "role" | "state">> = {
  primary: { role: "primary", state: "writable" },
  secondary: { role: "secondary", state: "replicating" },
  "primary-full": { role: "primary", state: volumeFull },
  "secondary-full": { role: "secondary", state: volumeFull },
  full: { role: "member", state: volumeFull },
};

/** What a member is asked, in one call inside its container; the password stands in a file there. */
const question = `
if [ -e /run/mysqld/group ]; then echo "group $(cat /run/mysqld/group)"; else cat /run/mysqld/replication 2>/dev/null || echo writable; fi
mysql --defaults-file=/run/secrets/mysql/root.cnf --connect-timeout=5 -NBre "SELECT REPLACE(@@global.gtid_executed, '\\n', '')" ||
  grep -sqx full /run/mysqld/group`;

/**
 * Asks a member whose container runs.
 *
 * @param inContainer runs a command in the container, and returns what it prints
 * @returns undefined when its server does not answer
 */
export async function askedMember(
  member: string,
  inContainer: (command: readonly string[]) => Promise<string>,
): Promise<MemberReport | undefined> {
  try {
    const [said = "", answer = ""] = (await inContainer(["bash", "-c", question])).split("\n");
    const [word = "", more] = said.split(" ");
    const transactions = answer.trim();
    // A member whose volume is full may have no server until there is room.
    const common = { member, ...(more === "full" && transactions === "" ? {} : { transactions }) };
    if (word === "group") {
      return { ...common, ...(groupStates[more ?? ""] ?? { role: "member", state: more ?? "" }) };
    }
    return {
      ...common,
      role: roleOf(member),
      state: states[word] ?? word,
      ...(more === undefined ? {} : { lag: Number(more) }),
    };
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

/** The end of a member's log; nothing where its container has gone meanwhile. */
export async function endOfLog(read: () => Promise<string[]>): Promise<string[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CommandError) {
      return [];
    }
    throw error;
  }
}

/** The part of a member by its name. */
export function roleOf(member: string): MemberReport["role"] {
  return member.endsWith("-0") ? "source" : "replica";
}

/**
 * What the scripts of a member that has no server yet said last.
 *
 * @param lines end of its log
 * @param logCommand shows the whole log
 */
export function lastWords(lines: readonly string[], logCommand: string): string {
  const last = lines.filter((line) => /^(member \d+|clone|initialise): /.test(line)).at(-1);
  return lines.some((line) => line.includes("REFUSED"))
    ? `refused to start: ${logCommand}`
    : (last?.replace(/^(member \d+|initialise): /, "") ?? "not started");
}
