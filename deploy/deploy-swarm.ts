import * as path from "node:path";
import type { PublishedAddress } from "../components/app";
import type { RawConfig } from "../config/files/machine";
import type { SwarmStackConfig } from "../config/schema";
import { imageHosts } from "../config/swarm/swarm-nodes";
import { DockerEngine } from "../engines/docker-engine";
import { rememberDeployment } from "../home/deployments";
import { renderedDirectory } from "../home/project";
import { withSettings, type StackSettings } from "../home/stack-configuration";
import { encryptionOf, mustCarryEncryption } from "../machines/encryption";
import { clusterOf } from "../machines/open";
import { mustBeShared, sharedDirectories, triedDirectory } from "../machines/shared-directories";
import { nodeAddresses, swarmPlace } from "../machines/swarm-place";
import { clusterUp } from "../machines/up";
import { driversOfMachines, driversOfSwarm, mustHaveDrivers } from "../machines/volume-drivers";
import { swarmStackName } from "../platforms/swarm/stack";
import { collect } from "../render/collect";
import { renderStack } from "../render/stack";
import { say, step, type Report } from "../terminal/progress";
import { encryptWhereCarried } from "./before/backend-encryption";
import { refuseUnusableOnSwarm } from "./before/external-database";
import { refuseEncrypted } from "./before/encrypted-settings";
import { groupOnSwarm, refuseGroupGivenUp } from "./before/group-given-up";
import { authoritiesOnSwarm, refuseUntrustedAuthority } from "./before/authorities-in-use";
import { passwordsOnSwarm, refuseFormerPasswords } from "./before/passwords-in-use";
import { servicesInUse } from "./before/services-in-use";
import { databaseIsNew, installed, knowsInstallation } from "./before/swarm-installation";
import { refuseForeignOnSwarm, swarmObjectsOf } from "./before/swarm-ownership";
import { chooseEngine, type Engine } from "./engine";
import { mustBeLoggedIn } from "./images/registry-logins";
import { standInsOf, type StandIn } from "./images/stand-ins";
import { canBeHad, imagesOnSwarm } from "./images/swarm";
import { inWords, pulumiUp } from "./pulumi/deployment";
import { stateOnSwarm } from "./pulumi/state-on-platform";
import { refuseUnknownToState, runningOnSwarm } from "./pulumi/unknown-to-state";
import { deployCompose } from "./rendered/swarm";
import { pruneVersions } from "./rendered/swarm-versions";
import { learned, remember } from "./learned";
import { defaultTimeoutSeconds, type DeployRequest } from "./request";
import type { CertificateTrouble } from "../components/edge/certificates";
import { certificatePatience } from "./wait/certificates";
import { explained } from "./wait/explained";
import { answering, publishedAddresses } from "./wait/published-addresses";
import { watchForRefusedTasks } from "./wait/refused-tasks";
import { servicesRunning } from "./wait/swarm-rollout";
import { updatesComplete, updateStates, type UpdateStates } from "./wait/swarm-updates";

/** A published address, and the host at which it answered. */
export type AnsweredAddress = PublishedAddress & { host: string };

/** A stack that is up on a swarm. */
export interface SwarmDeployment {
  platform: "swarm";
  stack: string;
  config: SwarmStackConfig;
  docker: DockerEngine;
  answered: AnsweredAddress[];
  /** Addresses whose host has no certificate yet, and why. */
  uncertified: CertificateTrouble[];
  /** Images built here that run in place of official ones. */
  standIns: StandIn[];
  /** Whether those can be had now; undefined where it cannot be told. */
  officialCanBeHad: boolean | undefined;
}

/**
 * @param said settings of the command line, remembered once it is clear that the stack may go there
 * @throws UserError as `deployStack` does
 */
export async function deployOnSwarm(
  request: DeployRequest,
  settings: StackSettings<SwarmStackConfig>,
  said: RawConfig,
): Promise<SwarmDeployment> {
  const { buildImages = false, stack, timeout = defaultTimeoutSeconds } = request;
  const { config: wished } = settings;
  mustBeLoggedIn(wished);
  const engine = await chooseEngine(stack, "swarm", request.engine);
  if (engine.name === "rendered") {
    refuseEncrypted(wished, stack);
  }
  const docker = await machinesFor(stack, wished, request.yes ?? false);
  const name = swarmStackName(stack);
  await refuseForeignObjects(docker, wished, stack);
  refuseGroupGivenUp(stack, wished, await groupOnSwarm(docker, name));
  const there = await servicesInUse(docker, name);
  refuseFormerPasswords(stack, passwordsOnSwarm(there, name, wished));
  refuseUntrustedAuthority(stack, wished, authoritiesOnSwarm(there));
  remember(stack, said);
  let current = await asKnownThere(docker, settings);
  current = learned(current, await imagesOnSwarm(stack, current.config, buildImages));
  await trySharedDirectories(current.config);
  await refuseUnusableOnSwarm(docker, current);
  if (engine.name === "pulumi") {
    await refuseUnknownToState(stack, engine, () => runningOnSwarm(docker, name));
  }
  const before = await updateStates(docker, name);
  const declared = await deploy(docker, current, engine, Date.now() + timeout * 1000);
  const deadline = Date.now() + timeout * 1000;
  const { answered, uncertified } = await step("Wait until everything answers", (report) =>
    explained(stack, () => everythingAnswers(docker, current, before, deadline, report)),
  );
  if (engine.name === "rendered") {
    await pruneVersions(docker, name, declared, current.config.secrets.keepVersions);
  }
  if (databaseIsNew(current.config)) {
    say("The database is made. From now on the stack says so, and a source without data refuses to start:");
    current = learned(current, installed);
    await deploy(docker, current, engine, Date.now() + timeout * 1000);
  }
  const standIns = standInsOf(stack, current.config);
  const officialCanBeHad = await canBeHad(docker, standIns);
  return {
    platform: "swarm",
    stack,
    config: current.config,
    docker,
    answered,
    uncertified,
    standIns,
    officialCanBeHad,
  };
}

