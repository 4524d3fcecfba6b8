import * as fs from "node:fs";
import * as path from "node:path";
import { passwordSecret, siteService } from "../../cli/passwords-in-use";
import type { MemberFiles } from "../../components/mysql/replication/credentials";
import type { memberUsers } from "../../components/mysql/replication/users";
import { UserError } from "../../errors";
import { objectName, stackLabel } from "../../platforms/swarm/stack";
import type { SwarmStack } from "../stack";

const script = path.join(__dirname, "..", "..", "components", "mysql", "scripts", "discard-former-password.sh");
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
  const secret = passwordSecret(TaskTemplate);
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
    `Service ${objectName({ name: swarmName }, name)} has no database password: deploy the stack with npm start first`,
  );
}

/**
 * Ends the former passwords of users, who log in with the present ones: by a job in the swarm, because the database server may run on any node.
 *
 * @param what ends the name of the job
 */
async function discard(
  { config, engine, swarmName }: SwarmStack,
  what: string,
  host: string,
  logins: readonly Login[],
): Promise<void> {
  const stack = { name: swarmName };
  const job = objectName(stack, `discard-${what}`);
  const placement = config.mysql.placement ?? config.swarm.placement;
  await engine.docker(["service", "rm", job]).catch(() => undefined);
  try {
    await engine.docker(
      [
        "service",
        "create",
        "--quiet",
        "--no-resolve-image",
        ...["--name", job, "--label", `${stackLabel}=${swarmName}`],
        ...["--mode", "replicated-job", "--restart-condition", "on-failure", "--restart-max-attempts", "5"],
        ...["--network", objectName(stack, "backend")],
        ...logins.flatMap(({ file, secret }) => [
          "--secret",
          `source=${secret},target=${file},uid=999,gid=999,mode=0400`,
        ]),
        ...["--user", "999:999", "--read-only", "--cap-drop", "ALL"],
        ...["--mount", "type=tmpfs,target=/tmp,tmpfs-size=1048576"],
        // Where the image says data are: a volume without a name would be left behind.
        ...["--mount", "type=tmpfs,target=/var/lib/mysql,tmpfs-size=1048576"],
        ...["--limit-memory", "128m"],
        ...["--env", `DB_HOST=${host}`],
        ...["--env", `LOGINS=${logins.map(({ file, user }) => `${user}=${file}`).join(" ")}`],
        ...placement.flatMap((constraint) => ["--constraint", constraint]),
        ...["--entrypoint", "bash"],
        config.images.mysql,
        "-c",
        fs.readFileSync(script, "utf8"),
      ],
      { timeout: limitSeconds },
    );
  } finally {
    await engine.docker(["service", "rm", job]).catch(() => undefined);
  }
}
