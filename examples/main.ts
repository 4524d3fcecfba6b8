import * as path from "node:path";
import { RunError } from "@pulumi/pulumi";
import { Command, InvalidArgumentError, Option } from "commander";
import { contextNames } from "../config/kubernetes/kubernetes-context";
import { mergeConfig, readMachineSettings, writeMachineSettings } from "../config/files/machine";
import { ownerOf } from "../config/owner";
import { UserError } from "../errors";
import { renderProgram } from "../render/stack";
import { runCommand } from "../terminal/command";
import { lockStack } from "../home/deployment-lock";
import { rememberDeployment, type EngineName } from "../home/deployments";
import { chooseEngine, engineThatDeployed, type Engine } from "../deploy/engine";
import { exampleConfig, exampleImages, exampleProgram, exampleProject, type ExampleProject } from "./example-project";
import { imagesOnCluster } from "../deploy/images/kubernetes";
import { interruption } from "../terminal/interruption";
import { KubernetesCluster } from "../engines/kubernetes-cluster";
import { watchForMissingImages } from "../deploy/images/missing";
import { say, step } from "../terminal/progress";
import { projectDirectory, renderedDirectory } from "../home/project";
import { inWords, pulumiDestroy, pulumiUp } from "../deploy/pulumi/deployment";
import { applyManifests, deleteData, deleteOwned, refuseDataOfOthers } from "../deploy/rendered/kubernetes";
import { rolledOut } from "../deploy/wait/kubernetes-rollout";
import { stateOnCluster } from "../deploy/pulumi/state-on-platform";

interface ExampleOptions {
  context?: string;
  kubeconfig?: string;
  set: Record<string, string>;
  engine?: EngineName;
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
  .addOption(new Option("--engine <name>", "what deploys it, as with npm start").choices(["pulumi", "rendered"]))
  .option("--destroy", "remove it, with its namespace")
  .action(run);

async function run(name: string, options: ExampleOptions): Promise<void> {
  const deployment = prepared(name, options);
  interruption.listen();
  lockStack(deployment.stack);
  const { example, stack } = deployment;
  const engine = options.destroy
    ? await engineThatDeployed(stack, "kubernetes", commandsOf(example))
    : await chooseEngine(stack, "kubernetes", options.engine, commandsOf(example));
  await deployment.cluster.mustAnswer();
  await (options.destroy ? destroy(deployment, engine) : deploy(await withImages(deployment), engine));
}

/** The deployment with images that the cluster's nodes can have, as `npm start` sees to it. */
async function withImages(deployment: Deployment): Promise<Deployment> {
  const { cluster, example, settings, stack } = deployment;
  const found = await imagesOnCluster(cluster, stack, exampleImages(example, settings), true, (images) => images);
  return { ...deployment, settings: mergeConfig(settings, found) as Record<string, string> };
}

function machineSettings(stack: string): Record<string, string> {
  return readMachineSettings(projectDirectory, stack) as Record<string, string>;
}

function prepared(name: string, { context, kubeconfig, set }: ExampleOptions): Deployment {
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
    const contexts = contextNames(settings["kubeconfig"]);
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

async function deploy({ cluster, example, owner, settings, stack }: Deployment, engine: Engine): Promise<void> {
  if (engine.name === "pulumi") {
    const program = { directory: example.directory, config: exampleConfig(example, settings) };
    const watch = (signal: AbortSignal) => watchForMissingImages(cluster, exampleImages(example, settings), signal);
    say(inWords(await pulumiUp(stack, engine, stateOnCluster(cluster, owner), watch, program)));
  } else {
    const program = exampleProgram(example, stack, settings);
    const { location, manifests } = await told(() => renderProgram(program, renderedDirectory(stack)));
    rememberDeployment(stack, { engine: "rendered" });
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

async function destroy({ cluster, example, owner, settings, stack }: Deployment, engine: Engine): Promise<void> {
  await refuseDataOfOthers(cluster, owner);
  const program = { directory: example.directory, config: exampleConfig(example, settings) };
  const removed =
    engine.name === "pulumi" && (await pulumiDestroy(stack, engine, stateOnCluster(cluster, owner), program));
  if (!removed) {
    await step(`Delete ${example.name} from ${cluster.address.context}`, (report) =>
      deleteOwned(cluster, owner, report),
    );
  }
  await step(`Delete namespace ${cluster.namespace}`, (report) => deleteData(cluster, owner, report));
  rememberDeployment(stack, undefined);
  say(`Example ${example.name} is gone.`);
}

function commandsOf({ directory, name }: ExampleProject): { deploy: string; destroy: string; directory: string } {
  const deployCommand = `npm run example -- ${name}`;
  return { deploy: deployCommand, destroy: `${deployCommand} --destroy`, directory };
}

/** A setting that is missing is told by the SDK's own error, which the Pulumi engine shows without a stack trace. */
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
