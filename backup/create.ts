import * as fs from "node:fs";
import * as path from "node:path";
import { DockerEngine } from "../cli/docker-engine";
import { CommandError } from "../cli/process";
import { say, step } from "../cli/progress";
import { readFacts, unlock, type ClusterOfStack } from "../cluster/carry-out";
import { memberNamed, managersIn } from "../cluster/plan";
import { quorumOf, quorumWords } from "../config/quorum";
import type { SwarmStackConfig } from "../config/schema";
import { UserError } from "../errors";
import { swarmStackName } from "../platforms/swarm/stack";
import { nodeOf, sources } from "./contents";
import { readDeployment } from "./deployment";
import type { BackupKey } from "./key";
import { idOf, unfinished, writeManifest, type Contents, type Manifest, type Part } from "./manifest";
import type { Output } from "./pipe";
import { backupPlace, type BackupPlace } from "./place";
import { readSwarmState, readVolume } from "./read";
import { removeUnfinished } from "./retention";
import { diskFull, isFull, seal } from "./seal";
import { isDatabase, tryPart } from "./trial";

/** What a backup is made of and where it goes. */
export interface BackupJob {
  stack: string;
  config: SwarmStackConfig;
  cluster: ClusterOfStack | undefined;
  directory: string;
  key: BackupKey;
}

export interface CreateOptions {
  /** Save the swarm's state although that stops the only manager, and with it what runs there. */
  outage: boolean;
  /** Leave the swarm's state out. */
  dataOnly: boolean;
}

/**
 * Makes a backup, reads it back, and gives it its name only then: what stands in the folder under a name is whole.
 *
 * @throws UserError for what forbids it, before anything is touched; nothing half made is left
 */
export async function create(job: BackupJob, options: CreateOptions): Promise<Manifest> {
  const { cluster, config, directory, key, stack } = job;
  const began = Date.now();
  const place = await backupPlace(config, cluster);
  const found = await sources(place, swarmStackName(stack));
  const donor = options.dataOnly ? undefined : await swarmDonor(job, options.outage);
  const id = idOf(new Date(began));
  const folder = path.join(directory, `${unfinished}${id}`);
  const parts: Part[] = [];
  const add = async (title: string, name: string, contents: Contents, open: () => Output) => {
    await step(title, async () => parts.push(await saved(path.join(folder, name), contents, open(), key)));
  };
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    removeUnfinished(directory);
    fs.mkdirSync(folder, { mode: 0o700 });
    await add("Save what this machine knows", "deployment.tar.gz.age", { kind: "deployment" }, () =>
      readDeployment(stack),
    );
    for (const source of found) {
      const { contents } = source;
      const name = `${contents.volume.name}-${contents.node}.${contents.kind === "files" ? "tar" : "sql"}.gz.age`;
      await add(`Save ${contents.volume.name} of ${contents.node}`, name, contents, () => readVolume(source));
    }
    if (donor) {
      const { address, autolock, name, node, root } = donor;
      await add(
        `Save the swarm's state from ${name}, whose engine stops for a moment`,
        "swarm.tar.gz.age",
        { kind: "swarm", node: name, autolock, address },
        () => readSwarmState(name, node, root),
      );
      await step(`Wait until ${name} is back`, (report) => isBack(job, name, report));
    }
    const manifest: Manifest = {
      version: 1,
      stack,
      id,
      createdAt: new Date(began).toISOString(),
      seconds: Math.round((Date.now() - began) / 1000),
      without: donor ? [] : ["the swarm's own state (services, secrets, configs)"],
      parts,
    };
    const verified = await verify(manifest, folder, key, place);
    writeManifest(folder, verified);
    fs.renameSync(folder, path.join(directory, id));
    return verified;
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw isFull(error) ? diskFull(directory) : error instanceof CommandError ? new UserError(error.message) : error;
  }
}

async function saved(file: string, contents: Contents, { ended, kill, stream }: Output, key: BackupKey): Promise<Part> {
  try {
    const sealed = await seal(stream, file, key);
    // A program that failed has written an end, too.
    await ended;
    return { ...contents, ...sealed, file: path.basename(file) };
  } catch (error) {
    // Nobody reads any more: a program in a container learns it from its closed pipe, not from a signal to the docker command.
    stream.destroy();
    kill();
    await ended.catch(() => undefined);
    throw error;
  }
}

/** Reads every part back. Databases are loaded on their own node, which has their image. */
export async function verify(
  manifest: Manifest,
  folder: string,
  key: BackupKey,
  place: BackupPlace | undefined,
): Promise<Manifest> {
  for (const part of manifest.parts) {
    const engine = isDatabase(part) && place ? (nodeOf(place.nodes, part.node) ?? place.nodes[0])?.engine : undefined;
    const found = await step(`Read ${part.file} back`, () => tryPart(folder, part, key, engine));
    say(`  ${part.file}: ${found}`);
  }
  return place ? { ...manifest, verifiedAt: new Date().toISOString() } : manifest;
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
async function swarmDonor({ cluster, config }: BackupJob, outage: boolean): Promise<Donor | undefined> {
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
  { cluster, config, stack }: BackupJob,
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
