import { Command } from "commander";
import { mustHaveQuorum } from "../machines/quorum-check";
import { unknownContext } from "../config/kubernetes-context";
import { ownerOf } from "../config/owner";
import type { KubernetesStackConfig, SwarmStackConfig } from "../config/schema";
import { configNamespace } from "../config/namespaces";
import { UserError } from "../errors";
import { removePath } from "../files/files";
import { ownedBy } from "../platforms/kubernetes/ownership";
import { ownerLabel, swarmStackName } from "../platforms/swarm/stack";
import { runCommand } from "../terminal/command";
import { confirmed, isInteractive } from "../terminal/confirm";
import { lockStack } from "../home/deployment-lock";
import { rememberDeployment } from "../home/deployments";
import { DockerEngine, engineTrouble, mayBeManager } from "../engines/docker-engine";
import { engineThatDeployed, type Engine } from "./engine";
import { interruption } from "../terminal/interruption";
import { KubernetesCluster, missingContext } from "../engines/kubernetes-cluster";
import { owned, refuseForeignOnSwarm } from "./before/swarm-ownership";
import { say, step } from "../terminal/progress";
import { renderedDirectory } from "../home/project";
import { pulumiDestroy } from "./pulumi/deployment";
import type { StateOnPlatform } from "./pulumi/repair";
import { deleteData, deleteOwned, refuseDataOfOthers } from "./rendered/kubernetes";
import { removeStack, removeVolumes } from "./rendered/swarm";
import { stateOnCluster, stateOnSwarm } from "./pulumi/state-on-platform";
import { stackConfiguration } from "../home/stack-configuration";
import { runningOnCluster } from "./pulumi/unknown-to-state";
import { forgetInstallation } from "./before/swarm-installation";
import { forgetWithoutQuorum } from "./without-quorum";

interface DestroyOptions {
  stack: string;
  data?: boolean;
  yes?: boolean;
  withoutQuorum?: boolean;
}

/** `npm run destroy`: takes away what `npm start` has made. */
const command = new Command("npm run destroy --")
  .description("Removes what `npm start` made of a stack. Databases, content and mail stay, unless --data is given.")
  .option("--stack <name>", "the stack", "swarm")
  .option("--data", "remove databases, content and mail too: they cannot be brought back")
  .option("--yes", "do not ask before removing data")
  .option(
    "--without-quorum",
    "Swarm: where fewer than half of the managers answer, and nothing can be removed, forget the stack on this machine",
  )
  .action(destroy);

async function destroy(options: DestroyOptions): Promise<void> {
  const { data, stack, withoutQuorum, yes } = options;
  const config = stackConfiguration(stack);
  interruption.listen();
  lockStack(stack);
  if (withoutQuorum && config.platform === "swarm") {
    if (await forgetWithoutQuorum(stack, config, { data: data ?? false, yes: yes ?? false })) {
      return;
    }
  }
  const engine = await engineThatDeployed(stack, config.platform);
  refuseDataLoss(options, config.retainData, engine);
  if (data && !yes && isInteractive()) {
    const sites = Object.keys(config.sites).join(", ");
    if (!(await confirmed(`Remove stack ${stack} with the databases, content and mail of: ${sites}?`, "no"))) {
      throw new UserError("Nothing was removed.");
    }
  }
  if (config.platform === "kubernetes") {
    await destroyOnKubernetes(config, options, engine);
  } else {
    await destroyOnSwarm(config, options, engine);
  }
  rememberDeployment(stack, undefined);
  if (data) {
    forgetInstallation(stack, config);
    // Passwords of a database that is no more.
    removePath(renderedDirectory(stack));
  }
}

/** Pulumi deletes the volumes of a stack that does not retain them, and data goes only when the person says so. */
function refuseDataLoss({ data, stack }: DestroyOptions, retainData: boolean, engine: Engine): void {
  if (!data && !retainData && engine.name === "pulumi") {
    throw new UserError(
      `Stack ${stack} has retainData: false, so Pulumi removes its databases, content and mail with it. Say so: npm run destroy -- --stack ${stack} --data. Or keep them: set retainData to true, run npm start -- --stack ${stack}, then this again`,
    );
  }
}

