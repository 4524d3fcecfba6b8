import * as path from "node:path";
import { Command } from "commander";
import { shopDockerfiles, type ShopImage } from "../../components/shop/settings";
import { defaultImages } from "../../config/images";
import { registryOf } from "../../stacks/images";
import { defaultDockerHost } from "../../config/swarm/swarm-nodes";
import { UserError, CommandError } from "../../errors";
import { runCommand } from "../../terminal/command";
import { currentDockerHost, DockerEngine, engineTrouble } from "../../engines/docker-engine";
import { EnginePuller } from "../../deploy/images/pull";
import { projectDirectory } from "../../home/project";
import { interruption } from "../../terminal/interruption";
import { say, step, type Report } from "../../terminal/progress";
import { buildFromDockerfile, missingBases } from "../../deploy/images/dockerfile";

const program = new Command("npm run shop --")
  .description("The images of the example shop's own services, from the Dockerfiles in examples/shop.")
  .exitOverride();

program
  .command("build")
  .description("build the four images; with --registry under names there, to be pushed for a swarm of several nodes")
  .option("--host <address>", "Docker Engine that builds. Default: DOCKER_HOST, or the docker command's own")
  .option("--registry <prefix>", "what the names begin with, for example registry.example.com/shop")
  .option("--push", "push them to that registry")
  .action(async ({ host, push, registry }: { host?: string; push?: boolean; registry?: string }) => {
    interruption.listen();
    if (push && registry === undefined) {
      throw new UserError("--push needs --registry: the names that the images have otherwise are no registry's");
    }
    const engine = new DockerEngine(host ?? (await currentDockerHost()) ?? defaultDockerHost);
    const trouble = await engine.trouble();
    if (trouble) {
      throw engineTrouble(engine, trouble);
    }
    const names = Object.keys(shopDockerfiles) as ShopImage[];
    const missing = await step("Get the images that the Dockerfiles begin with", (report) =>
      allMissingBases(engine, names, report),
    );
    if (missing.length > 0) {
      throw UserError.fromMistakes(
        "The Dockerfiles begin with images that the engine has not and cannot get. See whether it reaches their registry (network, proxy, VPN of its machine). Where there is none, npm run sandbox -- images build makes the shop's images from package registries:",
        missing,
      );
    }
    for (const name of names) {
      const reference = referenceOf(name, registry);
      await step(`Build ${reference}`, (report) => buildFromDockerfile(engine, folderOf(name), reference, report));
      if (push) {
        await step(`Push ${reference}`, (report) => pushImage(engine, reference, report));
      }
    }
    if (registry !== undefined) {
      say("In the stack file:", "  ghost-platform:images:");
      say(...names.map((name) => `    ${name}: ${referenceOf(name, registry)}`));
      say("Where nodes have to log in to pull them, also:", "  ghost-platform:swarm:", "    registryAuth: true");
    }
  });

async function allMissingBases(engine: DockerEngine, names: readonly ShopImage[], report: Report): Promise<string[]> {
  const puller = new EnginePuller(engine);
  const missing = new Set<string>();
  for (const name of names) {
    (await missingBases(engine, puller, folderOf(name), report)).forEach((base) => missing.add(base));
  }
  return [...missing];
}

/** @throws UserError where the registry takes it from nobody, or not from us */
async function pushImage(engine: DockerEngine, reference: string, report: Report): Promise<void> {
  try {
    await engine.docker(["push", reference], { timeout: 30 * 60, onLine: report });
  } catch (error) {
    if (error instanceof CommandError && /no basic auth|denied|unauthorized/i.test(error.output)) {
      const said = error.output.trim().split("\n").at(-1) ?? "";
      throw new UserError(
        `${reference} was not taken ("${said}"). Log in as somebody who may push there: docker login ${registryOf(reference)}`,
      );
    }
    throw error;
  }
}

function folderOf(name: ShopImage): string {
  return path.join(projectDirectory, shopDockerfiles[name]);
}

/** The name of an image: as the shop has it by default, or the same behind a registry's prefix. */
function referenceOf(name: ShopImage, registry: string | undefined): string {
  const own = defaultImages[name];
  return registry === undefined ? own : `${registry.replace(/\/$/, "")}/${own.slice(own.indexOf("/") + 1)}`;
}

void runCommand("npm run shop", program);
