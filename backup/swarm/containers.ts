import * as path from "node:path";
import type { DockerEngine } from "../../engines/docker-engine";
import { Machine } from "../../machines/machine";
import { readScripts } from "../../platforms/scripts";
import type { SwarmNodeConfig } from "../../config/schema";
import { databases } from "../databases";
import type { Source } from "./sources";
import { outputOf, type Command, type Output } from "../pipe";

/** In a volume that a restore fills, this file says how far it is. It is no part of the data. */
export const markerFile = ".ghost-platform-restore";

const scripts = readScripts(path.join(__dirname, "scripts"), ["copy-swarm.sh", "mark-swarm.sh", "place-swarm.sh"]);

/** The docker command on an engine, for data that streams. */
export function dockerCommand(engine: DockerEngine, ...args: string[]): Command {
  return ["docker", "--host", engine.host, ...args];
}

/** The rights that reading and writing files of any owner takes, and no other. */
const fileRights = ["--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE", "--cap-add", "CHOWN", "--cap-add", "FOWNER"];

/** Arguments of `docker run` for a container that works on one volume: as root of that container, without a network. */
export function onVolume(
  image: string,
  mount: string,
  program: string,
  variables: Readonly<Record<string, string>> = {},
): string[] {
  const isolation = ["--network", "none", "--read-only", "--user", "0:0", ...fileRights];
  const set = Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return ["run", "--rm", "--interactive", ...isolation, ...set, "--volume", mount, "--entrypoint", program, image];
}

/** The data of a volume: SQL of a database, a tar archive of the rest. */
export function readVolume({ container, contents, engine }: Source): Output {
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
