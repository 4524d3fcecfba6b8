import type { DockerEngine } from "../../cli/docker-engine";
import { askedMember, lastWords, roleOf, type MemberReport } from "../mysql-member";
import { appOf, isWanted, nodeName, readSnapshot, slotsOf, type Snapshot, type Task } from "./tasks";

/** A task of the database, and the member it is. */
interface MemberTask {
  member: string;
  task: Task;
}

/**
 * Every member of the database, a task each, as it says itself. The engine reaches containers of its own node only: members on other
 * nodes are asked over the network, by one that is here.
 *
 * @param stack name of the stack, for what the person is told
 */
export async function taskMembers(engine: DockerEngine, swarmName: string, stack: string): Promise<MemberReport[]> {
  const snapshot = await readSnapshot(engine, swarmName);
  const members = memberTasks(snapshot, swarmName);
  const here = await engine.lines(["ps", "--quiet", "--no-trunc"]);
  const containerHere = ({ DesiredState, Status }: Task) => {
    const id = Status.ContainerStatus?.ContainerID;
    return id !== undefined && isWanted(DesiredState) && here.includes(id) ? id : undefined;
  };
  const askers = members.flatMap(({ task }) => containerHere(task) ?? []);
  const remote = new Map<string, MemberReport>();
  if (askers.length < members.length && askers[0] !== undefined) {
    for (const report of await askedByMember(engine, askers[0])) {
      remote.set(report.member, report);
    }
  }
  return Promise.all(
    members.map(async ({ member, task }) => {
      const container = containerHere(task);
      if (container !== undefined) {
        return containerReport(engine, member, container, stack);
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

async function containerReport(
  engine: DockerEngine,
  member: string,
  container: string,
  stack: string,
): Promise<MemberReport> {
  const answer = await askedMember(member, async (command) => {
    const { stdout } = await engine.docker(["exec", container, ...command]);
    return stdout;
  });
  if (answer) {
    return answer;
  }
  const lines = await engine.lines(["logs", "--tail", "50", container]);
  const app = roleOf(member) === "source" ? "mysql" : "mysql-replica";
  return { member, role: roleOf(member), state: lastWords(lines, `npm run ops -- logs ${app} --stack ${stack}`) };
}

/** What members tell each other, asked from inside one of them. */
async function askedByMember(engine: DockerEngine, container: string): Promise<MemberReport[]> {
  const { stdout } = await engine.docker(["exec", container, "bash", "-c", ". /scripts/members.sh; ask_members"]);
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
