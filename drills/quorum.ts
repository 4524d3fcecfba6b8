import { quorumOf } from "../config/swarm/quorum";
import { newSwarmFrom } from "../machines/recover";
import { carryOut } from "../machines/carry-out";
import { UserError } from "../errors";
import type { Breakable } from "./breakage";
import { awaited, breakable, healthyMembers, nameOf, refusalOfChange, reported, restored, type Drill } from "./drill";
import { rounded, type DrillReport } from "./timeline";

/**
 * So many managers fail that the rest has no quorum: what goes on, what is refused, and how the swarm comes back.
 *
 * @param forNew make a new swarm from the manager that is left, as if the others were lost for good; else they are started again
 */
export async function quorumDrill(drill: Drill, forNew: boolean): Promise<DrillReport> {
  const { cluster, timeline } = drill;
  const members = await healthyMembers(drill);
  const managers = members.filter(({ manager }) => manager);
  if (managers.length < 3) {
    throw new UserError(`This drill needs three managers or more; the swarm has ${managers.length}`);
  }
  // The leader goes last of those that go, so that it notices each loss.
  const ordered = [...managers].sort((left, right) => Number(left.manager?.leader) - Number(right.manager?.leader));
  const [kept] = ordered;
  const broken = ordered
    .slice(-(managers.length - quorumOf(managers.length) + 1))
    .map((member) => breakable(drill, nameOf(member)));
  const left = kept ? nameOf(kept) : "";
  const findings: string[] = [];
  const measured: Record<string, number> = {};
  timeline.note(`${managers.length} managers, quorum ${quorumOf(managers.length)}; ${left} is left alone`);
  try {
    for (const machine of broken) {
      await machine.break();
      await machine.answering(false);
      timeline.note(`${machine.name} is gone`);
    }
    const lost = timeline.now;
    const words = await awaited("a change to be refused", () => refusalOfChange(drill, left, kept?.id ?? ""));
    timeline.note("changes are refused");
    findings.push(`Refused without a quorum: ${words}`);
    const running = drill.client?.load.now();
    findings.push(
      running === undefined
        ? "Containers go on; no client asked."
        : `Containers go on: ${running.requests - running.failed} of ${running.requests} requests were answered so far.`,
    );
    const began = timeline.now;
    if (forNew) {
      await newSwarmFrom(cluster, left, () => undefined);
      measured["new swarm from one manager"] = rounded(timeline.note(`${left} leads a new swarm`) - began);
      for (const machine of broken) {
        // One at a time, so that those of the old swarm never have a quorum of their own.
        await machine.mend();
        await machine.answering(true);
        await leaveOldSwarm(machine, drill);
      }
      await carryOut(
        cluster,
        () => undefined,
        (step) => void timeline.note(step),
      );
      measured["all machines joined again"] = rounded(timeline.note("every manager is in the new swarm") - began);
    } else {
      for (const machine of broken) {
        await machine.mend();
        await machine.answering(true);
        timeline.note(`${machine.name}: its engine answers`);
      }
      await carryOut(
        cluster,
        () => undefined,
        (step) => void timeline.note(step),
      );
      await awaited(
        "a change to be taken",
        async () => (await refusalOfChange(drill, left, kept?.id ?? "")) === undefined,
      );
      measured["quorum again"] = rounded(timeline.note("the swarm takes changes again") - began);
    }
    measured["without quorum"] = rounded(timeline.now - lost);
    return await reported(drill, { drill: "quorum", nodes: broken.map(({ name }) => name), measured, findings });
  } catch (error) {
    await restored(drill, broken);
    throw error;
  }
}

/** Takes a manager of the old swarm out of it. Unlocked or not, it is no member of the new one. */
async function leaveOldSwarm({ engine, name }: Breakable, { timeline }: Drill): Promise<void> {
  await engine.docker(["swarm", "leave", "--force"], { timeout: 120 });
  timeline.note(`${name} has left the old swarm`);
}
