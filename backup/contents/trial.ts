import * as path from "node:path";
import { CommandError, UserError } from "../../errors";
import { say, step } from "../../terminal/progress";
import type { TryInContainer } from "./container";
import { parseDeployment } from "./deployment";
import type { BackupKey } from "../format/key";
import { isDatabase, loadDump } from "./load";
import { dumpEnd, isWholeDump } from "../format/form";
import type { DatabasePart, Manifest, Part } from "../format/manifest";
import { runOn } from "./pipe";
import { damage, unseal } from "../format/seal";

/**
 * Reads every part back.
 *
 * @param manifest one that was just made, or that its key has proven
 * @param trial where databases are loaded; undefined loads none
 * @throws UserError for a part that cannot be restored
 */
export async function verify(
  { parts }: Pick<Manifest, "parts">,
  folder: string,
  key: BackupKey,
  trial: TryInContainer | undefined,
): Promise<void> {
  for (const part of parts) {
    const found = await step(`Read ${part.file} back`, () => tryPart(folder, part, key, trial));
    say(`  ${part.file}: ${found}`);
  }
}

/** What must stand in the archive of a manager's state for an engine to start from it. */
const swarmFiles = [
  "swarm/docker-state.json",
  "swarm/certificates/swarm-node.key",
  "swarm/certificates/swarm-node.crt",
];
/** The same, as a folder that must not be empty. */
const swarmLog = "swarm/raft/wal-v3-encrypted";

/** Reads a part back: checksum, decryption, and what is in it; a database is loaded. Returns what was found, in a few words. */
async function tryPart(folder: string, part: Part, key: BackupKey, trial: TryInContainer | undefined): Promise<string> {
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
    return databaseFindings(file, part, key, trial);
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
  trial: TryInContainer | undefined,
): Promise<string> {
  let size = 0;
  let end = "";
  for await (const chunk of await unseal(file, part, key)) {
    const data = chunk as Buffer;
    size += data.length;
    end = (end + data.toString("latin1")).slice(-dumpEnd);
  }
  if (!isWholeDump(end)) {
    throw new UserError(`${file} ends in the middle of the dump. Make another backup`);
  }
  if (!trial) {
    return `${size} bytes of SQL, not loaded`;
  }
  try {
    const tables = await loadDump((work) => trial(part, work), part, file, key);
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
