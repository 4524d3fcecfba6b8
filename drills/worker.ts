import { appOf, isRunning, isWanted, readSnapshot, wantedTasks, type Task } from "../engines/swarm-tasks";
import { swarmStackName } from "../platforms/swarm/stack";
import { manager } from "../machines/carry-out";
import { readFacts } from "../machines/carry-out";
import type { Member } from "../machines/facts";
import { UserError } from "../errors";
import { awaited, breakable, healthyMembers, mended, nameOf, reported, restored, seenBy, type Drill } from "./drill";
import { rounded, type DrillReport } from "./timeline";

/**
 * A worker fails: how long until it is noticed, and until its tasks run elsewhere.
 *
 * @param wanted the worker; default: the one with most tasks of the stack
 */
export async function workerDrill(drill: Drill, wanted: string | undefined): Promise<DrillReport> {
  const { cluster, stack, timeline } = drill;
  const members = await healthyMembers(drill);
  const engine = manager(await readFacts(cluster), cluster.wanted);
  const snapshot = () => readSnapshot(engine, swarmStackName(stack));
  const before = await snapshot();
  const on = (id: string) => before.tasks.filter((task) => task.NodeID === id && isRunning(task));
  const victim = chosen(members, wanted, (id) => on(id).length);
  const machine = breakable(drill, nameOf(victim));
  const managers = members.filter(({ manager: status }) => status).map(nameOf);
  const lost = on(victim.id);
  const nameOfTask = ({ ServiceID, Slot }: Task) => {
    const service = before.services.find(({ ID }) => ID === ServiceID);
    return `${service ? appOf(service, swarmStackName(stack)) : ServiceID}.${Slot ?? ""}`;
  };
  timeline.note(`${machine.name} runs ${lost.map(nameOfTask).join(", ") || "nothing of the stack"}`);
  try {
    const breaking = machine.break();
    timeline.note(`${machine.name} is told to stop`);
    const measured: Record<string, number> = {};
    const gone = machine.answering(false).then(() => timeline.note(`${machine.name}: its engine no longer answers`));
    const noticed = awaited("the managers to notice", async () => {
      const seen = (await seenBy(drill, managers))?.find(({ id }) => id === victim.id);
      return seen !== undefined && !seen.up;
    }).then(() => timeline.note("the managers count it as down"));
    const waiting: Task[] = [];
    const moved = lost.map(async (task) => {
      const fate = await awaited(`${nameOfTask(task)} elsewhere`, async () =>
        fateOf(task, victim.id, (await snapshot()).tasks),
      );
      if (fate === "moved") {
        measured[`${nameOfTask(task)} elsewhere`] = timeline.note(`${nameOfTask(task)} runs elsewhere`);
      } else {
        waiting.push(task);
        timeline.note(`${nameOfTask(task)} may run on no other node, and waits`);
      }
    });
    const [goneAt, noticedAt] = await Promise.all([gone, noticed, ...moved, breaking]);
    const lostAt = Math.min(goneAt, noticedAt);
    Object.keys(measured).forEach((key) => (measured[key] = rounded((measured[key] ?? 0) - lostAt)));
    const hasMoved = Object.keys(measured).length > 0;
    const started = timeline.now;
    await mended(drill, machine, managers);
    const back = timeline.note(`${machine.name} is ready again`);
    await awaited("every service complete", async () => {
      const { nodes, services, tasks } = await snapshot();
      return services.every(
        (service) =>
          tasks.filter((task) => task.ServiceID === service.ID && isRunning(task)).length >=
          wantedTasks(service, nodes),
      );
    });
    timeline.note("every service has all its tasks");
    return await reported(drill, {
      drill: "worker",
      nodes: [machine.name],
      measured: { detection: rounded(noticedAt - lostAt), ...measured, "back in the swarm": rounded(back - started) },
      findings: [
        ...(waiting.length === 0
          ? []
          : [`No other node may run them, so they waited for ${machine.name}: ${waiting.map(nameOfTask).join(", ")}.`]),
        ...(hasMoved ? ["Tasks that have moved stay where they are: a swarm does not move them back."] : []),
      ],
    });
  } catch (error) {
    await restored(drill, [machine]);
    throw error;
  }
}

/**
 * What became of a task whose node was lost: another one runs in its place, or the swarm finds no node for it, whatever the reason (constraints,
 * memory, a port that is taken). A global service's task has no other place.
 *
 * @param lost id of the node
 * @param tasks all there are now
 * @returns undefined while it is not decided
 */
export function fateOf(task: Task, lost: string, tasks: readonly Task[]): "moved" | "waits" | undefined {
  if (task.Slot === undefined) {
    return "waits";
  }
  const successors = tasks.filter(
    ({ DesiredState, ID, ServiceID, Slot }) =>
      ID !== task.ID && ServiceID === task.ServiceID && Slot === task.Slot && isWanted(DesiredState),
  );
  if (successors.some((other) => other.NodeID !== lost && isRunning(other))) {
    return "moved";
  }
  return successors.some(({ Status }) => /no suitable node/i.test(Status.Err ?? "")) ? "waits" : undefined;
}

function chosen(members: readonly Member[], wanted: string | undefined, tasks: (id: string) => number): Member {
  const workers = members.filter(({ role }) => role === "worker");
  const found =
    wanted === undefined
      ? [...workers].sort((left, right) => tasks(right.id) - tasks(left.id))[0]
      : members.find((member) => nameOf(member) === wanted);
  if (!found) {
    throw new UserError(
      wanted === undefined
        ? "The swarm has no worker. Name a node with --node"
        : `The swarm has no node ${wanted}. It has: ${members.map(nameOf).join(", ")}`,
    );
  }
  return found;
}
