import { mustHaveOwnDatabases } from "../config/mysql/own-databases";
import { podMembers } from "./kubernetes/mysql";
import type { MemberReport } from "./mysql-member";
import type { Stack } from "../home/stack";
import { taskMembers } from "./swarm/mysql";
import { table } from "../terminal/table";

/** The database of a stack. */
export interface DatabaseStatus {
  members: MemberReport[];
  problems: string[];
  well: boolean;
}

/** Asks every member of the database for its role, its transactions and its lag. */
export async function databaseStatus(stack: Stack): Promise<DatabaseStatus> {
  mustHaveOwnDatabases(stack.name, stack.config, "The state of the database's members");
  return judgedMembers(await (stack.platform === "kubernetes" ? podMembers(stack.cluster) : taskMembers(stack)));
}

/** Adds what members lack of the source's transactions, and what is not well. */
export function judgedMembers(members: readonly MemberReport[]): DatabaseStatus {
  const isGroup = members.some(({ role }) => role !== "source" && role !== "replica");
  // Of a member without a server only its name is known.
  const parts = isGroup ? members.map(withoutSource) : members;
  const source = parts.find(({ role }) => role === "source" || role === "primary");
  const compared = [...parts]
    .sort((left, right) => left.member.localeCompare(right.member, "en", { numeric: true }))
    .map((member) =>
      member !== source && member.transactions !== undefined && source?.transactions !== undefined
        ? { ...member, missing: Math.max(0, count(source.transactions) - count(member.transactions)) }
        : member,
    );
  const problems = compared
    .filter(({ state }) => state !== "writable" && state !== "replicating")
    .map(({ member, state }) => `${member}: ${state}`);
  if (!source) {
    problems.unshift(`There is no ${isGroup ? "primary" : "source"}, so nobody takes writes`);
  }
  return { members: compared, problems, well: problems.length === 0 };
}

function withoutSource(report: MemberReport): MemberReport {
  return report.role === "source" || report.role === "replica" ? { ...report, role: "member" } : report;
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
