import { DockerEngine } from "../../engines/docker-engine";
import { UserError } from "../../errors";
import { say } from "../../terminal/progress";
import { readFacts, unlock } from "../../machines/carry-out";
import { memberNamed, managersIn } from "../../machines/state";
import { quorumOf, quorumWords } from "../../config/swarm/quorum";
import type { SwarmStackConfig } from "../../config/schema";
import { swarmStackName } from "../../platforms/swarm/stack";
import type { Source } from "../platform";
import { readSwarmState } from "./containers";
import type { BackupPlace, SwarmJob } from "./place";

/**
 * The state of the swarm, from the manager whose engine can best stop for a moment; nothing where the only one would have to, unless that is wanted.
 *
 * @param outage whether the only manager may stop, and with it what runs there
 * @throws UserError where no manager can be asked, or one that stops would take the quorum
 */
export async function stateSources(job: SwarmJob, { engine }: BackupPlace, outage: boolean): Promise<Source[]> {
  const donor = await swarmDonor(job, outage);
  if (!donor) {
    return [];
  }
  const others = (await engine.lines(["stack", "ls", "--format", "{{.Name}}"])).filter(
    (name) => name !== swarmStackName(job.stack),
  );
  if (others.length > 0) {
    say(
      `The swarm's state holds the services and secrets of other stacks, too: ${others.join(", ")}. --data-only leaves it out.`,
    );
  }
  const { address, autolock, name, node, root } = donor;
  return [
    {
      contents: { kind: "swarm", node: name, autolock, ...(address === undefined ? {} : { address }) },
      title: `Save the swarm's state from ${name}, whose engine stops for a moment`,
      name: "swarm.tar",
      open: () => readSwarmState(name, node, root),
      settled: { title: `Wait until ${name} is back`, wait: (report) => isBack(job, name, report) },
    },
  ];
}

interface Donor {
  name: string;
  node: NonNullable<SwarmStackConfig["swarm"]["nodes"]>[string];
  root: string;
  autolock: boolean;
  /** Where the swarm says that it listens. */
  address: string | undefined;
}

/** The manager whose state is taken: not the leader, and the one on which fewest tasks run, since its containers stop with its engine. */
async function swarmDonor({ cluster, config }: SwarmJob, outage: boolean): Promise<Donor | undefined> {
  if (!cluster) {
    if (!outage) {
      return undefined;
    }
    const [name, autolock] = ["this", false];
    const address = await recordedAddress(new DockerEngine(config.swarm.host));
    return { name, autolock, address, node: loneNode(config.swarm.host), root: await rootOf(config.swarm.host) };
  }
  const { nodes } = cluster.wanted;
  const facts = await readFacts(cluster);
  const members = facts.swarm?.members ?? [];
  const { all, reachable } = managersIn(members);
  const candidates = Object.keys(nodes).flatMap((name) => {
    const member = memberNamed(name, facts.engines[name], members);
    return member?.manager?.reachable
      ? [{ name, leader: member.manager.leader, drained: member.availability === "drain" }]
      : [];
  });
  const [best] = candidates.sort(
    (left, right) => Number(left.leader) - Number(right.leader) || Number(right.drained) - Number(left.drained),
  );
  const node = best && nodes[best.name];
  if (!node) {
    throw new UserError("No manager that the configuration names answers, so the swarm's state cannot be saved");
  }
  if (reachable - 1 < quorumOf(all) && !outage) {
    throw new UserError(
      `To save the swarm's state the engine of ${best.name} has to stop for a moment, and then ${reachable - 1} of ${quorumWords(all)} would answer. Start the other managers; or accept the outage (--with-outage), or leave the state out (--data-only)`,
    );
  }
  const address = await recordedAddress(new DockerEngine(node.host));
  return { name: best.name, node, root: await rootOf(node.host), autolock: facts.swarm?.autolock ?? false, address };
}

/** Where the state of a manager says that it listens, which need not be where it does. */
export async function recordedAddress(engine: DockerEngine): Promise<string | undefined> {
  const [address = ""] = await engine.lines(["node", "inspect", "self", "--format", "{{.ManagerStatus.Addr}}"]);
  return address.replace(/:\d+$/, "") || undefined;
}

function loneNode(host: string): Donor["node"] {
  return { host, role: "manager", labels: {}, availability: "active" };
}

export async function rootOf(host: string): Promise<string> {
  const [root = "/var/lib/docker"] = await new DockerEngine(host).lines(["info", "--format", "{{.DockerRootDir}}"]);
  return root;
}

/** A manager has caught up after 1 to 5 s. */
const backLimitSeconds = 180;

async function isBack(
  { cluster, config, stack }: SwarmJob,
  name: string,
  report: (text: string) => void,
): Promise<void> {
  const engine = new DockerEngine(cluster?.wanted.nodes[name]?.host ?? config.swarm.host);
  const deadline = Date.now() + backLimitSeconds * 1000;
  for (;;) {
    const state = (await engine.trouble()) ? "no answer" : (await engine.swarmState()).state;
    if (state === "locked") {
      await unlock(engine, stack);
    }
    const known = cluster && (await readFacts(cluster));
    const member = known && memberNamed(name, known.engines[name], known.swarm?.members ?? []);
    if (state === "active" && (!cluster || member?.manager?.reachable)) {
      return;
    }
    if (Date.now() > deadline) {
      throw new UserError(
        `${name} is not back ${backLimitSeconds} s after its state was saved (${state}). Look at its engine: npm run cluster -- status`,
      );
    }
    report(state);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
