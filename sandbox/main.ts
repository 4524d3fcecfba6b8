import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "../terminal/command";
import { runningEngines, startEngines, stopEngines, type SandboxEngine } from "./engine";
import { buildImages, imageNames, loadIntoDocker, type ImageName } from "./images";
import { importImages, runningNode, startNode, stopNode, type KubernetesNode } from "./kubernetes";

/** Steps go to standard error, results to standard output: `eval "$(npm run --silent sandbox -- engine up)"` works. */
const tell = (line: string) => process.stderr.write(`${line}\n`);
const result = (line: string) => process.stdout.write(`${line}\n`);

const program = new Command("sandbox").description(
  "A real Kubernetes node and real Docker Engines on this machine, and images for where no image registry is reachable.",
);

const kubernetes = program.command("kubernetes").description("a Kubernetes 1.34 node of this machine");
kubernetes
  .command("up")
  .description("start it (the first time: build it, 5 to 16 minutes) and give it the images of a stack")
  .action(async () => {
    const node = await startNode(tell);
    await importImages(undefined, tell);
    showNode(node);
  });
kubernetes
  .command("down")
  .description("stop it, with everything that runs in it")
  .option("--data", "delete its objects, volumes and images too")
  .action((options: { data?: boolean }) => stopNode({ data: options.data ?? false }, tell));
kubernetes
  .command("status")
  .description("whether it runs, and how to reach it")
  .action(async () => {
    const node = await runningNode();
    if (node) {
      showNode(node);
    } else {
      tell("No node runs. Start it with: npm run sandbox -- kubernetes up");
      process.exitCode = 1;
    }
  });

const engine = program.command("engine").description("Docker Engines of their own on this machine");
engine
  .command("up")
  .description("start them, and give the first one the images of a stack")
  .argument("[count]", "how many, 1 to 9", engineNumber, 1)
  .action(async (count: number) => {
    const engines = await startEngines(count, tell);
    if (engines[0]) {
      await loadIntoDocker(engines[0].host, undefined, tell);
    }
    showEngines(engines);
  });
engine
  .command("down")
  .description("stop them, with their containers")
  .argument(
    "[numbers...]",
    "which, for example 2 3; all when none is given",
    (text: string, before: number[] | undefined) => [...(before ?? []), engineNumber(text)],
  )
  .option("--data", "delete their images, volumes and swarms too")
  .action((only: number[] | undefined, options: { data?: boolean }) =>
    stopEngines({ data: options.data ?? false, only }, tell),
  );
engine
  .command("status")
  .description("which run, and how to reach them")
  .action(async () => {
    const engines = await runningEngines();
    showEngines(engines);
    if (engines.length === 0) {
      tell("No engine runs. Start one with: npm run sandbox -- engine up");
      process.exitCode = 1;
    }
  });

const images = program.command("images").description("images built from package registries");
images
  .command("build")
  .description("build them into the cache, those that are not there yet")
  .argument(
    "[names...]",
    `of ${Object.keys(imageNames).join(", ")}; all when none is named`,
    (text: string, before: ImageName[] | undefined) => [...(before ?? []), imageName(text)],
  )
  .action(async (names: ImageName[] | undefined) => {
    const archives = await buildImages(names, tell);
    archives.forEach(({ archive, reference }) => result(`${reference} ${archive}`));
  });

function showNode(node: KubernetesNode): void {
  result(`export KUBECONFIG=${node.kubeconfig}`);
  tell(`# context ${node.context}; kubectl of the same version: ${node.kubectl}`);
}

function showEngines(engines: readonly SandboxEngine[]): void {
  engines.forEach(({ address, host }, index) => {
    result(`${index === 0 ? "" : "# "}export DOCKER_HOST=${host}`);
    tell(`# node${index + 1}: ports published in host mode answer on ${address}`);
  });
}

function engineNumber(text: string): number {
  if (!/^[1-9]$/.test(text)) {
    throw new InvalidArgumentError("It must be a number from 1 to 9.");
  }
  return Number(text);
}

function imageName(text: string): ImageName {
  if (text in imageNames) {
    return text as ImageName;
  }
  throw new InvalidArgumentError(
    `There is no image "${text}": it must be one of ${Object.keys(imageNames).join(", ")}.`,
  );
}

void runCommand("npm run sandbox", program);
