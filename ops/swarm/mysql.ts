import { askedMember, endOfLog, lastWords, roleOf, type MemberReport } from "../mysql-member";
import type { SwarmStack } from "../../home/stack";
import { memberContainers, type Holder, type MemberTask } from "./members";

/** States of a task whose container runs; the first until its health check succeeds. */
const upStates: readonly string[] = ["starting", "running"];

/**
 * Every member of the database, a task each, as it says itself. An engine reaches containers of its own node only: members on machines that the stack
 * does not name are asked over the network, by one of the others.
 */
export async function taskMembers(stack: SwarmStack): Promise<MemberReport[]> {
  const members = await memberContainers(stack);
  const askers = members.flatMap(({ holder, task }) => (upStates.includes(task.Status.State) ? (holder ?? []) : []));
  const remote = new Map<string, MemberReport>();
  if (askers.length < members.length && askers[0] !== undefined) {
    const ask = stack.config.mysql.topology === "group" ? seenByMember : askedByMember;
    for (const report of await ask(askers[0])) {
      remote.set(report.member, report);
    }
  }
  return Promise.all(
    members.map(async (one) => {
      const { holder, member, node, task } = one;
      if (holder !== undefined) {
        return containerReport(holder, one, stack.name);
      }
      const elsewhere = {
        member,
        role: roleOf(member),
        state: `${task.Status.State}${node ? ` on node ${node}` : ""}`,
      };
      return remote.get(member) ?? elsewhere;
    }),
  );
}

async function containerReport(
  { engine, id }: Holder,
  { app, member }: Pick<MemberTask, "app" | "member">,
  stack: string,
): Promise<MemberReport> {
  const answer = await askedMember(member, async (command) => {
    const { stdout } = await engine.docker(["exec", id, ...command]);
    return stdout;
  });
  if (answer) {
    return answer;
  }
  const lines = await endOfLog(() => engine.lines(["logs", "--tail", "50", id]));
  return { member, role: roleOf(member), state: lastWords(lines, `npm run ops -- logs ${app} --stack ${stack}`) };
}

/** What members of a set with a source tell each other, asked from inside one of them. */
async function askedByMember({ engine, id }: Holder): Promise<MemberReport[]> {
  const { stdout } = await engine.docker(["exec", id, "bash", "-c", ". /scripts/members.sh; ask_members"]);
  return stdout.split("\n").flatMap((line) => {
    const [ordinal = "", , replicating, transactions = ""] = line.split("\t");
    if (!/^\d+$/.test(ordinal)) {
      return [];
    }
    const member = `mysql-${ordinal}`;
    const role = roleOf(member);
    const state = role === "source" ? "writable" : replicating === "yes" ? "replicating" : "not replicating";
    return [{ member, role, state, transactions: transactions === "-" ? "" : transactions }];
  });
}

const seenStates: Record<string, Pick<MemberReport, "role" | "state">> = {
  "PRIMARY ONLINE": { role: "primary", state: "writable" },
  "SECONDARY ONLINE": { role: "secondary", state: "replicating" },
  "SECONDARY RECOVERING": { role: "member", state: "recovering" },
};

/** The members of a group that one of them sees. */
async function seenByMember({ engine, id }: Holder): Promise<MemberReport[]> {
  const question = "SELECT MEMBER_HOST, MEMBER_ROLE, MEMBER_STATE FROM performance_schema.replication_group_members";
  const command = ["timeout", "10", "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", question];
  return (await endOfLog(() => engine.lines(["exec", id, ...command]))).flatMap((line) => {
    const [member = "", role = "", state = ""] = line.split("\t");
    const seen = seenStates[`${role} ${state}`];
    return seen ? [{ member, ...seen }] : [];
  });
}
