import * as path from "node:path";
import { Readable } from "node:stream";
import type { DockerEngine } from "../../engines/docker-engine";
import { Machine } from "../../machines/machine";
import { readScripts } from "../../platforms/scripts";
import type { SwarmNodeConfig } from "../../config/schema";
import type { RunInContainer } from "../contents/container";
import { databases } from "../contents/databases";
import type { VolumePart } from "../format/manifest";
import { outputOf, runOn, type Command, type Output } from "../contents/pipe";
import { markerFile } from "../format/form";

const scripts = readScripts(path.join(__dirname, "scripts"), ["copy-swarm.sh", "mark-swarm.sh", "place-swarm.sh"]);

/** The docker command on an engine, for data that streams. */
function dockerCommand(engine: DockerEngine, ...args: string[]): Command {
  return ["docker", "--host", engine.host, ...args];
}

/** The rights that reading and writing files of any owner takes, and no other. */
const fileRights = ["--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE", "--cap-add", "CHOWN", "--cap-add", "FOWNER"];

/** Arguments of `docker run` for a container that works on one volume: as root of that container, without a network. */
function onVolume(
  image: string,
  mount: string,
  program: string,
  variables: Readonly<Record<string, string>> = {},
): string[] {
  const isolation = ["--network", "none", "--read-only", "--user", "0:0", ...fileRights];
  return ["run", "--rm", "--interactive", ...isolation, ...set(variables), ...entry(image, mount, program)];
}

/** The same for a program of a database server, which brings what it needs itself and is its image's user. */
function asServer(
  kind: VolumePart["kind"],
  image: string,
  mount: string,
  program: string,
  variables: Readonly<Record<string, string>>,
): string[] {
  const user = kind === "mysql" ? "mysql" : "postgres";
  return [
    ...["run", "--rm", "--interactive", "--network", "none", "--user", user],
    ...[...set(variables), ...entry(image, mount, program)],
  ];
}

function set(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
}

function entry(image: string, mount: string, program: string): string[] {
  return ["--volume", mount, "--entrypoint", program, image];
}

/** An image may have to be pulled. */
const limitSeconds = 15 * 60;

/**
 * Runs programs in containers of a part's image.
 *
 * @param mount volume and place, for example `data:/var/lib/mysql`; a place alone is a volume that goes with the container
 */
export function containersOf(
  engine: DockerEngine,
  { image, kind }: Pick<VolumePart, "image" | "kind">,
  mount: string,
): RunInContainer {
  return async ({ as, data, onLine, output, program: [name, ...args], variables = {} }) => {
    const command =
      as === "server" ? asServer(kind, image, mount, name, variables) : onVolume(image, mount, name, variables);
    if (data) {
      await runOn(dockerCommand(engine, ...command, ...args), data, engine.environment, onLine, output);
    } else {
      await engine.docker([...command, ...args], { timeout: limitSeconds });
    }
  };
}

/** Runs programs in a container that runs, as its own user. */
export function inContainer(engine: DockerEngine, container: string): RunInContainer {
  return async ({ data, onLine, output, program, variables = {} }) => {
    const command = dockerCommand(engine, "exec", "--interactive", ...set(variables), container, ...program);
    await runOn(command, data ?? Readable.from([]), engine.environment, onLine, output);
  };
}

/** A volume of a task that runs. */
export interface TaskVolume {
  contents: Pick<VolumePart, "image" | "kind" | "volume">;
  engine: DockerEngine;
  /** Container of the task that mounts it. */
  container: string;
}

/** The data of a volume: SQL of a database, a tar archive of the rest. */
export function readVolume({ container, contents, engine }: TaskVolume): Output {
  if (contents.kind !== "files") {
    const dump = dockerCommand(engine, "exec", container, "bash", "-c", databases[contents.kind].dump);
    return outputOf(dump, engine.environment);
  }
  // A file that grows while it is read is no failure (1): what matters is written once and renamed.
  const tar = `tar -C /volume --exclude=./${markerFile} -cf - . || [ "$?" = 1 ]`;
  const program = onVolume(contents.image, `${contents.volume.name}:/volume:ro`, "sh");
  return outputOf(dockerCommand(engine, ...program, "-c", tar), engine.environment);
}

/** The state that a manager keeps, its engine stopped for a moment. */
export function readSwarmState(name: string, node: SwarmNodeConfig, root: string): Output {
  const machine = new Machine(name, node);
  return outputOf(machine.command(withSettings(machine, root, scripts["copy-swarm.sh"])));
}

/**
 * The command that puts such a state in its place.
 *
 * @param marker text that is put there with it
 */
export function placeSwarmState(name: string, node: SwarmNodeConfig, root: string, marker: string): Command {
  const machine = new Machine(name, node);
  return machine.command(withSettings(machine, root, scripts["place-swarm.sh"], { marker }));
}

/** A command that reads, writes or removes the marker in the state of a swarm. */
export async function swarmMarker(
  name: string,
  node: SwarmNodeConfig,
  root: string,
  action: { do: "read" | "remove" } | { do: "write"; marker: string },
): Promise<string> {
  const machine = new Machine(name, node);
  const { stdout } = await machine.shell(
    withSettings(machine, root, scripts["mark-swarm.sh"], {
      action: action.do,
      marker: action.do === "write" ? action.marker : "",
    }),
  );
  return stdout.trim();
}

function withSettings(
  { start, stop }: Machine,
  root: string,
  script: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const settings = Object.entries({ root, stop, start, ...more });
  const assigned = settings.map(([name, value]) => `${name}=${quoted(value)}`).join(" ");
  return `${assigned}\nexport ${settings.map(([name]) => name).join(" ")}\n${script}`;
}
