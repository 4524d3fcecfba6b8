import { CommandError, UserError } from "../errors";
import type { Stack } from "../home/stack";
import { memberNames, MemberAway, type GroupPlace } from "./group-place";
import { podGroup } from "./kubernetes/group";
import { taskGroup } from "./swarm/group";

/** A group of MySQL servers, as a person moves its primary, or brings it back when it does not come back by itself. */

/** What a member says. */
interface Member {
  name: string;
  state: "ONLINE" | "RECOVERING" | "OFFLINE" | "ERROR";
  /** Whether it is in a group that takes writes. */
  inGroup: boolean;
  /** Every transaction that it has executed or received. */
  transactions: string;
}

/** Who takes over, and from whom. */
export interface Switchover {
  from: string;
  to: string;
  seconds: number;
}

/**
 * Makes another member the primary.
 *
 * @param to its name; default: the first that is in the group
 * @throws UserError where there is no group, no primary, or no such member in it
 */
export async function switchOver(stack: Stack, to?: string): Promise<Switchover> {
  return handOver(await groupOf(stack, "switchover"), stack.name, to);
}

/** The same, given how the members are reached. */
export async function handOver(place: GroupPlace, stack: string, to?: string): Promise<Switchover> {
  const from = await primaryOf(place);
  if (from === undefined) {
    throw new UserError(
      `There is no primary that could hand its part over. See who is in the group: npm run ops -- mysql status --stack ${stack}`,
    );
  }
  const members = await saidOf(place);
  const candidates = members.filter(({ inGroup, name }) => inGroup && name !== from).map(({ name }) => name);
  const successor = to ?? candidates[0];
  if (successor === undefined || !candidates.includes(successor)) {
    const possible = candidates.length > 0 ? `These are: ${candidates.join(", ")}` : "None is";
    throw new UserError(
      to === from
        ? `${from} is the primary already`
        : `${to ?? "Another member"} is not in the group beside the primary, ${from}. ${possible}`,
    );
  }
  const began = performance.now();
  await place.inMember(from, ["bash", "/scripts/hand-over.sh", successor]);
  if ((await primaryOf(place)) !== successor) {
    throw new UserError(
      `${from} has not handed its part over to ${successor}. Nothing else was changed. See npm run ops -- mysql status --stack ${stack}`,
    );
  }
  return { from, to: successor, seconds: Math.round((performance.now() - began) / 100) / 10 };
}

/** What bringing a group back would do. */
export interface RecoveryPlan {
  /** Who makes the group. */
  member: string;
  /** Members whose transactions it has, all of them. */
  has: string[];
  /** Members that have what it lacks: those transactions are given up. */
  lacks: string[];
  /** Members that say nothing: what only they had is given up. */
  silent: string[];
}

/**
 * Who would make the group anew, where it does not come back by itself.
 *
 * @param wanted the member's name; default: the one that has what every other that answers has
 * @throws UserError where there is a group, where nobody answers, and where none has everything and nobody is named
 */
export async function recoveryPlan(stack: Stack, wanted?: string): Promise<RecoveryPlan> {
  return planRecovery(await groupOf(stack, "recover"), stack.name, wanted);
}

/** The same, given how the members are reached. */
export async function planRecovery(place: GroupPlace, stack: string, wanted?: string): Promise<RecoveryPlan> {
  const members = await saidOf(place);
  const busy = members.filter(({ state }) => state === "ONLINE" || state === "RECOVERING");
  if (busy.length > 0) {
    throw new UserError(
      `There is a group, or one is just being made: ${busy.map(({ name, state }) => `${name} is ${state}`).join(", ")}. Nothing is to be recovered; see npm run ops -- mysql status --stack ${stack}`,
    );
  }
  const silent = place.names.filter((name) => !members.some((member) => member.name === name));
  const plans = await Promise.all(
    members.map(async (member): Promise<RecoveryPlan> => {
      const others = members.filter(({ name }) => name !== member.name);
      const lacking = await Promise.all(
        others.map(async ({ transactions }) => (await subtracted(place, transactions, member.transactions)) !== ""),
      );
      return {
        member: member.name,
        has: others.filter((_, index) => lacking[index] === false).map(({ name }) => name),
        lacks: others.filter((_, index) => lacking[index] !== false).map(({ name }) => name),
        silent,
      };
    }),
  );
  const plan = wanted === undefined ? plans.find(({ lacks }) => lacks.length === 0) : planOf(plans, wanted);
  if (!plan) {
    throw new UserError(
      plans.length === 0
        ? "No member answers, so nobody could make the group. See npm run ops -- diagnose"
        : wanted === undefined
          ? `Each of ${plans.map(({ member }) => member).join(", ")} lacks something of another. Name the one whose data are right: npm run ops -- mysql recover MEMBER --stack ${stack}`
          : `${wanted} does not answer, so it cannot make the group. These answer: ${plans.map(({ member }) => member).join(", ")}`,
    );
  }
  return plan;
}

