import * as fs from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { makeKey, readKey, type BackupKey } from "../../../backup/format/key";
import { idOf, manifestText, type Contents, type Part, type PlatformName } from "../../../backup/format/manifest";
import { outputOf } from "../../../backup/contents/pipe";
import { seal } from "../../../backup/format/seal";
import { stackFolder, writeManifest, writeVerification } from "../../../backup/store/stack-folder";

/** A key of its own in a folder. */
export async function newKey(folder: string, name = "key.txt"): Promise<BackupKey> {
  const file = path.join(folder, name);
  await makeKey(file);
  return readKey(file);
}

/** Files of a site, on a volume of one node. */
export const siteFiles: Extract<Contents, { kind: "files" }> = {
  kind: "files",
  service: "ghost-swarm_blog",
  node: "node1",
  image: "registry.test/ghost:6",
  target: "/var/lib/ghost/content",
  volume: { name: "ghost-swarm_blog-content", driver: "local", options: {}, labels: {} },
};

/** A database's dump. */
export const database: Extract<Contents, { kind: "mysql" | "postgresql" }> = {
  kind: "mysql",
  service: "ghost-swarm_mysql",
  node: "node1",
  image: "registry.test/mysql:9",
  target: "/var/lib/mysql",
  volume: { name: "ghost-swarm_mysql-data", driver: "local", options: {}, labels: {} },
};

/** What stands in the deployment of a made backup. */
const deployment = { version: 1, settings: {}, rendered: {} };
const dump = "CREATE TABLE posts (id INT);\n-- Dump completed on 2026-01-01\n";

export interface Wanted {
  stack?: string;
  /** Default: swarm. */
  platform?: PlatformName;
  sequence?: number;
  /** By the clock of who made it. */
  at?: string;
  verified?: boolean;
  /** Beside what the machine knows. Default: a site's files and a database. */
  contents?: Contents[];
  /** Files of a site by name. */
  files?: Record<string, string>;
}

/** Makes a backup as `create` does, of data that are no engine's. Returns its folder. */
export async function madeBackup(place: string, key: BackupKey, wanted: Wanted = {}): Promise<string> {
  const {
    contents = [siteFiles, database],
    sequence = 1,
    platform = "swarm",
    stack = "swarm",
    verified = true,
  } = wanted;
  const at = new Date(wanted.at ?? "2026-01-01T00:00:00Z");
  const id = idOf(at, sequence);
  const folder = path.join(stackFolder(place, stack), id);
  fs.mkdirSync(folder, { recursive: true });
  const parts: Part[] = [];
  for (const one of [{ kind: "deployment" as const }, ...contents]) {
    const file = `${parts.length + 1}-${one.kind}.age`;
    const sealed = await seal(dataOf(one, wanted.files ?? { "a.txt": `${id}\n` }), path.join(folder, file), key);
    parts.push({ ...one, ...sealed, file });
  }
  const text = manifestText({
    stack,
    platform,
    id,
    sequence,
    createdAt: at.toISOString(),
    seconds: 1,
    without: platform === "swarm" ? ["swarm"] : [],
    parts,
  });
  const digest = writeManifest(folder, text, key);
  if (verified) {
    writeVerification(folder, digest, at, key);
  }
  return folder;
}

function dataOf({ kind }: Contents, files: Readonly<Record<string, string>>): Readable {
  if (kind === "deployment") {
    return Readable.from([Buffer.from(JSON.stringify(deployment))]);
  }
  if (kind !== "files") {
    return Readable.from([Buffer.from(dump)]);
  }
  const folder = fs.mkdtempSync(path.join(process.env["TMPDIR"] ?? "/tmp", "ghost-platform-test-files-"));
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), content);
  }
  const { stream } = outputOf(["tar", "-C", folder, "-cf", "-", "."]);
  stream.on("close", () => fs.rmSync(folder, { recursive: true, force: true }));
  return stream;
}
