import * as fs from "node:fs";
import * as path from "node:path";
import type { DockerEngine } from "../../engines/docker-engine";
import { removeOwned } from "../../deploy/before/swarm-ownership";
import { secretIn, siteService } from "../../deploy/before/passwords-in-use";
import { CommandError, UserError } from "../../errors";
import type { MemberFiles } from "../../components/mysql/replication/credentials";
import type { memberUsers } from "../../components/mysql/replication/users";
import { operatorFile, serverLogin, urlFile, type ShopServerName } from "../../components/shop/settings";
import { shopPasswords, siteGenerations } from "../../config/generations";
import { objectName, ownedLabels } from "../../platforms/swarm/stack";
import type { SwarmStack } from "../../home/stack";

const components = path.join(__dirname, "..", "..", "components");

/** A user, the secret with its password, and the file that the job gets of it. */
interface Login {
  user: string;
  secret: string;
  file: string;
}

/** The job is one login. */
const limitSeconds = 120;

interface Service {
  Spec: {
    TaskTemplate: { ContainerSpec: { Env?: string[]; Secrets?: { SecretName: string; File?: { Name: string } }[] } };
  };
}

/** Ends the former password of a site's database user. */
export async function discardOnSwarm(stack: SwarmStack, site: string, user: string): Promise<void> {
  const app = siteService(stack.config, site);
  const { TaskTemplate } = await deployedService(stack, app);
  const secret = secretIn(TaskTemplate);
  const host = TaskTemplate.ContainerSpec.Env?.map(
    (line) => /^(?:WORDPRESS_DB_HOST|database__connection__host)=([^:]+)/.exec(line)?.[1],
  ).find((found) => found !== undefined);
  if (!secret || !host) {
    throw notDeployed(stack, app);
  }
  await discard(stack, site, host, [{ user, secret, file: "/run/secrets/password" }]);
}

/** Ends the former passwords of the users of a replicated set. */
export async function discardMembersOnSwarm(stack: SwarmStack): Promise<void> {
  const services = await Promise.all(["mysql", "mysql-replica"].map((name) => deployedService(stack, name)));
  const secrets = services.flatMap(({ TaskTemplate }) => TaskTemplate.ContainerSpec.Secrets ?? []);
  const logins = Object.entries(memberLogins).map(([user, name]) => {
    const file = `/run/secrets/mysql/${name}`;
    const secret = secrets.find(({ File }) => File?.Name === file)?.SecretName;
    if (secret === undefined) {
      throw notDeployed(stack, "mysql");
    }
    return { user, secret, file };
  });
  await discard(stack, "mysql", "mysql-source", logins);
}

/** Ends the former password of a server of the shop: the other login than the present one. */
export async function discardShopOnSwarm(stack: SwarmStack, server: ShopServerName): Promise<void> {
  const { images, shop, swarm } = stack.config;
  const [present = 1] = siteGenerations(stack.config, shopPasswords[server]);
  const { TaskTemplate } = await deployedService(stack, "logins");
  const secrets = [urlFile(server), operatorFile(server)].map((file) => {
    const secret = secretIn(TaskTemplate, file);
    if (secret === undefined) {
      throw notDeployed(stack, "logins");
    }
    return { secret, file };
  });
  await runJob(stack, shopPasswords[server], {
    image: images.postgres,
    script: "shop/scripts/logins.sh",
    arguments: ["discard", server, serverLogin(present + 1)],
    secrets,
    variables: {},
    data: "/var/lib/postgresql/data",
    placement: shop?.placement ?? swarm.placement,
  });
}

/** Which of a member's files has the password of a user of the set. */
const memberLogins: Record<keyof typeof memberUsers, keyof MemberFiles> = {
  replication: "replication-password",
  clone: "clone-password",
  monitor: "monitor.cnf",
  backup: "backup.cnf",
};

async function deployedService(stack: SwarmStack, name: string): Promise<Service["Spec"]> {
  const { stdout } = await stack.engine.docker(["service", "inspect", objectName({ name: stack.swarmName }, name)]);
  const [service] = JSON.parse(stdout) as Service[];
  if (!service) {
    throw notDeployed(stack, name);
  }
  return service.Spec;
}

function notDeployed({ swarmName }: SwarmStack, name: string): UserError {
  return new UserError(
    `Service ${objectName({ name: swarmName }, name)} has no password: deploy the stack with npm start first`,
  );
}

/** Ends the former passwords of users of the database server. */
async function discard(stack: SwarmStack, what: string, host: string, logins: readonly Login[]): Promise<void> {
  const { images, mysql, swarm } = stack.config;
  await runJob(stack, what, {
    image: images.mysql,
    script: "mysql/scripts/discard-former-password.sh",
    secrets: logins,
    variables: { DB_HOST: host, LOGINS: logins.map(({ file, user }) => `${user}=${file}`).join(" ") },
    data: "/var/lib/mysql",
    placement: mysql.placement ?? swarm.placement,
  });
}

/** A task that logs in with present passwords, and ends the former ones. */
interface Job {
  image: string;
  /** Path of the script below components/. */
  script: string;
  /** What the script is told on its command line. */
  arguments?: readonly string[];
  /** The secrets it gets, and as which files. */
  secrets: readonly Pick<Login, "file" | "secret">[];
  variables: Record<string, string>;
  /** Where the image says data are: a volume without a name would be left behind. */
  data: string;
  placement: readonly string[];
}

/**
 * Runs a job in the swarm, because the database server may run on any node.
 *
 * @param what ends the name of the job
 */
async function runJob(
  { config, engine, swarmName }: SwarmStack,
  what: string,
  { arguments: told = [], data, image, placement, script, secrets, variables }: Job,
): Promise<void> {
  const stack = { name: swarmName };
  const job = objectName(stack, `discard-${what}`);
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
        ...["--network", objectName(stack, "backend")],
        ...secrets.flatMap(({ file, secret }) => [
          "--secret",
          `source=${secret},target=${file},uid=999,gid=999,mode=0400`,
        ]),
        ...["--user", "999:999", "--read-only", "--cap-drop", "ALL"],
        ...["--mount", "type=tmpfs,target=/tmp,tmpfs-size=1048576"],
        ...["--mount", `type=tmpfs,target=${data},tmpfs-size=1048576`],
        ...["--limit-memory", "128m"],
        ...Object.entries(variables).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
        ...placement.flatMap((constraint) => ["--constraint", constraint]),
        ...["--entrypoint", "bash"],
        image,
        "-c",
        fs.readFileSync(path.join(components, script), "utf8"),
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
