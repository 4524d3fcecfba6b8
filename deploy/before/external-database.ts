import { databasesScript, databasesScripts } from "../../components/mysql/external/settings";
import { ghostUser } from "../../components/ghost/settings";
import { readExternalDatabase, siteNames } from "../../config/external-database";
import type { StackConfig, SwarmStackConfig } from "../../config/schema";
import type { DockerEngine } from "../../engines/docker-engine";
import { CommandError, UserError } from "../../errors";
import type { StackSettings } from "../../home/stack-configuration";
import { swarmStackName } from "../../platforms/swarm/stack";
import { step } from "../../terminal/progress";

/** Seconds in which the server is asked; each of its logins has ten. */
const limitSeconds = 120;

/**
 * Asks a database server of somebody else's, from the swarm's manager and by Ghost's own client, whether the stack's databases can be made and
 * reached. Changes nothing.
 *
 * @throws UserError with all that speaks against it
 */
export async function refuseUnusableDatabase(
  docker: DockerEngine,
  { config, stack }: StackSettings<SwarmStackConfig>,
): Promise<void> {
  const asked = question(config, swarmStackName(stack));
  if (asked === undefined) {
    return;
  }
  await step("Ask the database server", () =>
    answered(() =>
      docker.docker(
        [
          ...[
            "run",
            "--rm",
            "--interactive",
            "--read-only",
            "--cap-drop",
            "ALL",
            "--user",
            `${ghostUser}:${ghostUser}`,
          ],
          ...["--entrypoint", "node", config.images.ghost, ...asked.command],
        ],
        { timeout: limitSeconds, input: asked.input },
      ),
    ),
  );
}

/** The arguments of Node.js, and what it reads, secrets among it; undefined for a stack with a server of its own. */
function question({ mysql, sites }: StackConfig, owner: string): { command: string[]; input: string } | undefined {
  const { external } = mysql;
  if (external === undefined) {
    return undefined;
  }
  const { admin, ca, passwords } = readExternalDatabase(external, sites, process.cwd());
  const { host, port } = external;
  const databases = Object.entries(sites).map(([site, { database }]) => ({
    key: `sites.${site}.database`,
    ...siteNames(site, database),
    ...(site in passwords ? { password: passwords[site], isThere: true } : {}),
  }));
  return {
    command: ["-e", databasesScripts[databasesScript], "ask", "-"],
    input: JSON.stringify({ host, port, ca, owner, admin, databases }),
  };
}

async function answered(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    const mistakes =
      error instanceof CommandError ? error.output.split("\n").filter((line) => /^(mysql|sites)\./.test(line)) : [];
    throw mistakes.length > 0
      ? UserError.fromMistakes("Nothing was changed, because the database server cannot be used as it is:", mistakes)
      : error;
  }
}
