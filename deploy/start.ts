import * as path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { encryptionOf, mustCarryEncryption } from "../machines/encryption";
import { clusterOf } from "../machines/open";
import { clusterUp } from "../machines/up";
import { mustBeShared, sharedDirectories, triedDirectory } from "../machines/shared-directories";
import { driversOfMachines, driversOfSwarm, mustHaveDrivers } from "../machines/volume-drivers";
import { unknownContext } from "../config/kubernetes-context";
import { type RawConfig, writeMachineSettings } from "../config/machine";
import { neededImages } from "../config/needed-images";
import { ownerOf } from "../config/owner";
import type { KubernetesStackConfig, SwarmStackConfig } from "../config/schema";
import { configNamespace } from "../config/namespaces";
import { readRawStackFile } from "../config/stack-file";
import { defaultDockerHost, imageHosts } from "../config/swarm-nodes";
import { UserError } from "../errors";
import { reference, refuseForeign } from "../platforms/kubernetes/ownership";
import { swarmStackName } from "../platforms/swarm/stack";
import { collect } from "../render/collect";
import { kubernetesManifests } from "../render/kubernetes";
import { renderStack } from "../render/stack";
import { encryptWhereCarried } from "./before/backend-encryption";
import { jobsBefore, runJobsBefore } from "./before/jobs";
import { runCommand } from "../terminal/command";
import { lockStack } from "../home/deployment-lock";
import { rememberDeployment, type EngineName } from "../home/deployments";
import { currentDockerHost, DockerEngine } from "../engines/docker-engine";
import { chooseEngine } from "./engine";
import { type PulumiEngine } from "./pulumi/cli";
import { imagesOnCluster, nodeCanHave } from "./images/kubernetes";
import { canBeHad, imagesOnSwarm } from "./images/swarm";
import { clusterInboxLogin, swarmInboxLogin, type InboxLogin } from "./inbox-login";
import { interruption } from "../terminal/interruption";
import { KubernetesCluster, missingContext } from "../engines/kubernetes-cluster";
import { watchForMissingImages } from "./images/missing";
import { passwordsOnCluster, passwordsOnSwarm, refuseFormerPasswords } from "./before/passwords-in-use";
import { refuseForeignOnSwarm, swarmObjectsOf } from "./before/swarm-ownership";
import { say, step } from "../terminal/progress";
import { projectDirectory, renderedDirectory } from "../home/project";
import { answering, publishedAddresses } from "./wait/published-addresses";
import { inWords, pulumiUp } from "./pulumi/deployment";
import type { StateOnPlatform } from "./pulumi/repair";
import { applyAfterRollout, applyManifests } from "./rendered/kubernetes";
import { deployCompose } from "./rendered/swarm";
import { watchForRefusedTasks } from "./wait/refused-tasks";
import { mustBeLoggedIn } from "./images/registry-logins";
import { rolledOut } from "./wait/kubernetes-rollout";
import { stackConfiguration } from "../home/stack-configuration";
import { stateOnCluster, stateOnSwarm } from "./pulumi/state-on-platform";
import { addressesAreLocal, standInLines, standInsOf } from "./images/stand-ins";
import { kubernetesSummary, swarmSummary } from "./summary";
import { nodeAddresses, swarmPlace } from "../machines/swarm-place";
import { databaseIsNew, installed, knowsInstallation } from "./before/swarm-installation";
import { servicesRunning } from "./wait/swarm-rollout";
import { refuseUnknownToState, runningOnCluster, runningOnSwarm } from "./pulumi/unknown-to-state";
import { updatesComplete, updateStates } from "./wait/swarm-updates";
import { pruneVersions } from "./rendered/swarm-versions";
import type { Watch } from "./wait/watched";

interface StartOptions {
  stack: string;
  context?: string;
  kubeconfig?: string;
  host?: string;
  engine?: EngineName;
  /** Seconds. */
  timeout: number;
  yes?: boolean;
  buildImages?: boolean;
}

/** Images may have to be pulled on every node, a database initialised, another migrated. */
const defaultTimeoutSeconds = 15 * 60;

