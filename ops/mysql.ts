import { CommandError } from "../cli/process";
import { UserError } from "../errors";
import type { KubernetesStack, Stack } from "./stack";
import { table } from "./table";

/** A member of the database, as it says itself. */
export interface MemberReport {
  /** Name of its pod. */
  member: string;
  role: "source" | "replica";
  /**
   * `writable`, `replicating`, `source away` (serves what it has), `joining`, `refused` or `broken` (see its log), or what a pod that does not
   * answer said last, for example how far a clone is.
   */
  state: string;
  /** Seconds behind the source; a replica that replicates. */
  lag?: number;
  /** Transactions of the source that it does not have. */
  missing?: number;
  /** Executed GTID set. */
  transactions?: string;
}

/** The database of a stack. */
export interface DatabaseStatus {
  members: MemberReport[];
  problems: string[];
  well: boolean;
}

/** What of a pod is read here. */
interface MemberPod {
  metadata: { name: string };
  status: { containerStatuses?: { name: string; state?: { running?: object } }[] };
}

/**
 * Asks every member of the database for its role, its transactions and its lag.
 *
 * @throws UserError on Swarm, where the database is one server that `status` shows
 */
export async function databaseStatus(stack: Stack): Promise<DatabaseStatus> {
  if (stack.platform !== "kubernetes") {
    throw new UserError(
      `The database of stack ${stack.name} is a single server on Swarm. See it with: npm run ops -- status --stack ${stack.name}`,
    );
  }
  const pods = await stack.cluster.objects<MemberPod>(["pods", "--selector", "app.kubernetes.io/name=mysql"]);
  return judgedMembers(await Promise.all(pods.map((pod) => memberReport(stack, pod))));
}

/** Adds what members lack of the source's transactions, and what is not well. */
export function judgedMembers(members: readonly MemberReport[]): DatabaseStatus {
  const source = members.find(({ role }) => role === "source");
  const compared = [...members]
    .sort((left, right) => left.member.localeCompare(right.member, "en", { numeric: true }))
    .map((member) =>
      member.role === "replica" && member.transactions !== undefined && source?.transactions !== undefined
        ? { ...member, missing: Math.max(0, count(source.transactions) - count(member.transactions)) }
        : member,
    );
  const problems = compared
    .filter(({ state }) => state !== "writable" && state !== "replicating")
    .map(({ member, state }) => `${member}: ${state}`);
  if (!source) {
    problems.unshift("There is no source, so nobody takes writes");
  }
  return { members: compared, problems, well: problems.length === 0 };
}

/** Members for a person. */
export function databaseLines({ members, problems, well }: DatabaseStatus): string[] {
  return [
    ...table(
      [
        { title: "MEMBER" },
        { title: "ROLE" },
        { title: "STATE" },
        { title: "LAG", align: "right" },
        { title: "MISSING", align: "right" },
        { title: "TRANSACTIONS" },
      ],
      members.map(({ lag, member, missing, role, state, transactions }) => [
        member,
        role,
        state,
        lag === undefined ? "" : `${lag} s`,
        missing === undefined ? "" : String(missing),
        transactions ?? "",
      ]),
    ),
    "",
    ...(well ? ["All is well."] : ["Not all is well:", ...problems.map((problem) => `  ${problem}`)]),
  ];
}

/** Transactions in a GTID set, for example 12 in `uuid:1-10:15-16`; a tag counts as none. */
export function count(set: string): number {
  return set
    .split(/[,:\s]+/)
    .map((part) => /^(\d+)(?:-(\d+))?$/.exec(part))
    .reduce((sum, match) => (match ? sum + Number(match[2] ?? match[1]) - Number(match[1]) + 1 : sum), 0);
}

const states: Record<string, string> = { joined: "replicating", alone: "source away" };

/** Asks in one call; the password stands in a file of the pod. */
const question = `
cat /run/mysqld/replication 2>/dev/null || echo writable
exec mysql --defaults-file=/run/secrets/mysql/root.cnf --connect-timeout=5 -NBre "SELECT REPLACE(@@global.gtid_executed, '\\n', '')"`;

async function memberReport(stack: KubernetesStack, { metadata, status }: MemberPod): Promise<MemberReport> {
  const member = metadata.name;
  const role = member.endsWith("-0") ? "source" : "replica";
  const running = status.containerStatuses?.some(({ name, state }) => name === "mysql" && state?.running);
  try {
    if (!running) {
      return { member, role, state: await lastWords(stack, member) };
    }
    const { stdout } = await stack.cluster.kubectl([
      "exec",
      member,
      "--container",
      "mysql",
      "--",
      "bash",
      "-c",
      question,
    ]);
    const [said = "", transactions = ""] = stdout.split("\n");
    const [word = "", lag] = said.split(" ");
    return {
      member,
      role,
      state: states[word] ?? word,
      ...(lag === undefined ? {} : { lag: Number(lag) }),
      transactions: transactions.trim(),
    };
  } catch (error) {
    if (error instanceof CommandError) {
      return { member, role, state: "does not answer" };
    }
    throw error;
  }
}

/** What the scripts of a member that has no server yet said last. */
async function lastWords(stack: KubernetesStack, member: string): Promise<string> {
  const lines = await stack.cluster.lines(["logs", member, "--container", "initialise", "--tail", "50"]);
  const refused = lines.find((line) => line.includes("REFUSED"));
  const last = lines.filter((line) => /^(member \d+|clone|initialise): /.test(line)).at(-1);
  return refused
    ? `refused to start: kubectl --namespace ${stack.cluster.namespace} logs ${member} --container initialise`
    : (last?.replace(/^(member \d+|initialise): /, "") ?? "not started");
}
