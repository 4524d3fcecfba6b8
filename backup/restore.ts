import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { confirmed, isInteractive } from "../cli/confirm";
import { DockerEngine, engineTrouble } from "../cli/docker-engine";
import { CommandError } from "../cli/process";
import { say, step } from "../cli/progress";
import { machineDirectory } from "../cli/project";
import { servicesRunning } from "../cli/swarm-rollout";
import { manager, readFacts } from "../cluster/carry-out";
import { forceNewCluster, forgetOthers } from "../cluster/recover";
import { keepUnlockKey } from "../cluster/unlock-key";
import { unlockedKeyFile } from "../cluster/unlocked-state";
import { clusterUp } from "../cluster/up";
import { nodeAddress } from "../config/swarm-nodes";
import { UserError } from "../errors";
import { stackLabel, swarmStackName } from "../platforms/swarm/stack";
import { recordedAddress, rootOf, verify, type BackupJob } from "./create";
import { placeDeployment, unpackDeployment } from "./deployment";
import { findBackup, type Manifest, type Part, type VolumeInfo } from "./manifest";
import {
  addressMistakes,
  mountWithoutName,
  pinsToOthers,
  placedOn,
  restoreTarget,
  unplaceable,
  type Placement,
} from "./placement";
import { outputOf, runOn } from "./pipe";
import { dockerCommand, onVolume, placeSwarmState } from "./read";
import { unseal } from "./seal";
import { isDatabase, load } from "./trial";
import { unmounted } from "./unmounted";

type VolumePart = Extract<Part, { volume: VolumeInfo }>;
type SwarmPart = Extract<Part, { kind: "swarm" }>;

/** Images may have to be pulled on every machine. */
const servicesLimitSeconds = 15 * 60;

/** Its image may have to be pulled. */
const emptyLimitSeconds = 15 * 60;

export interface RestoreOptions {
  /** Name of the machine that takes the swarm's state. Default: the manager at its address, else the one it is from, else the first. */
  to?: string | undefined;
  /** Which machine of the configuration takes the place of one in the backup. Default: each its own. */
  place: Placement;
  yes: boolean;
}

/**
 * Brings a stack back on machines that are empty: volumes first, so that no service ever starts on an empty one; then the swarm's state on
 * one manager, of which a new swarm is made; then the other machines join it.
 *
 * One that was interrupted goes on with what is not done yet.
 *
 * @throws UserError for what forbids it, before anything is touched
 */
