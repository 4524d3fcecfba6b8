import { DockerEngine, engineTrouble } from "../../engines/docker-engine";
import { manager, readFacts, refusal, type ClusterOfStack } from "../../machines/carry-out";
import { plan } from "../../machines/plan";
import { memberNamed } from "../../machines/state";
import { mustHaveQuorum } from "../../machines/quorum-check";
import type { SwarmStackConfig } from "../../config/schema";
import { UserError } from "../../errors";

/** A stack on a swarm, as a backup takes it. */
export interface SwarmJob {
  stack: string;
  config: SwarmStackConfig;
  cluster: ClusterOfStack | undefined;
}

/** A node that holds volumes, and its engine. */
export interface BackupNode {
  /** Its name in the configuration, or its host name where there is none. */
  name: string;
  id: string;
  engine: DockerEngine;
}

/** Where a stack runs, as a backup sees it. */
export interface BackupPlace {
  /** A manager. */
  engine: DockerEngine;
  nodes: BackupNode[];
}

/**
 * The manager and the nodes of a stack's swarm.
 *
 * @throws UserError when the swarm is not well enough to be saved
 */
export async function backupPlace(config: SwarmStackConfig, cluster: ClusterOfStack | undefined): Promise<BackupPlace> {
  if (!cluster) {
    const engine = new DockerEngine(config.swarm.host);
    const trouble = await engine.trouble();
    if (trouble) {
      throw engineTrouble(engine, trouble);
    }
    await mustHaveQuorum(engine, await engine.swarmState());
    const [line = ""] = await engine.lines([
      "node",
      "inspect",
      "self",
      "--format",
      "{{.ID}} {{.Description.Hostname}}",
    ]);
    const [id = "", name = ""] = line.split(" ");
    return { engine, nodes: [{ name, id, engine }] };
  }
  const facts = await readFacts(cluster);
  const planned = plan(facts, cluster.wanted);
  if (planned.refusals.length > 0) {
    throw refusal(cluster.stack, planned);
  }
  const members = facts.swarm?.members;
  if (!members) {
    throw new UserError(`There is no swarm yet. Make it: npm run cluster -- up --stack ${cluster.stack}`);
  }
  const nodes = Object.entries(cluster.wanted.nodes).flatMap(([name, { host }]) => {
    const member = memberNamed(name, facts.engines[name], members);
    return member && facts.engines[name]?.state !== "unreachable"
      ? [{ name, id: member.id, engine: new DockerEngine(host) }]
      : [];
  });
  return { engine: manager(facts, cluster.wanted), nodes };
}

/** The node of a part in the swarm there is now. */
export function nodeOf(nodes: readonly BackupNode[], name: string): BackupNode | undefined {
  return nodes.find((node) => node.name === name);
}
