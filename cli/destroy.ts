import * as fs from "node:fs";
import { Command } from "commander";
import { mustHaveQuorum } from "../cluster/quorum-check";
import { ownerOf } from "../config/owner";
import type { KubernetesStackConfig, SwarmStackConfig } from "../config/schema";
import { configNamespace } from "../config/namespaces";
import { UserError } from "../errors";
import { ownedBy } from "../platforms/kubernetes/ownership";
import { ownerLabel, swarmStackName } from "../platforms/swarm/stack";
import { runCommand } from "./command";
import { confirmed, isInteractive } from "./confirm";
import { lockStack } from "./deployment-lock";
import { deployedBy, rememberDeployment } from "./deployments";
import { DockerEngine, engineTrouble, mayBeManager } from "./docker-engine";
import { chooseEngine } from "./engine";
import { interruption } from "./interruption";
import { KubernetesCluster, missingContext } from "./kubernetes-cluster";
import { owned, refuseForeignOnSwarm } from "./ownership-swarm";
import { say, step } from "./progress";
import { renderedDirectory } from "./project";
import { pulumiDestroy } from "./pulumi-deployment";
import type { StateOnPlatform } from "./pulumi-repair";
import { deleteData, deleteOwned, refuseDataOfOthers } from "./rendered-kubernetes";
import { removeStack, removeVolumes } from "./rendered-swarm";
import { stateOnCluster, stateOnSwarm } from "./state-on-platform";
import { stackConfiguration, unknownContext } from "./stack-configuration";
import { forgetInstallation } from "./swarm-installation";
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
  refuseDataLoss(options, config.retainData);
  if (data && !yes && isInteractive()) {
    const sites = Object.keys(config.sites).join(", ");
    if (!(await confirmed(`Remove stack ${stack} with the databases, content and mail of: ${sites}?`, "no"))) {
      throw new UserError("Nothing was removed.");
    }
  }
  if (config.platform === "kubernetes") {
    await destroyOnKubernetes(config, options);
  } else {
    await destroyOnSwarm(config, options);
  }
  rememberDeployment(stack, undefined);
  if (data) {
    forgetInstallation(stack, config);
    // Passwords of a database that is no more.
    fs.rmSync(renderedDirectory(stack), { recursive: true, force: true });
  }
}

/** Pulumi deletes the volumes of a stack that does not retain them, and data goes only when the person says so. */
function refuseDataLoss({ data, stack }: DestroyOptions, retainData: boolean): void {
  if (!data && !retainData && deployedBy(stack) === "pulumi") {
    throw new UserError(
      `Stack ${stack} has retainData: false, so Pulumi removes its databases, content and mail with it. Say so: npm run destroy -- --stack ${stack} --data. Or keep them: set retainData to true, run npm start -- --stack ${stack}, then this again`,
    );
  }
}

async function destroyOnKubernetes(config: KubernetesStackConfig, { data, stack }: DestroyOptions): Promise<void> {
  if (config.kubernetes.context === unknownContext) {
    throw await missingContext(stack, config.kubernetes.kubeconfig);
  }
  const cluster = new KubernetesCluster(config.kubernetes, config.kubernetes.namespace);
  await cluster.mustAnswer();
  const owner = ownerOf(configNamespace, stack);
  if (data) {
    await refuseDataOfOthers(cluster, owner);
  }
  const removed = await removedByPulumi(stack, "kubernetes", stateOnCluster(cluster, owner));
  if (!removed) {
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

async function destroyOnSwarm(config: SwarmStackConfig, { data, stack }: DestroyOptions): Promise<void> {
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
  const name = swarmStackName(stack);
  if (swarm.isManager) {
    await refuseForeignOnSwarm(engine, name, []);
  }
  await removedByPulumi(stack, "swarm", stateOnSwarm(engine, name));
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

/** Destroys a stack that Pulumi has deployed. Returns whether it had. */
async function removedByPulumi(
  stack: string,
  platform: "kubernetes" | "swarm",
  state: StateOnPlatform,
): Promise<boolean> {
  if (deployedBy(stack) !== "pulumi") {
    return false;
  }
  const engine = await chooseEngine(stack, platform, undefined);
  if (engine.name !== "pulumi") {
    throw new Error("a stack that Pulumi deployed was handed to another engine");
  }
  await pulumiDestroy(stack, engine.cli, state);
  return true;
}

void runCommand("npm run destroy", command);