function planOf(plans: readonly RecoveryPlan[], wanted: string): RecoveryPlan | undefined {
  return plans.find(({ member }) => member === wanted);
}

/** A plan for a person. */
export function recoveryLines({ has, lacks, member, silent }: RecoveryPlan): string[] {
  return [
    `${member} makes the group, and the others join it.`,
    ...(has.length > 0 ? [`  It has every transaction of ${has.join(" and ")}.`] : []),
    ...(lacks.length > 0
      ? [`  GIVEN UP: what ${lacks.join(" and ")} ${lacks.length > 1 ? "have" : "has"} and ${member} lacks.`]
      : []),
    ...(silent.length > 0
      ? [`  GIVEN UP, if there is any: what only ${silent.join(" and ")} had, for nobody answers there.`]
      : []),
    ...(silent.length + lacks.length === 0
      ? ["  Nothing is lost by it. The members would do the same by themselves within seconds."]
      : []),
  ];
}

/** Orders a member to make the group, as `recoveryPlan` has it; its log says how that went. */
export async function recover(stack: Stack, { member }: RecoveryPlan): Promise<void> {
  const place = await groupOf(stack, "recover");
  await place.inMember(member, ["touch", "/run/mysqld/bootstrap"]);
}

/** The members of a stack's group. @throws UserError for another topology */
async function groupOf(stack: Stack, command: string): Promise<GroupPlace> {
  const { mysql } = stack.config;
  if (mysql.topology !== "group") {
    throw new UserError(
      `mysql ${command}: mysql.topology of stack ${stack.name} is ${mysql.topology}. Only the members of a group take each other's part; see docs/mysql-group.md`,
    );
  }
  return stack.platform === "kubernetes" ? podGroup(stack.cluster, memberNames(mysql)) : taskGroup(stack);
}

/** Those that answer, to this machine or to another member. */
async function saidOf(place: GroupPlace): Promise<Member[]> {
  const answers = await Promise.all(
    place.names.map(async (name) => {
      const [state, majority, , , , transactions] = (await saidBy(place, name))?.split("|") ?? [];
      return state === undefined || transactions === undefined
        ? []
        : [
            {
              name,
              state: state as Member["state"],
              inGroup: state === "ONLINE" && majority === "majority",
              transactions: transactions === "-" ? "" : transactions,
            },
          ];
    }),
  );
  return answers.flat();
}

const peers = ". /scripts/group-peers.sh";

async function saidBy(place: GroupPlace, name: string): Promise<string | undefined> {
  const own = `${peers}; exec timeout 10 mysql --defaults-file=/run/secrets/mysql/root.cnf -NBre "$member_query"`;
  // Counted in as the one who is asked sees it, which nobody here asks about.
  const another = `${peers}; ask "$(host_of ${name.split("-").at(-1) ?? ""})" "$member_query"`;
  for (const asked of [name, ...place.names.filter((other) => other !== name)]) {
    const said = await answerOf(place, asked, ["bash", "-c", asked === name ? own : another]);
    if (said !== undefined) {
      return said;
    }
  }
  return undefined;
}

/** The primary that a member in the group names. */
async function primaryOf(place: GroupPlace): Promise<string | undefined> {
  const question = `SELECT SUBSTRING_INDEX(primary_member.MEMBER_HOST, '.', 1) FROM performance_schema.replication_group_members own
    JOIN performance_schema.replication_group_members primary_member ON primary_member.MEMBER_ROLE = 'PRIMARY'
    WHERE own.MEMBER_ID = @@global.server_uuid AND own.MEMBER_STATE = 'ONLINE' AND primary_member.MEMBER_STATE = 'ONLINE'`;
  for (const name of place.names) {
    const said = await answerOf(place, name, asRoot(question));
    if (said !== undefined && place.names.includes(said)) {
      return said;
    }
  }
  return undefined;
}

/** What of one set of transactions another lacks, as any member computes it; empty for nothing. */
async function subtracted(place: GroupPlace, from: string, lacking: string): Promise<string> {
  const sql = `SELECT REPLACE(GTID_SUBTRACT('${from}', '${lacking}'), '\\n', '')`;
  for (const name of place.names) {
    const said = await answerOf(place, name, asRoot(sql));
    if (said !== undefined) {
      return said;
    }
  }
  throw new UserError("No member compares the transactions of the others now. Nothing was changed. Run this again");
}

function asRoot(sql: string): string[] {
  return ["timeout", "10", "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBre", sql];
}

async function answerOf(place: GroupPlace, name: string, command: readonly string[]): Promise<string | undefined> {
  try {
    return await place.inMember(name, command);
  } catch (error) {
    if (error instanceof CommandError || error instanceof MemberAway) {
      return undefined;
    }
    throw error;
  }
}
