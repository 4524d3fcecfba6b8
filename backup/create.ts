import * as fs from "node:fs";
import * as path from "node:path";
import { DockerEngine } from "../engines/docker-engine";
import { CommandError, UserError } from "../errors";
import { say, step } from "../terminal/progress";
import { readFacts, unlock, type ClusterOfStack } from "../machines/carry-out";
import { memberNamed, managersIn } from "../machines/state";
import { quorumOf, quorumWords } from "../config/quorum";
import type { SwarmStackConfig } from "../config/schema";
import { swarmStackName } from "../platforms/swarm/stack";
import { nodeOf, sources } from "./swarm/sources";
import { deploymentText, readDeployment, type Deployment } from "./deployment";
import { folderTrouble } from "./files";
import type { FolderLock } from "./folder-lock";
import type { BackupKey } from "./key";
import {
  idOf,
  type leftOut,
  manifestText,
  mustBeRestorable,
  type Contents,
  type Manifest,
  type Part,
} from "./manifest";
import type { Output } from "./pipe";
import { backupPlace, type BackupPlace } from "./swarm/place";
import { readSwarmState, readVolume } from "./swarm/containers";
import { seal } from "./seal";
import { nextSequence, removeLeftovers, unfinishedFolder, writeManifest, writeVerification } from "./stack-folder";
import { isDatabase, tryPart } from "./trial";

/** What a backup is made of and where it goes. */
export interface BackupJob {
  stack: string;
  config: SwarmStackConfig;
  cluster: ClusterOfStack | undefined;
  /** Folder of this stack's backups. */
  folder: string;
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
 * @param lock that of the folder, which is held
 * @throws UserError for what forbids it, before anything is touched; nothing half made is left
 */
export async function create(
  job: BackupJob,
  options: CreateOptions,
  lock: FolderLock,
): Promise<Omit<Manifest, "format" | "version">> {
  const { cluster, config, folder, key, stack } = job;
  const began = Date.now();
  const place = await backupPlace(config, cluster);
  const found = await sources(place, swarmStackName(stack));
  mustBeRestorable(found.map(({ contents }) => contents));
  const donor = options.dataOnly ? undefined : await swarmDonor(job, options.outage);
  const deployment = await readDeployment(stack);
  const sequence = await nextSequence(folder, stack, key);
  const id = idOf(new Date(began), sequence);
  const unfinished = unfinishedFolder(folder, id);
  const parts: Part[] = [];
  const add = async (title: string, name: string, contents: Contents, open: () => Output) => {
    // With a number: two names may become one.
    const file = path.join(unfinished, `${parts.length + 1}-${name}`);
    await step(title, async () => parts.push(await saved(file, contents, open(), key)));
  };
  try {
    removeLeftovers(folder);
    fs.mkdirSync(unfinished, { mode: 0o700 });
    await add("Save what this machine knows", "deployment.json.gz.age", { kind: "deployment" }, () => ({
      stream: deploymentText(deployment),
      ended: Promise.resolve(),
      kill: () => undefined,
    }));
    for (const source of found) {
      const { contents } = source;
      const name = `${contents.volume.name}-${contents.node}.${contents.kind === "files" ? "tar" : "sql"}.gz.age`;
      await add(`Save ${contents.volume.name} of ${contents.node}`, name, contents, () => readVolume(source));
    }
    if (donor) {
      const others = (await place.engine.lines(["stack", "ls", "--format", "{{.Name}}"])).filter(
        (name) => name !== swarmStackName(stack),
      );
      if (others.length > 0) {
        say(
          `The swarm's state holds the services and secrets of other stacks, too: ${others.join(", ")}. --data-only leaves it out.`,
        );
      }
      const { address, autolock, name, node, root } = donor;
      await add(
        `Save the swarm's state from ${name}, whose engine stops for a moment`,
        "swarm.tar.gz.age",
        { kind: "swarm", node: name, autolock, ...(address === undefined ? {} : { address }) },
        () => readSwarmState(name, node, root),
      );
      await step(`Wait until ${name} is back`, (report) => isBack(job, name, report));
    }
    const manifest: Omit<Manifest, "format" | "version"> = {
      stack,
      id,
      sequence,
      createdAt: new Date(began).toISOString(),
      seconds: Math.max(0, Math.round((Date.now() - began) / 1000)),
      without: notIn(donor !== undefined, deployment),
      parts,
    };
    const text = manifestText(manifest);
    await verify(manifest, unfinished, key, place);
    const digest = writeManifest(unfinished, text, key);
    writeVerification(unfinished, digest, new Date(), key);
    lock.mustHold();
    fs.renameSync(unfinished, path.join(folder, id));
    return manifest;
  } catch (error) {
    fs.rmSync(unfinished, { recursive: true, force: true });
    throw error instanceof CommandError
      ? new UserError(error.message)
      : folderTrouble(error, folder, "What was begun is removed, and the backups that were there are as before.");
  }
}

function notIn(hasState: boolean, { deployed, state }: Deployment): (keyof typeof leftOut)[] {
  return [
    ...(hasState ? [] : ["swarm" as const]),
    ...(deployed?.engine === "pulumi" && !state ? ["pulumi-state" as const] : []),
  ];
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

/**
 * Reads every part back. Databases are loaded on their own node, which has their image.
 *
 * @param manifest one that was just made, or that its key has proven
 * @param place where databases may be loaded; undefined loads none
 * @throws UserError for a part that cannot be restored
 */
export async function verify(
  { parts }: Pick<Manifest, "parts">,
  folder: string,
  key: BackupKey,
  place: BackupPlace | undefined,
): Promise<void> {
  for (const part of parts) {
    const engine = isDatabase(part) && place ? (nodeOf(place.nodes, part.node) ?? place.nodes[0])?.engine : undefined;
    const found = await step(`Read ${part.file} back`, () => tryPart(folder, part, key, engine));
    say(`  ${part.file}: ${found}`);
  }
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