export async function restore(job: BackupJob, id: string | undefined, options: RestoreOptions): Promise<void> {
  const { config, directory, key, stack } = job;
  const manifest = findBackup(directory, id);
  const folder = path.join(directory, manifest.id);
  const progress = new Progress(stack, manifest.id);
  const saved = manifest.parts.filter((part): part is VolumePart => "volume" in part);
  const volumes = saved.map((part) => ({ ...part, node: placedOn(options.place, part.node) }));
  const state = manifest.parts.find((part): part is SwarmPart => part.kind === "swarm");
  const nodes = job.cluster?.wanted.nodes ?? {};
  const target = state && restoreTarget(state, options, nodes);
  const misplaced = [
    ...unplaceable(manifest.parts, options.place),
    ...(target === undefined ? [] : addressMistakes(state?.address, target, nodes)),
  ];
  await refuseUnfit(job, manifest, volumes, target, progress, misplaced);
  say(`Backup ${manifest.id} of ${manifest.createdAt}${manifest.verifiedAt ? "" : ", which was never verified"}:`);
  say(...volumes.map(({ kind, node, volume }) => `  ${volume.name} on ${node} (${kind})`));
  say(
    target
      ? `  the swarm's state on ${target}; the other machines join it`
      : "  no state of the swarm: npm start deploys the stack on the data",
  );
  const unused = await unmounted(config, stack, [...new Set(volumes.map(({ volume }) => volume.name))]);
  if (unused.length > 0) {
    say(
      "",
      `No service of the stack file as it is here mounts ${unused.join(", ")}: what was saved there would not be seen after npm start.`,
      "Sites, driver and driverOptions have to be what they were when it was saved.",
    );
  }
  if (!options.yes && isInteractive() && !(await confirmed("Restore it?", "no"))) {
    throw new UserError("Nothing was changed.");
  }
  await verify(manifest, folder, key, undefined);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-restore-"));
  try {
    const deployment = manifest.parts.find(({ kind }) => kind === "deployment");
    if (deployment) {
      await unpackDeployment(await unseal(path.join(folder, deployment.file), key), path.join(scratch, "deployment"));
      const placed = placeDeployment(path.join(scratch, "deployment"), stack);
      say(
        placed.length > 0
          ? `Put back on this machine: ${placed.join(", ")}`
          : "This machine keeps what it knows about the stack.",
      );
    }
    for (const part of volumes) {
      await progress.once(`${part.volume.name} ${part.node}`, (begun) =>
        step(`Restore ${part.volume.name} on ${part.node}`, () =>
          restoreVolume(engineOf(job, part.node), part, path.join(folder, part.file), job, begun),
        ),
      );
    }
    if (state && target) {
      const unlockKey = path.join(scratch, "deployment", "unlock-keys", stack);
      const unlock = fs.existsSync(unlockKey) ? fs.readFileSync(unlockKey, "utf8").trim() : undefined;
      await progress.once("swarm", () => restoreSwarm(job, path.join(folder, state.file), target, unlock, scratch));
    }
  } catch (error) {
    throw error instanceof CommandError ? new UserError(`${error.message}\nRun this again to go on from here.`) : error;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  if (state && job.cluster) {
    const { cluster } = job;
    await clusterUp(cluster, true);
    const engine = manager(await readFacts(cluster), cluster.wanted);
    const pinned = await pinnedToNobody(engine, swarmStackName(stack), Object.keys(cluster.wanted.nodes));
    if (pinned.length > 0) {
      progress.finished();
      say(
        `The data of stack ${stack} are those of ${manifest.createdAt}. Its services still name machines that are not here, and wait:`,
        ...pinned.map((line) => `  ${line}`),
        `  npm start -- --stack ${stack}   deploys what the stack file says now`,
      );
      return;
    }
    await step("Wait until every service runs", (report) =>
      servicesRunning(engine, swarmStackName(stack), Date.now() + servicesLimitSeconds * 1000, report),
    );
  }
  progress.finished();
  say(`Stack ${stack} is as it was at ${manifest.createdAt}.`, `  npm run ops -- status --stack ${stack}`);
  if (!state || config.swarm.singleNode) {
    say(`  npm start -- --stack ${stack}   deploys what the stack file says now`);
  }
}

/** Services that are pinned to machines, by the names that those have in the configuration, of which none is there; in words. */
async function pinnedToNobody(engine: DockerEngine, name: string, nodes: readonly string[]): Promise<string[]> {
  const ids = await engine.lines(["service", "ls", "--quiet", "--filter", `label=${stackLabel}=${name}`]);
  if (ids.length === 0) {
    return [];
  }
  const { stdout } = await engine.docker(["service", "inspect", ...ids]);
  const services = JSON.parse(stdout) as {
    Spec: { Name: string; TaskTemplate: { Placement?: { Constraints?: string[] | null } } };
  }[];
  return services.flatMap(({ Spec: { Name, TaskTemplate } }) =>
    pinsToOthers(TaskTemplate.Placement?.Constraints ?? [], nodes).map((constraint) => `${Name}: ${constraint}`),
  );
}

/** Notes which parts of a restore are done, for a run that is interrupted. */
class Progress {
  private readonly file: string;
  private readonly done: string[];
  private readonly begun: string[];

  constructor(stack: string, id: string) {
    this.file = path.join(machineDirectory, `restore-${stack}-${id}.json`);
    const known = fs.existsSync(this.file)
      ? (JSON.parse(fs.readFileSync(this.file, "utf8")) as { done: string[]; begun: string[] })
      : { done: [], begun: [] };
    this.done = known.done;
    this.begun = known.begun;
  }

  /** Whether a part was begun by this run or an earlier one of the same backup. */
  has(part: string): boolean {
    return this.begun.includes(part);
  }

  /** Does a part unless it is done. The work learns whether an earlier run had begun it. */
  async once(part: string, work: (begun: boolean) => Promise<void>): Promise<void> {
    if (this.done.includes(part)) {
      return;
    }
    const begun = this.has(part);
    this.begun.push(part);
    this.write();
    await work(begun);
    this.done.push(part);
    this.write();
  }

  finished(): void {
    fs.rmSync(this.file, { force: true });
  }

  private write(): void {
    fs.mkdirSync(machineDirectory, { recursive: true });
    fs.writeFileSync(this.file, JSON.stringify({ done: this.done, begun: this.begun }));
  }
}

function engineOf({ cluster, config }: BackupJob, node: string): DockerEngine {
  return new DockerEngine(cluster ? (cluster.wanted.nodes[node]?.host ?? "") : config.swarm.host);
}

/** Everything that forbids a restore, all at once: it only ever fills what is empty. */
async function refuseUnfit(
  job: BackupJob,
  { stack }: Manifest,
  volumes: readonly VolumePart[],
  target: string | undefined,
  progress: Progress,
  misplaced: readonly string[],
): Promise<void> {
  const { cluster } = job;
  const mistakes: string[] = [...misplaced];
  if (stack !== job.stack) {
    mistakes.push(`the backup is of stack ${stack}`);
  }
  const nodes = [...new Set([...volumes.map(({ node }) => node), ...(target === undefined ? [] : [target])])];
  if (cluster) {
    mistakes.push(
      ...nodes
        .filter((node) => !(node in cluster.wanted.nodes))
        .map(
          (node) =>
            `${node}: the backup has data of it, and the configuration does not name it. Name a machine so under swarm.nodes, or say which one takes its place: --place ${node}=NAME`,
        ),
    );
    const { engines } = await readFacts(cluster);
    for (const [name, { state, trouble }] of Object.entries(engines)) {
      if (state === "unreachable") {
        mistakes.push(`${name}: its engine does not answer (${trouble})`);
      } else if (target !== undefined && state !== "inactive" && !progress.has("swarm")) {
        mistakes.push(
          `${name}: its engine is in a swarm (${state}). A restore is for empty machines: docker --host ${cluster.wanted.nodes[name]?.host ?? ""} swarm leave --force`,
        );
      }
    }
  } else {
    const engine = engineOf(job, "");
    const trouble = await engine.trouble();
    if (trouble) {
      throw engineTrouble(engine, trouble);
    }
    if (target !== undefined) {
      mistakes.push("the backup has the state of a swarm: name its machines under swarm.nodes to restore it");
    }
  }
  for (const part of mistakes.length > 0 ? [] : volumes) {
    const { node, volume } = part;
    const there = await engineOf(job, node).lines(["volume", "ls", "--quiet", "--filter", `name=^${volume.name}$`]);
    if (there.length > 0 && !progress.has(`${volume.name} ${node}`)) {
      mistakes.push(
        `${node}: volume ${volume.name} is there already, and a restore overwrites nothing. Keep its data elsewhere, then: docker --host ${engineOf(job, node).host} volume rm ${volume.name}`,
      );
    } else if (volume.driver === "local" && volume.options["type"] && !progress.has(`${volume.name} ${node}`)) {
      const [first] = await filesOf(engineOf(job, node), part);
      if (first !== undefined) {
        mistakes.push(
          `${node}: what volume ${volume.name} mounts holds files already (${first}), and a restore overwrites nothing. Move them away, or name an empty place in the stack file's driverOptions`,
        );
      }
    }
  }
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("This backup cannot be restored here:", mistakes);
  }
}

