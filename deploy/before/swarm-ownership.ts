import { UserError, CommandError } from "../../errors";
import { ownedLabels, ownerLabel, stackLabel } from "../../platforms/swarm/stack";
import type { CollectedResource } from "../../render/resources";
import type { DockerEngine } from "../../engines/docker-engine";

/** What of a stack is on an engine, in the words of docker's own commands. */
export const swarmObjects = ["service", "container", "network", "secret", "config"] as const;
export type SwarmObject = (typeof swarmObjects)[number] | "volume";

/** Something that a stack wants to make, to change or to delete. */
export interface WantedObject {
  kind: SwarmObject;
  /** Full name; of a volume for each task, with the swarm's placeholder. */
  name: string;
}

const kindsOfTypes: Record<string, SwarmObject> = {
  "docker:index/service:Service": "service",
  "docker:index/network:Network": "network",
  "docker:index/secret:Secret": "secret",
  "docker:index/serviceConfig:ServiceConfig": "config",
  "docker:index/volume:Volume": "volume",
};

/** The objects of a swarm that declared resources, or those of a state, are; with the volumes that nodes make for their tasks. */
export function swarmObjectsOf(resources: readonly Pick<CollectedResource, "type" | "inputs">[]): WantedObject[] {
  return resources.flatMap(({ inputs, type }) => {
    const kind = kindsOfTypes[type];
    const { name, taskSpec } = inputs as { name?: unknown; taskSpec?: TaskSpec };
    if (kind === undefined || typeof name !== "string") {
      return [];
    }
    const mounts = taskSpec?.containerSpec.mounts ?? [];
    const volumes = mounts.flatMap(({ source, type: mounted }) =>
      mounted === "volume" && source !== undefined ? [{ kind: "volume" as const, name: source }] : [],
    );
    return [{ kind, name }, ...volumes];
  });
}

interface TaskSpec {
  containerSpec: { mounts?: { type: string; source?: string }[] };
}

/** Names of the objects of one kind that a stack owns. */
export async function owned(engine: DockerEngine, kind: SwarmObject, stack: string): Promise<string[]> {
  return named(engine, kind, ["--filter", `label=${ownerLabel}=${stack}`]);
}

/**
 * Refuses names that something else has on an engine, and what says that it is of a stack of this name and was not made by it: `docker stack deploy`
 * and `docker stack rm` would change and remove that.
 *
 * @param stack its name in the swarm
 * @param wanted what is looked for by name
 * @param kinds what the engine is asked for. A worker knows volumes alone
 * @throws UserError that names each, and what to do; also where the engine does not tell
 */
export async function refuseForeignOnSwarm(
  engine: DockerEngine,
  stack: string,
  wanted: readonly WantedObject[],
  kinds: readonly SwarmObject[] = ["service", "network", "secret", "config", "volume"],
): Promise<void> {
  const foreign: WantedObject[] = [];
  try {
    for (const kind of kinds) {
      const ours = new Set(await owned(engine, kind, stack));
      const claimed = await named(engine, kind, ["--filter", `label=${stackLabel}=${stack}`]);
      const looked = wanted.filter((object) => object.kind === kind).map(({ name }) => pattern(name));
      const present = (await named(engine, kind, [])).filter((name) => looked.some((one) => one.test(name)));
      const others = [...new Set([...claimed, ...present])].filter((name) => !ours.has(name));
      foreign.push(...others.map((name) => ({ kind, name })));
    }
  } catch (error) {
    if (error instanceof CommandError) {
      throw new UserError(
        `The engine at ${engine.host} does not tell which objects belong to whom, so nothing is changed. docker said:\n${error.output.trim() || error.message}`,
      );
    }
    throw error;
  }
  refuse(engine, stack, foreign);
}

function refuse(engine: DockerEngine, stack: string, foreign: readonly WantedObject[]): void {
  if (foreign.length > 0) {
    throw UserError.fromMistakes(
      `On ${engine.host} is what stack ${stack} did not make (it has no label ${ownerLabel}=${stack}), so nothing is changed:`,
      foreign.map((object) => refusal(engine, stack, object)),
    );
  }
}

/**
 * Makes sure that an object that is there is the stack's, before it is changed or removed.
 *
 * @throws UserError where it is somebody else's; CommandError where the engine does not tell
 */
export async function mustOwn(engine: DockerEngine, stack: string, kind: SwarmObject, name: string): Promise<void> {
  refuse(engine, stack, (await owned(engine, kind, stack)).includes(name) ? [] : [{ kind, name }]);
}

/**
 * Removes one object of the swarm that a stack owns; nothing where there is none.
 *
 * @throws UserError where it is somebody else's
 */
export async function removeOwned(
  engine: DockerEngine,
  stack: string,
  kind: (typeof swarmObjects)[number],
  name: string,
): Promise<void> {
  if (!(await named(engine, kind, [])).includes(name)) {
    return;
  }
  await mustOwn(engine, stack, kind, name);
  try {
    await engine.docker([kind, "rm", name]);
  } catch (error) {
    if (!(error instanceof CommandError && /no such|not found/i.test(error.output))) {
      throw error;
    }
  }
}

function named(engine: DockerEngine, kind: SwarmObject, filter: readonly string[]): Promise<string[]> {
  const format = ["--format", kind === "container" ? "{{.Names}}" : "{{.Name}}"];
  return engine.lines([kind, "ls", ...(kind === "container" ? ["--all"] : []), ...filter, ...format]);
}

/** What a name matches; in place of the number of a task, any. */
function pattern(name: string): RegExp {
  const parts = name.split("{{.Task.Slot}}").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[0-9]+")}$`);
}

function refusal({ host }: DockerEngine, stack: string, { kind, name }: WantedObject): string {
  const docker = `docker --host ${host} ${kind}`;
  const labels = Object.entries(ownedLabels({ name: stack })).map(([label, value]) => `${label}=${value}`);
  switch (kind) {
    case "service": {
      const added = labels.map((label) => `--label-add ${label}`).join(" ");
      return `service ${name}: remove it, or hand it over, to be changed and removed with the stack:\n      ${docker} update ${added} ${name}`;
    }
    case "volume": {
      const given = labels.map((label) => `--label ${label}`).join(" ");
      return `volume ${name}: to hand over what is in it, copy that elsewhere, make the volume again, and copy it back; docker changes the labels of none:\n      ${docker} rm ${name}\n      ${docker} create ${given} ${name}`;
    }
    default:
      return `${kind} ${name}: remove it, or give the stack another name:\n      ${docker} rm ${name}`;
  }
}
