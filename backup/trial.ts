import * as path from "node:path";
import { Readable } from "node:stream";
import type { DockerEngine } from "../engines/docker-engine";
import { CommandError, UserError } from "../errors";
import { databases } from "./databases";
import { parseDeployment } from "./deployment";
import type { BackupKey } from "./key";
import type { DatabaseKind, Part } from "./manifest";
import { runOn } from "./pipe";
import { dockerCommand } from "./swarm/containers";
import { damage, unseal } from "./seal";

/** A database part of a backup. */
export type DatabasePart = Extract<Part, { kind: DatabaseKind }>;

export function isDatabase(part: Part): part is DatabasePart {
  return part.kind in databases;
}

/**
 * Loads a dump into a server's data directory, made in a container of the server's own image.
 *
 * @param mount volume and place, for example `data:/var/lib/mysql`; a place alone is a volume that goes with the container
 * @returns how many tables it has
 */
export async function load(
  engine: DockerEngine,
  part: DatabasePart,
  file: string,
  key: BackupKey,
  mount: string,
): Promise<number> {
  const { load: script, settings } = databases[part.kind];
  const variables = Object.entries({ ...settings(part.target, part.data), end: endOfDump }).flatMap(([name, value]) => [
    "--env",
    `${name}=${value}`,
  ]);
  const args = ["run", "--rm", "--interactive", "--network", "none", "--volume", mount, ...variables];
  const user = part.kind === "mysql" ? "mysql" : "postgres";
  let tables = 0;
  await runOn(
    dockerCommand(engine, ...args, "--user", user, "--entrypoint", "bash", part.image, "-c", script),
    Readable.from(withEnd(await unseal(file, part, key)), { objectMode: false }),
    engine.environment,
    (line) => (tables = Number(/^tables (\d+)$/.exec(line)?.[1] ?? tables)),
  );
  return tables;
}

/** A query at the end of a dump, by whose answer the server's client says that it has read all of it: a pipe that breaks looks like its end. */
const endOfDump = "the whole dump was read";

async function* withEnd(data: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of data) {
    yield chunk as Buffer;
  }
  yield Buffer.from(`\nSELECT '${endOfDump}';\n`);
}

/** What must stand in the archive of a manager's state for an engine to start from it. */
const swarmFiles = [
  "swarm/docker-state.json",
  "swarm/certificates/swarm-node.key",
  "swarm/certificates/swarm-node.crt",
];
/** The same, as a folder that must not be empty. */
const swarmLog = "swarm/raft/wal-v3-encrypted";

/**
 * Reads a part back: checksum, decryption, and what is in it; a database is loaded into a server that is thrown away.
 *
 * @param engine where such a server may run; undefined leaves that out
 * @returns what was found, in a few words
 * @throws UserError when the part cannot be restored
 */
export async function tryPart(
  folder: string,
  part: Part,
  key: BackupKey,
  engine: DockerEngine | undefined,
): Promise<string> {
  const file = path.join(folder, part.file);
  const wrong = await damage(file, part);
  if (wrong) {
    throw new UserError(`${file} ${wrong}. This backup cannot be restored; npm run backup -- list shows the others`);
  }
  if (part.kind === "deployment") {
    await parseDeployment(await unseal(file, part, key), file);
    return "what this machine knows about the stack";
  }
  if (isDatabase(part)) {
    return databaseFindings(file, part, key, engine);
  }
  const missing = new Set(part.kind === "swarm" ? [...swarmFiles, swarmLog] : []);
  let entries = 0;
  await listArchive(file, part, key, (name) => {
    entries += 1;
    missing.delete(name.startsWith(`${swarmLog}/`) && name !== `${swarmLog}/` ? swarmLog : name);
  });
  if (missing.size > 0) {
    throw new UserError(
      `${file} lacks ${[...missing].join(", ")}: no manager could start from it. Make another backup`,
    );
  }
  return `${entries} entries`;
}

async function listArchive(file: string, part: Part, key: BackupKey, onName: (name: string) => void): Promise<void> {
  try {
    await runOn(["tar", "-tf", "-"], await unseal(file, part, key), {}, onName);
  } catch (error) {
    throw error instanceof CommandError ? new UserError(`${file} is no whole archive: ${error.output.trim()}`) : error;
  }
}

async function databaseFindings(
  file: string,
  part: DatabasePart,
  key: BackupKey,
  engine: DockerEngine | undefined,
): Promise<string> {
  let size = 0;
  let end = "";
  for await (const chunk of await unseal(file, part, key)) {
    const data = chunk as Buffer;
    size += data.length;
    end = (end + data.toString("latin1")).slice(-400);
  }
  if (!/dump complete/i.test(end)) {
    throw new UserError(`${file} ends in the middle of the dump. Make another backup`);
  }
  if (!engine) {
    return `${size} bytes of SQL, not loaded`;
  }
  try {
    const tables = await load(engine, part, file, key, part.target);
    if (tables === 0) {
      throw new UserError(`${file} was loaded into a server, which then had no table. Make another backup`);
    }
    return `${tables} tables in a server that was thrown away`;
  } catch (error) {
    throw error instanceof CommandError
      ? new UserError(`${file} cannot be loaded into a server of ${part.image}: ${error.output.trim()}`)
      : error;
  }
}