/** `npm start`: from a checkout to a stack that answers. */
const command = new Command("npm start --")
  .description(
    "Deploys a stack, waits until its sites answer, and says how to reach them. Run again, it changes nothing.",
  )
  .option("--stack <name>", "the stack, for example dev for Pulumi.dev.yaml", "swarm")
  .option("--context <name>", "Kubernetes: context to deploy to; remembered for this machine")
  .option("--kubeconfig <file>", "Kubernetes: kubeconfig with the context; remembered for this machine")
  .option("--host <address>", "Swarm: Docker Engine to deploy to, such as ssh://user@host; remembered for this machine")
  .option(
    "--engine <name>",
    "pulumi (downloaded where it is missing) or rendered. Default: pulumi where its CLI is installed, else rendered",
    engineName,
  )
  .option(
    "--timeout <seconds>",
    "how long to wait until everything answers; what is deployed then stays",
    seconds,
    defaultTimeoutSeconds,
  )
  .option(
    "--build-images",
    "where a registry does not answer, take images built here in place of the official ones, also elsewhere than on this machine for localhost",
  )
  .option("--yes", "do not ask before installing Docker Engine or making a swarm")
  .action(start);

async function start(options: StartOptions): Promise<void> {
  const { stack } = options;
  const settings = await machineSettings(options);
  // All mistakes first, before anything is touched.
  const config = stackConfiguration(stack, settings);
  interruption.listen();
  lockStack(stack);
  if (config.platform === "kubernetes") {
    await startOnKubernetes(config, settings, options);
  } else {
    await startOnSwarm(config, settings, options);
  }
}

async function startOnKubernetes(
  config: KubernetesStackConfig,
  settings: RawConfig,
  { buildImages, engine: wanted, stack, timeout }: StartOptions,
): Promise<void> {
  if (config.kubernetes.context === unknownContext) {
    throw missingContext(stack, config.kubernetes.kubeconfig);
  }
  const engine = await chooseEngine(stack, "kubernetes", wanted);
  const cluster = new KubernetesCluster(config.kubernetes, config.kubernetes.namespace);
  await cluster.mustAnswer();
  const owner = ownerOf(configNamespace, stack);
  await refuseForeign(cluster, owner, kubernetesManifests((await collect(config, stack)).resources).map(reference));
  refuseFormerPasswords(stack, config, await passwordsOnCluster(cluster));
  remember(stack, settings);
  const allowed = buildImages ?? addressesAreLocal(config);
  const changed = await imagesOnCluster(cluster, stack, neededImages(config), allowed);
  const current = changed ? (stackConfiguration(stack) as KubernetesStackConfig) : config;
  if (engine.name === "pulumi") {
    await refuseUnknownToState(stack, engine, () => runningOnCluster(cluster, owner));
    const jobs = await jobsBefore(cluster, kubernetesManifests((await collect(current, stack)).resources));
    if (jobs.length > 0) {
      await step("Have the nodes get new images of the sites", (report) => runJobsBefore(cluster, jobs, report));
    }
    await deployWithPulumi(stack, engine, stateOnCluster(cluster, owner), (signal) =>
      watchForMissingImages(cluster, neededImages(current), signal),
    );
  } else {
    const { location, manifests } = await renderStack(current, stack, renderedDirectory(stack));
    rememberDeployment(stack, { engine: "rendered" });
    const kept = await step(`Apply stack ${stack} to ${cluster.address.context}`, (report) =>
      applyManifests(cluster, owner, manifests, location, report),
    );
    if (kept.length > 0) {
      say(
        "These hold data and stay, though the stack has them no more:",
        ...kept.map(({ kind, name }) => `  ${cluster.commandLine("delete", kind.toLowerCase(), name)}`),
      );
    }
  }
  const deadline = Date.now() + timeout * 1000;
  await step("Wait until everything is ready", (report) =>
    explained(stack, () => rolledOut(cluster, deadline, report)),
  );
  if (engine.name === "rendered") {
    await applyAfterRollout(cluster, renderedDirectory(stack));
  }
  const standIns = standInsOf(stack, current);
  const reachable = await nodeCanHave(cluster, stack, standIns);
  const login = await shown(() => clusterInboxLogin(cluster));
  say(...kubernetesSummary(stack, current, cluster, login), ...standInLines(stack, standIns, reachable));
}

