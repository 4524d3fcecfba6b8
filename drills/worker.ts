import { isRunning, readSnapshot, appOf, wantedTasks, type Task } from "../ops/swarm/tasks";
import { swarmStackName } from "../platforms/swarm/stack";
import { manager } from "../cluster/carry-out";
import { readFacts } from "../cluster/carry-out";
import type { Member } from "../cluster/facts";
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
  const pinned = lost.filter(({ Spec }) => (Spec.Placement?.Constraints ?? []).some((constraint) => pins(constraint)));
  const moving = lost.filter((task) => !pinned.includes(task));
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
    const elsewhere = moving.map(async (task) => {
      await awaited(`${nameOfTask(task)} elsewhere`, async () =>
        (await snapshot()).tasks.find(
          (other) =>
            other.ServiceID === task.ServiceID &&
            other.Slot === task.Slot &&
            other.NodeID !== victim.id &&
            isRunning(other),
        ),
      );
      measured[`${nameOfTask(task)} elsewhere`] = timeline.note(`${nameOfTask(task)} runs elsewhere`);
    });
    const [goneAt, noticedAt] = await Promise.all([gone, noticed, ...elsewhere, breaking]);
    const lostAt = Math.min(goneAt, noticedAt);
    Object.keys(measured).forEach((key) => (measured[key] = rounded((measured[key] ?? 0) - lostAt)));
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
        ...(pinned.length === 0
          ? []
          : [`Pinned to ${machine.name}, so they waited for it: ${pinned.map(nameOfTask).join(", ")}.`]),
        ...(moving.length === 0 ? [] : ["Tasks that have moved stay where they are: a swarm does not move them back."]),
      ],
    });
  } catch (error) {
    await restored(drill, [machine]);
    throw error;
  }
}

function pins(constraint: string): boolean {
  return /^node\.(hostname|id|labels\.ghost-platform\.node)\s*==/.test(constraint);
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