async function destroyOnKubernetes(
  config: KubernetesStackConfig,
  { data, stack }: DestroyOptions,
  engine: Engine,
): Promise<void> {
  if (config.kubernetes.context === unknownContext) {
    throw missingContext(stack, config.kubernetes.kubeconfig);
  }
  const cluster = new KubernetesCluster(config.kubernetes, config.kubernetes.namespace);
  await cluster.mustAnswer();
  const owner = ownerOf(configNamespace, stack);
  if (data) {
    await refuseDataOfOthers(cluster, owner);
  }
  if (await removedByPulumi(stack, engine, stateOnCluster(cluster, owner))) {
    await nothingRunsOn(cluster, owner, stack);
  } else {
    await step(`Delete stack ${stack} from ${cluster.address.context}`, (report) =>
      deleteOwned(cluster, owner, report),
    );
  }
  if (data) {
    await step(`Delete namespace ${cluster.namespace} and its data`, (report) => deleteData(cluster, owner, report));
    say(`Stack ${stack} is gone, with its data.`);
    return;
  }
  const owned = ["--selector", ownedBy(owner), "--output", "name"];
  const claims = await cluster.lines(["get", "persistentvolumeclaims", "--ignore-not-found", ...owned]);
  say(`Stack ${stack} is gone.`);
  if (claims.length > 0) {
    say(
      `Kept in namespace ${cluster.namespace}: ${claims.map((claim) => claim.replace(/^.*\//, "")).join(", ")}. npm start finds them again.`,
      `To remove them: npm run destroy -- --stack ${stack} --data`,
    );
  }
}

/** @throws UserError where workloads are left that the state did not name */
async function nothingRunsOn(cluster: KubernetesCluster, owner: string, stack: string): Promise<void> {
  const { names, place, removal } = await runningOnCluster(cluster, owner);
  if (names.length > 0) {
    throw UserError.fromMistakes(
      `Pulumi has destroyed what its state names of stack ${stack}. These still run in ${place}, and that state did not name them. To remove them, which keeps the data: ${removal}`,
      names,
    );
  }
}

async function destroyOnSwarm(
  config: SwarmStackConfig,
  { data, stack }: DestroyOptions,
  deployer: Engine,
): Promise<void> {
  const engine = new DockerEngine(config.swarm.host);
  const trouble = await engine.trouble();
  if (trouble) {
    throw engineTrouble(engine, trouble);
  }
  const swarm = await engine.swarmState();
  if (mayBeManager(swarm)) {
    const command = `npm run destroy -- --stack ${stack} --without-quorum`;
    await mustHaveQuorum(engine, swarm, { otherwise: `To forget the stack here and leave it there: ${command}` });
  }
  if (!swarm.isManager && swarm.state !== "inactive") {
    throw new UserError(
      `The Docker Engine at ${engine.host} is no manager of its swarm (state ${swarm.state}), and only managers know what of stack ${stack} runs. Name a manager as swarm.host. Nothing was changed`,
    );
  }
  const name = swarmStackName(stack);
  if (swarm.isManager) {
    await refuseForeignOnSwarm(engine, name, []);
  }
  await removedByPulumi(stack, deployer, stateOnSwarm(engine, name));
  await step(`Remove stack ${stack} from ${engine.host}`, async (report) => {
    if (swarm.isManager) {
      await removeStack(engine, name, report);
    }
  });
  if (data) {
    const volumes = await step(`Remove the data of stack ${stack}`, () => removeVolumes(engine, name));
    say(`Stack ${stack} is gone, with its data${volumes.length > 0 ? ` (${volumes.join(", ")})` : ""}.`);
    if (!config.swarm.singleNode) {
      say(`Volumes on other nodes stay there. On each: docker volume ls --filter label=${ownerLabel}=${name}`);
    }
  } else {
    const volumes = await owned(engine, "volume", name);
    say(`Stack ${stack} is gone.`);
    if (volumes.length > 0) {
      say(
        `Kept on ${engine.host}: ${volumes.join(", ")}. npm start finds them again.`,
        `To remove them: npm run destroy -- --stack ${stack} --data`,
      );
    }
  }
  say("The Docker Engine, its swarm mode and its images stay. To leave swarm mode: docker swarm leave --force");
}

/** Destroys a stack that Pulumi has deployed. Returns whether its state was there. */
async function removedByPulumi(stack: string, engine: Engine, platform: StateOnPlatform): Promise<boolean> {
  if (engine.name !== "pulumi") {
    return false;
  }
  const removed = await pulumiDestroy(stack, engine, platform);
  if (!removed) {
    say(`There is no Pulumi state of stack ${stack} any more, so this removes what its platform shows of it.`);
  }
  return removed;
}

void runCommand("npm run destroy", command);
