import { DockerEngine } from "../engines/docker-engine";
import { CommandError, UserError } from "../errors";
import { inspected } from "../engines/swarm-objects";
import { appsWithData } from "../config/apps";
import type { SwarmStackConfig } from "../config/schema";
import { nodesFor } from "../config/swarm/swarm-nodes";

/** The driver that every engine has. */
const ownDriver = "local";

/** Seconds in which an engine that is there answers, over ssh too. */
const answerLimitSeconds = 30;

/** The volume drivers of a node, as a swarm compares their names. */
export interface NodeDrivers {
  node: string;
  /** Absent where it could not be asked. */
  drivers?: string[];
  /** Plugins that are installed and not enabled. */
  disabled: string[];
}

/** Asks the engine of each machine that the configuration names; nobody where no app has another driver than the engine's own. */
export async function driversOfMachines(config: SwarmStackConfig): Promise<NodeDrivers[]> {
  const machines = needsDrivers(config) ? Object.entries(config.swarm.nodes ?? {}) : [];
  return Promise.all(
    machines.map(async ([node, { host }]) => {
      try {
        return { node, ...(await driversOf(new DockerEngine(host))) };
      } catch (error) {
        if (error instanceof CommandError) {
          return { node, disabled: [] };
        }
        throw error;
      }
    }),
  );
}

/** Asks a manager what it knows of every node of its swarm, likewise. */
export async function driversOfSwarm(manager: DockerEngine, config: SwarmStackConfig): Promise<NodeDrivers[]> {
  if (!needsDrivers(config)) {
    return [];
  }
  const ids = await manager.lines(["node", "ls", "--quiet"]);
  const nodes = await inspected<{
    Description: { Hostname: string; Engine: { Plugins: { Type: string; Name: string }[] | null } };
  }>(manager, "node", ids);
  return nodes.map(({ Description: { Engine, Hostname } }) => ({
    node: Hostname,
    drivers: (Engine.Plugins ?? []).filter(({ Type }) => Type === "Volume").map(({ Name }) => Name),
    disabled: [],
  }));
}

function needsDrivers(config: SwarmStackConfig): boolean {
  return appsWithData(config).some(([, { storage }]) => driverOf(storage) !== ownDriver);
}

/** The engine's own drivers and those of its plugins: `docker info` leaves out the ones that `docker plugin` has installed. */
async function driversOf(engine: DockerEngine): Promise<Omit<NodeDrivers, "node">> {
  const timeout = answerLimitSeconds;
  const { stdout } = await engine.docker(["info", "--format", "{{json .Plugins.Volume}}"], { timeout });
  const format = ["--filter", "capability=volumedriver", "--format", "{{.Enabled}} {{.Name}}"];
  const plugins = (await engine.lines(["plugin", "ls", ...format], { timeout })).map((line) => line.split(" "));
  const named = (state: string) => plugins.flatMap(([enabled, name = ""]) => (enabled === state ? [name] : []));
  return { drivers: [...(JSON.parse(stdout) as string[]), ...named("true")], disabled: named("false") };
}

/**
 * Refuses a volume driver that no machine has where an app's tasks may run: the swarm would wait for one, and say little.
 *
 * @param found what is known of the nodes; of those that are not in the configuration, each may run everything
 * @returns sentences about machines that lack a driver which others have
 * @throws UserError that names every such key
 */
export function mustHaveDrivers(config: SwarmStackConfig, found: readonly NodeDrivers[]): string[] {
  const refusals: string[] = [];
  const sentences: string[] = [];
  for (const [key, { placement, storage }] of appsWithData(config)) {
    const driver = driverOf(storage);
    const names = config.swarm.nodes && nodesFor(config.swarm, placement);
    const nodes = found.filter(({ node }) => names?.includes(node) ?? true);
    const lacking = nodes.filter(({ drivers }) => drivers !== undefined && !has(drivers, driver));
    if (nodes.length > 0 && lacking.length === nodes.length) {
      refusals.push(
        `${key}.storage.driver: ${driver} is no volume driver of any machine that may run it (${lacking.map((node) => inWords(node, driver)).join("; ")})`,
      );
    } else if (lacking.length > 0) {
      sentences.push(
        `${key}.storage.driver: no task of it will run on ${lacking.map(({ node }) => node).join(", ")}, without ${driver} (${lacking.map((node) => inWords(node, driver)).join("; ")})`,
      );
    }
  }
  if (refusals.length > 0) {
    throw UserError.fromMistakes(
      "A volume plugin is missing. Install it (docker plugin install NAME) on every machine that may run the app, and name it as docker plugin ls does there, with its tag:",
      refusals,
    );
  }
  return sentences;
}

function driverOf({ driver = ownDriver }: { driver?: string | undefined }): string {
  return driver;
}

/** A swarm takes `latest` for a tag that is not named, as docker does. */
function has(names: readonly string[], driver: string): boolean {
  return names.includes(driver) || names.includes(`${driver}:latest`);
}

function inWords({ disabled, drivers = [], node }: NodeDrivers, driver: string): string {
  return has(disabled, driver)
    ? `${node} has it, but not enabled: docker plugin enable ${driver}`
    : `${node} has ${drivers.join(", ") || "none"}`;
}
