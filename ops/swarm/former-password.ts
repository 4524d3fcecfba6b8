import * as fs from "node:fs";
import * as path from "node:path";
import { passwordSecret, siteService } from "../../cli/passwords-in-use";
import { UserError } from "../../errors";
import { objectName, stackLabel } from "../../platforms/swarm/stack";
import type { SwarmStack } from "../stack";

const script = path.join(__dirname, "..", "..", "components", "mysql", "scripts", "discard-former-password.sh");
const passwordFile = "/run/secrets/password";
/** The job is one login. */
const limitSeconds = 120;

interface Service {
  Spec: {
    TaskTemplate: { ContainerSpec: { Env?: string[]; Secrets?: { SecretName: string; File?: { Name: string } }[] } };
  };
}

/**
 * Ends the former password of a site's database user, who logs in with the present one: by a job in the swarm, because the database server
 * may run on any node.
 */
export async function discardOnSwarm(
  { config, engine, swarmName }: SwarmStack,
  site: string,
  username: string,
): Promise<void> {
  const stack = { name: swarmName };
  const app = siteService(config, site);
  const { stdout } = await engine.docker(["service", "inspect", objectName(stack, app)]);
  const [service] = JSON.parse(stdout) as Service[];
  const secret = service && passwordSecret(service.Spec.TaskTemplate);
  const host = service?.Spec.TaskTemplate.ContainerSpec.Env?.map(
    (line) => /^(?:WORDPRESS_DB_HOST|database__connection__host)=([^:]+)/.exec(line)?.[1],
  ).find((found) => found !== undefined);
  if (!secret || !host) {
    throw new UserError(
      `Service ${objectName(stack, app)} has no database password: deploy the stack with npm start first`,
    );
  }
  const job = objectName(stack, `discard-${site}`);
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
        ...["--secret", `source=${secret},target=${passwordFile},uid=999,gid=999,mode=0400`],
        ...["--user", "999:999", "--read-only", "--cap-drop", "ALL"],
        ...["--mount", "type=tmpfs,target=/tmp,tmpfs-size=1048576"],
        // Where the image says data are: a volume without a name would be left behind.
        ...["--mount", "type=tmpfs,target=/var/lib/mysql,tmpfs-size=1048576"],
        ...["--limit-memory", "128m"],
        ...["--env", `DB_HOST=${host}`, "--env", `DB_USER=${username}`, "--env", `DB_PASSWORD_FILE=${passwordFile}`],
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
