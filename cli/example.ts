import * as path from "node:path";
import { RunError } from "@pulumi/pulumi";
import { Command, InvalidArgumentError } from "commander";
import { mergeConfig, readMachineSettings, writeMachineSettings } from "../config/machine";
import { ownerOf } from "../config/owner";
import { UserError } from "../errors";
import { renderProgram } from "../render/stack";
import { runCommand } from "./command";
import { lockStack } from "./deployment-lock";
import { deployedBy, rememberDeployment } from "./deployments";
import { chooseEngine } from "./engine";
import { exampleConfig, exampleImages, exampleProgram, exampleProject, type ExampleProject } from "./example-project";
import { imagesOnCluster } from "./images";
import { interruption } from "./interruption";
import { contextNames, KubernetesCluster } from "./kubernetes-cluster";
import { watchForMissingImages } from "./missing-images";
import { say, step } from "./progress";
import { projectDirectory, renderedDirectory } from "./project";
import { inWords, pulumiDestroy, pulumiUp } from "./pulumi-deployment";
import { applyManifests, deleteData, deleteOwned, refuseDataOfOthers } from "./rendered-kubernetes";
import { rolledOut } from "./rollout";
import { stateOnCluster } from "./state-on-platform";

interface ExampleOptions {
  context?: string;
  kubeconfig?: string;
  set: Record<string, string>;
  destroy?: boolean;
}

/** An example and where it goes. */
interface Deployment {
  example: ExampleProject;
  /** Name of its stack, also among what this machine keeps. */
  stack: string;
  /** What the labels of its objects say; see `ownerOf`. */
  owner: string;
  settings: Record<string, string>;
  cluster: KubernetesCluster;
}

const limitSeconds = 5 * 60;

/** `npm run example -- NAME`: one example, deployed on its own. */
const command = new Command("npm run example --")
  .description("Deploys an example to a Kubernetes cluster, into a namespace of its own, and waits until it is ready.")
  .argument("<name>", "folder below examples/")
  .option("--context <name>", "context to deploy to; remembered for this machine")
  .option("--kubeconfig <file>", "kubeconfig with the context; remembered for this machine")
  .option("--set <key=value>", "a setting of the example, as in its Pulumi.yaml; remembered, too", setting, {})
  .option("--destroy", "remove it, with its namespace")
  .action(run);

async function run(name: string, options: ExampleOptions): Promise<void> {
  const deployment = await prepared(name, options);
  interruption.listen();
  lockStack(deployment.stack);
  await deployment.cluster.mustAnswer();
  await (options.destroy ? destroy(deployment) : deploy(await withImages(deployment)));
}

/** The deployment with images that the cluster's nodes can have, as `npm start` sees to it. */
async function withImages(deployment: Deployment): Promise<Deployment> {
  const { cluster, example, settings, stack } = deployment;
  const changed = await imagesOnCluster(cluster, stack, exampleImages(example, settings), (images) => images);
  return changed ? { ...deployment, settings: machineSettings(stack) } : deployment;
}

function machineSettings(stack: string): Record<string, string> {
  return readMachineSettings(projectDirectory, stack) as Record<string, string>;
}

async function prepared(name: string, { context, kubeconfig, set }: ExampleOptions): Promise<Deployment> {
  const example = exampleProject(name);
  const stack = `example-${name}`;
  const given = {
    ...set,
    ...(context ? { context } : {}),
    ...(kubeconfig ? { kubeconfig: path.resolve(kubeconfig) } : {}),
  };
  const settings = mergeConfig(machineSettings(stack), given) as Record<string, string>;
  exampleConfig(example, settings);
  if (!settings["context"]) {
    const contexts = await contextNames(settings["kubeconfig"]);
    throw new UserError(
      `Nobody has said on which cluster. Contexts here: ${contexts.join(", ") || "none"}\nSay it once: npm run example -- ${name} --context NAME`,
    );
  }
  if (Object.keys(given).length > 0) {
    writeMachineSettings(projectDirectory, stack, given);
  }
  const address = { context: settings["context"], kubeconfig: settings["kubeconfig"] };
  return {
    example,
    stack,
    owner: ownerOf(name, stack),
    settings,
    cluster: new KubernetesCluster(address, settings["namespace"] ?? name),
  };
}

async function deploy({ cluster, example, owner, settings, stack }: Deployment): Promise<void> {
  const engine = await chooseEngine(stack, "kubernetes", undefined, commandsOf(example));
  if (engine.name === "pulumi") {
    const program = { directory: example.directory, config: exampleConfig(example, settings) };
    const watch = (signal: AbortSignal) => watchForMissingImages(cluster, exampleImages(example, settings), signal);
    say(inWords(await pulumiUp(stack, engine.cli, stateOnCluster(cluster, owner), watch, program)));
  } else {
    const program = exampleProgram(example, stack, settings);
    const { location, manifests } = await told(() => renderProgram(program, renderedDirectory(stack)));
    rememberDeployment(stack, "rendered");
    await step(`Apply ${example.name} to ${cluster.address.context}`, (report) =>
      applyManifests(cluster, owner, manifests, location, report),
    );
  }
  const deadline = Date.now() + limitSeconds * 1000;
  await step("Wait until everything is ready", (report) => rolledOut(cluster, deadline, report));
  say(
    `Example ${example.name} is up in namespace ${cluster.namespace}.`,
    `  ${cluster.commandLine("get", "all")}`,
    `  ${commandsOf(example).destroy}   removes it`,
  );
}

async function destroy({ cluster, example, owner, settings, stack }: Deployment): Promise<void> {
  await refuseDataOfOthers(cluster, owner);
  if (deployedBy(stack) === "pulumi") {
    const engine = await chooseEngine(stack, "kubernetes", undefined, commandsOf(example));
    if (engine.name === "pulumi") {
      const program = { directory: example.directory, config: exampleConfig(example, settings) };
      await pulumiDestroy(stack, engine.cli, stateOnCluster(cluster, owner), program);
    }
  } else {
    await step(`Delete ${example.name} from ${cluster.address.context}`, (report) =>
      deleteOwned(cluster, owner, report),
    );
  }
  await step(`Delete namespace ${cluster.namespace}`, (report) => deleteData(cluster, owner, report));
  rememberDeployment(stack, undefined);
  say(`Example ${example.name} is gone.`);
}

function commandsOf({ name }: ExampleProject): { deploy: string; destroy: string } {
  const deployCommand = `npm run example -- ${name}`;
  return { deploy: deployCommand, destroy: `${deployCommand} --destroy` };
}

/** A program tells the person's mistakes in the form that the Pulumi engine shows without a stack trace. */
async function told<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw RunError.isInstance(error) ? new UserError(error.message) : error;
  }
}

function setting(text: string, earlier: Record<string, string>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) {
    throw new InvalidArgumentError("It must be KEY=VALUE.");
  }
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}

void runCommand("npm run example", command);
