import * as path from "node:path";
import type { SwarmStackConfig } from "../../config/schema";
import { UserError, CommandError } from "../../errors";
import { composeFileName } from "../../render/compose";
import type { DockerEngine } from "../../engines/docker-engine";
import { interruption } from "../../terminal/interruption";
import { owned, refuseForeignOnSwarm, swarmObjects, type SwarmObject } from "../before/swarm-ownership";
import { updateOneAfterAnother } from "./one-after-another";
import { otherPasswords } from "./other-passwords";
import { succeeds } from "../../engines/process";
import type { Report } from "../../terminal/progress";

/** A task may use its whole grace period to stop. */
const removalLimitSeconds = 180;
/** Networks can be removed once the last container has left them. */
const retrySeconds = 5;

/**
 * Deploys a rendered stack, and removes the services that an earlier program had and this one has not.
 *
 * @param deadline when to give up what is updated one after the other, as `Date.now()` tells the time
 */
export async function deployCompose(
  engine: DockerEngine,
  config: SwarmStackConfig,
  name: string,
  directory: string,
  deadline: number,
  report: Report,
): Promise<void> {
  const file = path.join(directory, composeFileName);
  try {
    const parts = composeDeployment(config, name, "-", { whole: false });
    await updateOneAfterAnother(engine, name, parts, { file, directory }, deadline, report);
    await engine.docker(composeDeployment(config, name, file), { timeout: 180 });
  } catch (error) {
    if (error instanceof CommandError && /only updates to Labels are allowed/i.test(error.output)) {
      throw otherPasswords(`as ${name} on ${engine.host}`, directory);
    }
    throw error;
  }
}

/**
 * The arguments of docker that deploy a compose file.
 *
 * @param whole whether services that are not in it are to go. Default true
 */
export function composeDeployment(
  { swarm }: SwarmStackConfig,
  name: string,
  file: string,
  { whole = true }: { whole?: boolean } = {},
): string[] {
  // One node has the images already, under the names of the stack file. Several agree on a digest.
  const resolution = swarm.singleNode ? "never" : "changed";
  const logins = swarm.registryAuth ? ["--with-registry-auth"] : [];
  const prune = whole ? ["--prune"] : [];
  return ["stack", "deploy", ...prune, "--resolve-image", resolution, ...logins, "--compose-file", file, name];
}

/**
 * Removes everything that a stack owns but its volumes, and waits until it has gone. Removes nothing where nothing is there.
 *
 * @throws UserError where something else says that it is of the stack, which `docker stack rm` would remove
 */
export async function removeStack(engine: DockerEngine, name: string, report: Report): Promise<void> {
  await refuseForeignOnSwarm(engine, name, []);
  const deadline = Date.now() + removalLimitSeconds * 1000;
  let nextTry = 0;
  for (;;) {
    interruption.throwIfInterrupted();
    const left: Partial<Record<SwarmObject, string[]>> = {};
    for (const kind of swarmObjects) {
      const names = await owned(engine, kind, name);
      if (names.length > 0) {
        left[kind] = names;
      }
    }
    const told = Object.entries(left).map(([kind, names]) => `${kind} ${names.join(", ")}`);
    if (told.length === 0) {
      return;
    }
    if (Date.now() > deadline) {
      throw UserError.fromMistakes(
        `Not everything of stack ${name} went away in ${removalLimitSeconds} s. Run this again, or look at:`,
        told,
      );
    }
    report(told.join("; "));
    if (Date.now() >= nextTry && (left.service ?? left.network ?? left.secret ?? left.config)) {
      nextTry = Date.now() + retrySeconds * 1000;
      // It fails for a network that is still in use, and for one that has just gone: what counts is what is left.
      await succeeds("docker", ["--host", engine.host, "stack", "rm", name], { timeout: 120, env: engine.environment });
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Removes the stack's volumes, and with them its data, from this engine. */
export async function removeVolumes(engine: DockerEngine, name: string): Promise<string[]> {
  const volumes = await owned(engine, "volume", name);
  if (volumes.length > 0) {
    await engine.docker(["volume", "rm", "--force", ...volumes]);
  }
  return volumes;
}
