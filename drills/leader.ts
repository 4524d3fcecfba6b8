import { UserError } from "../errors";
import {
  awaited,
  breakable,
  healthyMembers,
  mended,
  nameOf,
  refusalOfChange,
  reported,
  restored,
  seenBy,
  type Drill,
} from "./drill";
import { rounded, type DrillReport } from "./timeline";

/** The leader fails: how long until it is noticed, until another one leads, and what it is when it comes back. */
export async function leaderDrill(drill: Drill): Promise<DrillReport> {
  const { timeline } = drill;
  const members = await healthyMembers(drill);
  const managers = members.filter(({ manager }) => manager);
  const leader = managers.find(({ manager }) => manager?.leader);
  if (!leader || managers.length < 3) {
    throw new UserError(
      `This drill needs three managers or more; the swarm has ${managers.length}, and would stand still`,
    );
  }
  const name = nameOf(leader);
  const others = managers.filter((member) => member !== leader).map(nameOf);
  const machine = breakable(drill, name);
  timeline.note(`${name} leads; ${others.join(", ")} follow`);
  try {
    const breaking = machine.break();
    timeline.note(`${name} is told to stop`);
    // Both at once: an engine that ends slowly has lost its lead before the command that stops it is through.
    const [gone, noticed, elected] = await Promise.all([
      machine.answering(false).then(() => timeline.note(`${name}: its engine no longer answers`)),
      awaited("anybody to notice", async () => {
        const seen = (await seenBy(drill, others))?.find(({ id }) => id === leader.id);
        return !seen?.manager?.leader || !seen.manager.reachable;
      }).then(() => timeline.note("the other managers notice that the leader is gone")),
      awaited("a new leader", async () =>
        (await seenBy(drill, others))?.find(({ id, manager }) => id !== leader.id && manager?.leader),
      ).then((member) => ({ at: timeline.note(`${nameOf(member)} leads`), member })),
      breaking,
    ]);
    const [through = ""] = others;
    await awaited("a change to be taken", async () => (await refusalOfChange(drill, through, leader.id)) === undefined);
    const changes = timeline.note("the swarm takes changes again");
    const started = timeline.now;
    await mended(drill, machine, others);
    const back = timeline.note(`${name} is back as a follower`);
    const now = (await seenBy(drill, others))?.find(({ manager }) => manager?.leader);
    // What counts is the loss: an engine that is stopped in order goes on for a moment after the command.
    const lost = Math.min(gone, noticed);
    return await reported(drill, {
      drill: "leader",
      nodes: [name],
      measured: {
        detection: rounded(noticed - lost),
        election: rounded(Math.max(0, elected.at - noticed)),
        "until changes are taken": rounded(changes - lost),
        "back as a follower": rounded(back - started),
      },
      findings: [
        now && nameOf(now) === name
          ? `${name} leads again.`
          : `${name} did not become the leader again: ${now ? nameOf(now) : "nobody"} goes on leading.`,
      ],
    });
  } catch (error) {
    await restored(drill, [machine]);
    throw error;
  }
}
