import { randomBytes } from "node:crypto";
import { databasesScript, databasesScripts } from "../../components/mysql/external/settings";
import { ghostUser } from "../../components/ghost/settings";
import { readExternalDatabase, siteNames } from "../../config/mysql/external-database";
import { foreignServer } from "../../config/mysql/own-databases";
import type { KubernetesStackConfig, StackConfig, SwarmStackConfig } from "../../config/schema";
import type { DockerEngine } from "../../engines/docker-engine";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { CommandError, UserError } from "../../errors";
import type { StackSettings } from "../../home/stack-configuration";
import { ownerLabel } from "../../platforms/kubernetes/labels";
import { restrictedContainer, restrictedPod } from "../../platforms/kubernetes/pods/security";
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
export async function refuseUnusableOnSwarm(
  docker: DockerEngine,
  { config, stack }: StackSettings<SwarmStackConfig>,
): Promise<void> {
  const name = swarmStackName(stack);
  await refuseUnusable(config, name, {
    ownServer: async () =>
      (await docker.lines(["service", "ls", "--quiet", "--filter", `name=${name}_mysql`])).length > 0,
    ask: (command, input) =>
      docker.docker(
        [
          ...["run", "--rm", "--interactive", "--read-only", "--cap-drop", "ALL"],
          ...["--user", `${ghostUser}:${ghostUser}`, "--entrypoint", "node", config.images.ghost, ...command],
        ],
        { timeout: limitSeconds, input },
      ),
  });
}

/**
 * The same from a pod in the stack's namespace. Before there is one, nothing is asked: then nothing runs that could be harmed.
 *
 * @param owner what the labels of the stack's objects say
 * @throws UserError with all that speaks against it
 */
export async function refuseUnusableOnCluster(
  cluster: KubernetesCluster,
  owner: string,
  config: KubernetesStackConfig,
): Promise<void> {
  const isThere = async (...object: string[]) =>
    (await cluster.read(["get", ...object, "--ignore-not-found", "--output", "name"])).trim() !== "";
  if (config.mysql.external === undefined || !(await isThere("namespace", cluster.namespace))) {
    return;
  }
  await refuseUnusable(config, owner, {
    ownServer: () => isThere("statefulset", "mysql"),
    ask: (command, input) => {
      const name = `ask-${randomBytes(5).toString("hex")}`;
      const { image, overrides } = askingPod(config, name, owner, command);
      return cluster.kubectl(
        [
          ...["run", name, "--rm", "--stdin", "--quiet", "--restart=Never", `--pod-running-timeout=${limitSeconds}s`],
          ...["--image", image, "--overrides", JSON.stringify(overrides)],
        ],
        { timeout: 2 * limitSeconds, input },
      );
    },
  });
}

function askingPod(config: KubernetesStackConfig, name: string, owner: string, command: readonly string[]) {
  const image = config.images.ghost;
  const [site] = Object.values(config.sites);
  const container = { name, image, command: ["node", ...command], stdin: true, stdinOnce: true };
  const resources = { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } };
  const overrides = {
    apiVersion: "v1",
    metadata: { labels: { [ownerLabel]: owner } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: restrictedPod(ghostUser),
      containers: [{ ...container, resources, securityContext: restrictedContainer }],
      activeDeadlineSeconds: 2 * limitSeconds,
      imagePullSecrets: (site?.pod?.imagePullSecrets ?? []).map((secret) => ({ name: secret })),
    },
  };
  return { image, overrides };
}

/** How a platform asks. */
interface Asker {
  /** Whether a server of the stack's own is there. */
  ownServer: () => Promise<boolean>;
  /** Runs Node.js in Ghost's image with these arguments and this on its standard input. */
  ask: (command: readonly string[], input: string) => Promise<unknown>;
}

async function refuseUnusable(config: StackConfig, owner: string, { ask, ownServer }: Asker): Promise<void> {
  const asked = question(config, owner);
  if (asked === undefined) {
    return;
  }
  if (await ownServer()) {
    throw new UserError(
      `Nothing was changed: the stack runs a database server of its own, and at ${foreignServer(config) ?? ""} its sites would come up empty. How they are taken along: docs/external-database.md#from-a-server-of-the-stacks-own. Or remove mysql.external`,
    );
  }
  await step("Ask the database server", () => answered(() => ask(asked.command, asked.input)));
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
