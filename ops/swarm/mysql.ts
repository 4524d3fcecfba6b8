import type { DockerEngine } from "../../engines/docker-engine";
import { askedMember, endOfLog, lastWords, roleOf, type MemberReport } from "../mysql-member";
import type { SwarmStack } from "../../home/stack";
import { containerEngines } from "./container-engines";
import { appOf, isWanted, nodeName, readSnapshot, slotsOf, type Snapshot, type Task } from "../../engines/swarm-tasks";

/** A task of the database, and the member it is. */
interface MemberTask {
  member: string;
  task: Task;
}

/** States of a task whose container runs; the first until its health check succeeds. */
const upStates: readonly string[] = ["starting", "running"];

/** A container, and the engine that has it. */
interface Holder {
  engine: DockerEngine;
  id: string;
}

/**
 * Every member of the database, a task each, as it says itself. An engine reaches containers of its own node only: members on machines that the stack
 * does not name are asked over the network, by one of the others.
 */
export async function taskMembers(stack: SwarmStack): Promise<MemberReport[]> {
  const { engine, swarmName } = stack;
  const [snapshot, engineOf] = await Promise.all([readSnapshot(engine, swarmName), containerEngines(stack)]);
  const members = memberTasks(snapshot, swarmName);
  const holderOf = ({ DesiredState, Status }: Task): Holder | undefined => {
    const id = Status.ContainerStatus?.ContainerID;
    const holder = engineOf(id);
    return id !== undefined && holder && isWanted(DesiredState) ? { engine: holder, id } : undefined;
  };
  const askers = members.flatMap(({ task }) => (upStates.includes(task.Status.State) ? (holderOf(task) ?? []) : []));
  const remote = new Map<string, MemberReport>();
  if (askers.length < members.length && askers[0] !== undefined) {
    for (const report of await askedByMember(askers[0])) {
      remote.set(report.member, report);
    }
  }
  return Promise.all(
    members.map(async ({ member, task }) => {
      const holder = holderOf(task);
      if (holder !== undefined) {
        return containerReport(holder, member, stack.name);
      }
      const node = nodeName(task.NodeID, snapshot.nodes);
      const elsewhere = {
        member,
        role: roleOf(member),
        state: `${task.Status.State}${node ? ` on node ${node}` : ""}`,
      };
      return remote.get(member) ?? elsewhere;
    }),
  );
}

/** The newest task of every slot of the database's services: the source is ordinal 0, a replica has the number of its slot. */
function memberTasks({ services, tasks }: Snapshot, swarmName: string): MemberTask[] {
  return services.flatMap((service) => {
    const app = appOf(service, swarmName);
    return app === "mysql" || app === "mysql-replica"
      ? slotsOf(service, tasks).map(({ current, name }) => ({
          member: app === "mysql" ? "mysql-0" : `mysql-${name}`,
          task: current,
        }))
      : [];
  });
}

async function containerReport({ engine, id }: Holder, member: string, stack: string): Promise<MemberReport> {
  const answer = await askedMember(member, async (command) => {
    const { stdout } = await engine.docker(["exec", id, ...command]);
    return stdout;
  });
  if (answer) {
    return answer;
  }
  const lines = await endOfLog(() => engine.lines(["logs", "--tail", "50", id]));
  const app = roleOf(member) === "source" ? "mysql" : "mysql-replica";
  return { member, role: roleOf(member), state: lastWords(lines, `npm run ops -- logs ${app} --stack ${stack}`) };
}

/** What members tell each other, asked from inside one of them. */
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