/** Sees to the machines of a stack: a swarm that has what the stack needs. */
async function machinesFor(stack: string, config: SwarmStackConfig, yes: boolean): Promise<DockerEngine> {
  const cluster = clusterOf(stack, config);
  if (config.swarm.encryptBackend) {
    say(...mustCarryEncryption(await encryptionOf(config.swarm)));
  }
  if (cluster) {
    say(...mustHaveDrivers(config, await driversOfMachines(config)));
    await clusterUp(cluster, yes);
  }
  const docker = await swarmPlace(config, yes);
  if (!cluster) {
    say(...mustHaveDrivers(config, await driversOfSwarm(docker, config)));
  }
  return docker;
}

/** On the manager everything; on each machine of several the volumes, which a node makes when a task comes. */
async function refuseForeignObjects(docker: DockerEngine, config: SwarmStackConfig, stack: string): Promise<void> {
  const name = swarmStackName(stack);
  const wanted = swarmObjectsOf((await collect(config, stack)).resources);
  await refuseForeignOnSwarm(docker, name, wanted);
  for (const host of imageHosts(config).filter((other) => other !== docker.host)) {
    await refuseForeignOnSwarm(new DockerEngine(host), name, wanted, ["volume"]);
  }
}

/** The settings, with what the swarm knows of the stack and its kernels can do. */
async function asKnownThere(
  docker: DockerEngine,
  settings: StackSettings<SwarmStackConfig>,
): Promise<StackSettings<SwarmStackConfig>> {
  const { config, stack } = settings;
  const encrypted = withSettings(settings, await encryptWhereCarried(docker, stack, config));
  return databaseIsNew(config) && (await knowsInstallation(docker, swarmStackName(stack)))
    ? learned(encrypted, installed)
    : encrypted;
}

/** In containers, and so once the machines have the images. */
async function trySharedDirectories(config: SwarmStackConfig): Promise<void> {
  const directories = sharedDirectories(config);
  if (directories.length > 0) {
    const tried = await step("Try the shared directories on the machines", () =>
      Promise.all(directories.map(async (directory) => ({ directory, found: await triedDirectory(directory) }))),
    );
    say(...mustBeShared(tried));
  }
}

/** Returns the names of the versioned secrets and configs that the rendered form declares. */
async function deploy(
  docker: DockerEngine,
  { config, stack }: StackSettings<SwarmStackConfig>,
  engine: Engine,
  deadline: number,
): Promise<Set<string>> {
  const name = swarmStackName(stack);
  if (engine.name === "pulumi") {
    const watch = (signal: AbortSignal) => watchForRefusedTasks(docker, name, signal);
    say(inWords(await pulumiUp(stack, engine, stateOnSwarm(docker, name), watch)));
    return new Set();
  }
  const { files, location } = await renderStack(config, stack, renderedDirectory(stack));
  rememberDeployment(stack, { engine: "rendered" });
  await step(`Deploy stack ${stack} to ${docker.host}`, (report) =>
    deployCompose(docker, config, name, location, deadline, report),
  );
  return new Set(files.map((file) => `${name}_${path.basename(file.path)}`));
}

async function everythingAnswers(
  docker: DockerEngine,
  { config, stack }: StackSettings<SwarmStackConfig>,
  before: UpdateStates,
  deadline: number,
  report: Report,
): Promise<Pick<SwarmDeployment, "answered" | "uncertified">> {
  const name = swarmStackName(stack);
  await updatesComplete(docker, name, before, deadline, report);
  await servicesRunning(docker, name, deadline, report);
  const hosts = await nodeAddresses(docker);
  const answered: AnsweredAddress[] = [];
  const uncertified: CertificateTrouble[] = [];
  const patience = certificatePatience(docker, name);
  for (const address of publishedAddresses(config)) {
    const found = await answering(address, hosts, deadline, report, patience(address));
    if (typeof found === "string") {
      answered.push({ ...address, host: found });
    } else if (!uncertified.some(({ host }) => host === found.host)) {
      uncertified.push(found);
    }
  }
  return { answered, uncertified };
}