async function startOnSwarm(
  config: SwarmStackConfig,
  settings: RawConfig,
  { buildImages, engine: wanted, stack, timeout, yes }: StartOptions,
): Promise<void> {
  const name = swarmStackName(stack);
  const cluster = clusterOf(stack, config);
  mustBeLoggedIn(config);
  const engine = await chooseEngine(stack, "swarm", wanted);
  if (config.swarm.encryptBackend) {
    say(...mustCarryEncryption(await encryptionOf(config.swarm)));
  }
  if (cluster) {
    say(...mustHaveDrivers(config, await driversOfMachines(config)));
    await clusterUp(cluster, yes ?? false);
  }
  const docker = await swarmPlace(config, yes ?? false);
  if (!cluster) {
    say(...mustHaveDrivers(config, await driversOfSwarm(docker, config)));
  }
  await refuseForeignObjects(docker, config, stack);
  refuseFormerPasswords(stack, config, await passwordsOnSwarm(docker, name, config));
  remember(stack, settings);
  await encryptWhereCarried(docker, stack, config);
  if (databaseIsNew(config) && (await knowsInstallation(docker, name))) {
    remember(stack, installed);
  }
  await imagesOnSwarm(stack, config, buildImages ?? false);
  const current = stackConfiguration(stack) as SwarmStackConfig;
  await trySharedDirectories(current);
  if (engine.name === "pulumi") {
    await refuseUnknownToState(stack, engine, () => runningOnSwarm(docker, name));
  }
  let declared = new Set<string>();
  const deploy = async (wished: SwarmStackConfig) => {
    if (engine.name === "pulumi") {
      await deployWithPulumi(stack, engine, stateOnSwarm(docker, name), (signal) =>
        watchForRefusedTasks(docker, name, signal),
      );
    } else {
      const { files, location } = await renderStack(wished, stack, renderedDirectory(stack));
      declared = new Set(files.map((file) => `${name}_${path.basename(file.path)}`));
      rememberDeployment(stack, { engine: "rendered" });
      await step(`Deploy stack ${stack} to ${docker.host}`, () => deployCompose(docker, wished, name, location));
    }
  };
  const before = await updateStates(docker, name);
  await deploy(current);
  const hosts = await nodeAddresses(docker);
  const deadline = Date.now() + timeout * 1000;
  const answered = await step("Wait until everything answers", (report) =>
    explained(stack, async () => {
      await updatesComplete(docker, name, before, deadline, report);
      await servicesRunning(docker, name, deadline, report);
      const addresses = [];
      for (const address of publishedAddresses(current)) {
        addresses.push({ ...address, host: await answering(address, hosts, deadline, report) });
      }
      return addresses;
    }),
  );
  if (engine.name === "rendered") {
    await pruneVersions(docker, name, declared, current.secrets.keepVersions);
  }
  if (databaseIsNew(current)) {
    say("The database is made. From now on the stack says so, and a source without data refuses to start:");
    remember(stack, installed);
    await deploy(stackConfiguration(stack) as SwarmStackConfig);
  }
  const standIns = standInsOf(stack, current);
  const reachable = await canBeHad(docker, standIns);
  const login = await shown(() => swarmInboxLogin(docker, name));
  say(...swarmSummary(stack, current, answered, login), ...standInLines(stack, standIns, reachable));
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

/** Reads a login where a person alone sees it: what is no terminal may be a log that is kept. */
async function shown(read: () => Promise<InboxLogin | undefined>): Promise<InboxLogin | undefined> {
  return process.stdout.isTTY ? read() : undefined;
}

async function deployWithPulumi(
  stack: string,
  engine: PulumiEngine,
  platform: StateOnPlatform,
  watch?: Watch,
): Promise<void> {
  say(inWords(await pulumiUp(stack, engine, platform, watch)));
}

/** Says of a stack that does not come up how to learn more. */
async function explained<Value>(stack: string, wait: () => Promise<Value>): Promise<Value> {
  try {
    return await wait();
  } catch (error) {
    if (error instanceof UserError) {
      error.message += `\nWhy, in words: npm run ops -- diagnose --stack ${stack}. Once it is mended, npm start goes on from here.`;
    }
    throw error;
  }
}

/** What the command line says about this machine: where the stack goes. */
async function machineSettings({ context, host, kubeconfig, stack }: StartOptions): Promise<RawConfig> {
  const raw = readRawStackFile(projectDirectory, stack);
  if (raw["platform"] === "kubernetes") {
    const cluster = {
      ...(context ? { context } : {}),
      ...(kubeconfig ? { kubeconfig: path.resolve(kubeconfig) } : {}),
    };
    return Object.keys(cluster).length > 0 ? { kubernetes: cluster } : {};
  }
  const swarm = raw["swarm"] as { host?: unknown; nodes?: unknown } | null | undefined;
  const docker = host ?? ((swarm?.host ?? swarm?.nodes) ? undefined : await currentDockerHost());
  return docker && docker !== defaultDockerHost ? { swarm: { host: docker } } : {};
}

function remember(stack: string, settings: RawConfig): void {
  if (Object.keys(settings).length > 0) {
    writeMachineSettings(projectDirectory, stack, settings);
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0)) {
    throw new InvalidArgumentError("It must be a number of seconds above 0.");
  }
  return value;
}

function engineName(text: string): EngineName {
  if (text === "pulumi" || text === "rendered") {
    return text;
  }
  throw new InvalidArgumentError("It must be pulumi or rendered.");
}

void runCommand("npm start", command);
