import * as fs from "node:fs";
import * as path from "node:path";
import type { JobSecret, SwarmContainer, SwarmJob } from "../../components/app";
import { removeOwned } from "../../deploy/before/swarm-ownership";
import type { DockerEngine } from "../../engines/docker-engine";
import { inspected } from "../../engines/swarm-objects";
import { CommandError, UserError } from "../../errors";
import type { SwarmStack } from "../../home/stack";
import { objectName, ownedLabels } from "../../platforms/swarm/stack";

/** The job is one login. */
const limitSeconds = 120;

/**
 * Ends a former password by a job in the swarm, which logs in with present ones.
 *
 * @throws UserError in the job's own words
 */
export async function runJob(
  { config, engine, swarmName }: SwarmStack,
  {
    arguments: told = [],
    data,
    image,
    interpreter: [program, option] = ["bash", "-c"],
    name: what,
    network = "backend",
    placement,
    script,
    secrets,
    user,
    variables,
  }: SwarmJob,
): Promise<void> {
  const stack = { name: swarmName };
  const job = objectName(stack, `discard-${what}`);
  const files = await secretFiles(engine, stack, secrets);
  // What a run that was killed has left.
  await removeOwned(engine, swarmName, "service", job);
  try {
    await engine.docker(
      [
        "service",
        "create",
        "--quiet",
        "--no-resolve-image",
        // The node that takes it may not have the image yet.
        ...(config.swarm.registryAuth ? ["--with-registry-auth"] : []),
        ...["--name", job],
        ...Object.entries(ownedLabels(stack)).flatMap(([label, value]) => [
          ...["--label", `${label}=${value}`],
          ...["--container-label", `${label}=${value}`],
        ]),
        ...["--mode", "replicated-job", "--restart-condition", "on-failure", "--restart-max-attempts", "5"],
        ...["--network", objectName(stack, network)],
        ...files.flatMap(({ file, secret }) => [
          "--secret",
          `source=${secret},target=${file},uid=${user},gid=${user},mode=0400`,
        ]),
        ...["--user", `${user}:${user}`, "--read-only", "--cap-drop", "ALL"],
        ...["--mount", "type=tmpfs,target=/tmp,tmpfs-size=1048576"],
        ...["--mount", `type=tmpfs,target=${data},tmpfs-size=1048576`],
        ...["--limit-memory", "128m"],
        ...Object.entries(variables).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
        ...placement.flatMap((constraint) => ["--constraint", constraint]),
        ...["--entrypoint", program],
        image,
        option,
        fs.readFileSync(script, "utf8"),
        path.basename(script),
        ...told,
      ],
      { timeout: limitSeconds },
    );
  } catch (error) {
    throw error instanceof CommandError ? await jobFailure(engine, what, job, error) : error;
  } finally {
    await removeOwned(engine, swarmName, "service", job).catch(() => undefined);
    await removeContainers(engine, job).catch(() => undefined);
  }
}

/**
 * The secrets of a job, as deployed services have them.
 *
 * @throws UserError where none of them has one
 */
async function secretFiles(
  engine: DockerEngine,
  stack: { name: string },
  secrets: readonly JobSecret[],
): Promise<{ secret: string; file: string }[]> {
  const names = [...new Set(secrets.flatMap(({ services }) => services))].map((name) => objectName(stack, name));
  const services = await inspected<{ Spec: { Name: string; TaskTemplate: { ContainerSpec?: SwarmContainer } } }>(
    engine,
    "service",
    names,
  );
  return secrets.map(({ as, file, services: holders }) => {
    const own = holders.map((name) => objectName(stack, name));
    const found = services
      .filter(({ Spec }) => own.includes(Spec.Name))
      .flatMap(({ Spec }) => Spec.TaskTemplate.ContainerSpec?.Secrets ?? [])
      .find(({ File }) => File?.Name.endsWith(file));
    if (!found) {
      throw new UserError(`Service ${own.join(" or ")} has no password: deploy the stack with npm start first`);
    }
    return { secret: found.SecretName, file: as ?? file };
  });
}

/** Removes what a job leaves on this node: the engine keeps the container of a task that is complete when its service goes. */
async function removeContainers(engine: DockerEngine, job: string): Promise<void> {
  const ofJob = `label=com.docker.swarm.service.name=${job}`;
  const { stdout } = await engine.docker(["ps", "--all", "--quiet", "--filter", ofJob, "--filter", "status=exited"]);
  const left = stdout.split("\n").filter((id) => id !== "");
  if (left.length > 0) {
    await engine.docker(["rm", ...left]);
  }
}

/** Why a job did not succeed, in its own words: docker has none but the script itself. */
async function jobFailure(engine: DockerEngine, what: string, job: string, error: CommandError): Promise<UserError> {
  const { stderr, stdout } = await engine
    .docker(["service", "logs", "--raw", job])
    .catch(() => ({ stdout: "", stderr: "" }));
  const said = (stdout + stderr).trim().split("\n").at(-1) ?? "";
  const ended = error.status === undefined ? `not within ${limitSeconds} s` : error.output.trim();
  return new UserError(`The former password of ${what} was not ended: ${said === "" ? ended : said}`);
}
