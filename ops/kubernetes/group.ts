import { writerPod } from "../../components/mysql/app";
import { CommandError, UserError } from "../../errors";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import type { Stack } from "../../home/stack";

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
  const { cluster, names } = groupOf(stack, "switchover");
  const from = await primaryOf(cluster, names);
  if (from === undefined) {
    throw new UserError(
      `There is no primary that could hand its part over. See who is in the group: npm run ops -- mysql status --stack ${stack.name}`,
    );
  }
  const members = await saidOf(cluster, names);
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
  await inServer(cluster, from, ["bash", "/scripts/hand-over.sh", successor]);
  if ((await primaryOf(cluster, names)) !== successor) {
    throw new UserError(
      `${from} has not handed its part over to ${successor}. Nothing else was changed. See npm run ops -- mysql status --stack ${stack.name}`,
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
  const { cluster, names } = groupOf(stack, "recover");
  const members = await saidOf(cluster, names);
  const busy = members.filter(({ state }) => state === "ONLINE" || state === "RECOVERING");
  if (busy.length > 0) {
    throw new UserError(
      `There is a group, or one is just being made: ${busy.map(({ name, state }) => `${name} is ${state}`).join(", ")}. Nothing is to be recovered; see npm run ops -- mysql status --stack ${stack.name}`,
    );
  }
  const silent = names.filter((name) => !members.some((member) => member.name === name));
  const plans = await Promise.all(
    members.map(async (member): Promise<RecoveryPlan> => {
      const others = members.filter(({ name }) => name !== member.name);
      const lacking = await Promise.all(
        others.map(async ({ transactions }) => (await subtracted(cluster, member, transactions)) !== ""),
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
          ? `Each of ${plans.map(({ member }) => member).join(", ")} lacks something of another. Name the one whose data are right: npm run ops -- mysql recover MEMBER --stack ${stack.name}`
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
  const { cluster } = groupOf(stack, "recover");
  await inServer(cluster, member, ["touch", "/run/mysqld/bootstrap"]);
}

/** The cluster and the members' names. @throws UserError for another topology */
function groupOf(stack: Stack, command: string): { cluster: KubernetesCluster; names: readonly string[] } {
  const { mysql } = stack.config;
  if (stack.platform !== "kubernetes" || mysql.topology !== "group") {
    throw new UserError(
      `mysql ${command}: mysql.topology of stack ${stack.name} is ${mysql.topology}. Only the members of a group take each other's part; see docs/mysql-group.md`,
    );
  }
  return { cluster: stack.cluster, names: writerPod(mysql.replicas).pods };
}

async function inServer(cluster: KubernetesCluster, pod: string, command: readonly string[]): Promise<string> {
  const { stdout } = await cluster.kubectl(["exec", pod, "--container", "mysql", "--", ...command], { timeout: 60 });
  return stdout.trim();
}

/** Those that answer. */
async function saidOf(cluster: KubernetesCluster, names: readonly string[]): Promise<Member[]> {
  const question = `. /scripts/group-peers.sh; exec timeout 10 mysql --defaults-file=/run/secrets/mysql/root.cnf -NBre "$member_query"`;
  const answers = await Promise.all(
    names.map(async (name) => {
      const said = await answerOf(cluster, name, ["bash", "-c", question]);
      const [state, majority, , , , transactions] = said?.split("|") ?? [];
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

/** The primary that a member in the group names. */
async function primaryOf(cluster: KubernetesCluster, names: readonly string[]): Promise<string | undefined> {
  const question = `SELECT SUBSTRING_INDEX(primary_member.MEMBER_HOST, '.', 1) FROM performance_schema.replication_group_members own
    JOIN performance_schema.replication_group_members primary_member ON primary_member.MEMBER_ROLE = 'PRIMARY'
    WHERE own.MEMBER_ID = @@global.server_uuid AND own.MEMBER_STATE = 'ONLINE' AND primary_member.MEMBER_STATE = 'ONLINE'`;
  for (const name of names) {
    const said = await answerOf(cluster, name, asRoot(question));
    if (said !== undefined && names.includes(said)) {
      return said;
    }
  }
  return undefined;
}

function subtracted(cluster: KubernetesCluster, { name, transactions }: Member, of: string): Promise<string> {
  return inServer(cluster, name, asRoot(`SELECT REPLACE(GTID_SUBTRACT('${of}', '${transactions}'), '\\n', '')`));
}

function asRoot(sql: string): string[] {
  return ["timeout", "10", "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBre", sql];
}

async function answerOf(
  cluster: KubernetesCluster,
  name: string,
  command: readonly string[],
): Promise<string | undefined> {
  try {
    return await inServer(cluster, name, command);
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}