/** One of the files in what a volume mounts, which outlives the node; none where it is empty. */
function filesOf(engine: DockerEngine, { image, volume }: VolumePart): Promise<string[]> {
  const rights = ["--user", "0:0", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE"];
  const look = ["--entrypoint", "find", image, "/volume", "-mindepth", "1", "-print", "-quit"];
  const mount = ["--mount", mountWithoutName(volume, "/volume")];
  return engine.lines(["run", "--rm", "--network", "none", "--read-only", ...rights, ...mount, ...look], {
    timeout: emptyLimitSeconds,
  });
}

async function restoreVolume(
  engine: DockerEngine,
  part: VolumePart,
  file: string,
  { key }: BackupJob,
  begun: boolean,
): Promise<void> {
  const { driver, labels, name, options } = part.volume;
  if (begun) {
    // Half filled by the run before.
    await engine.docker(["volume", "rm", "--force", name], { timeout: 120 });
  }
  await engine.docker([
    "volume",
    "create",
    ...["--driver", driver],
    ...Object.entries(options).flatMap(([option, value]) => ["--opt", `${option}=${value}`]),
    ...Object.entries(labels).flatMap(([label, value]) => ["--label", `${label}=${value}`]),
    name,
  ]);
  const mount = `${name}:${part.target}`;
  if (isDatabase(part)) {
    await load(engine, part, file, key, mount);
    return;
  }
  // Mounted where the service mounts it, the new volume takes over the owner that the image has there.
  const command = onVolume(part.image, mount, "tar");
  await runOn(
    dockerCommand(engine, ...command, "-C", part.target, "-xpf", "-"),
    await unseal(file, key),
    engine.environment,
  );
}

/** Starts an engine from the state of a manager, and makes a new swarm of it. */
async function restoreSwarm(
  { cluster, key, stack }: BackupJob,
  file: string,
  target: string,
  unlockKey: string | undefined,
  scratch: string,
): Promise<void> {
  const node = cluster?.wanted.nodes[target];
  if (!node) {
    throw new UserError(`There is no node ${target} in the configuration`);
  }
  const engine = new DockerEngine(node.host);
  if ((await engine.swarmState()).state === "inactive") {
    await step(`Put the swarm's state on ${target}`, async () => {
      const folder = path.join(scratch, "state");
      fs.mkdirSync(folder, { mode: 0o700 });
      await runOn(["tar", "-C", folder, "-xpf", "-"], await unseal(file, key));
      const keyFile = path.join(folder, "swarm", "certificates", "swarm-node.key");
      if (unlockKey !== undefined) {
        fs.writeFileSync(keyFile, unlockedKeyFile(fs.readFileSync(keyFile, "utf8"), unlockKey), { mode: 0o600 });
        keepUnlockKey(stack, unlockKey);
      }
      const archive = outputOf(["tar", "-C", folder, "-cf", "-", "swarm"]);
      await runOn(placeSwarmState(target, node, await rootOf(node.host)), archive.stream);
      await archive.ended;
    });
  }
  await step(`Make a new swarm of it on ${target}`, async (report) => {
    await forceNewCluster(engine, nodeAddress(node) ?? "", report);
    // They are empty and join as new nodes, or are none of this site's.
    await forgetOthers(engine);
  });
  // Of a backup that does not say it.
  const mistakes = addressMistakes(await recordedAddress(engine), target, cluster.wanted.nodes);
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("The other machines cannot join:", mistakes);
  }
}
