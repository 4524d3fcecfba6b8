import { createPrivateKey, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { backupName, dumpEnd, idOf, isWholeDump, markerFile, writtenManifest } from "../format/form";
import type { Manifest, Part } from "../format/manifest";
import { outputOf, type Output } from "../contents/pipe";
import { saved } from "../contents/saved";
import { signed, signerFrom } from "../format/signature";
import type { JobFiles, JobPlan, PlannedPart } from "./plan";

/** A name has nine digits for it; whoever writes such a one wants no other to come after it. */
const highest = 900_000_000;

/**
 * Makes the files of a backup.
 *
 * @param node where the volumes are read
 * @returns its name
 * @throws Error where it would not be whole
 */
export async function makeBackup(files: JobFiles, node: string): Promise<string> {
  const plan = JSON.parse(fs.readFileSync(files.plan, "utf8")) as JobPlan;
  const signer = signerFrom(createPrivateKey(fs.readFileSync(files.signingKey)));
  // Everything in it is newer.
  const began = fs.statSync(files.names).mtime;
  const sequence = nextNumber(fs.readFileSync(files.names, "utf8").split("\n"));
  const id = idOf(began, sequence);
  fs.rmSync(files.parts, { recursive: true, force: true });
  fs.mkdirSync(files.parts);
  const parts: Part[] = [];
  // Of two that are made in one second and so have one name, each manifest names its own parts.
  const run = randomBytes(4).toString("hex");
  for (const one of plan.parts) {
    const { kind, volume } = one.contents;
    const name = `${parts.length + 1}-${volume.name}-${run}.${kind === "files" ? "tar" : "sql"}.gz.age`;
    const part = await saved(path.join(files.parts, name), { ...one.contents, node }, opened(one, files.pack), plan);
    parts.push(part);
    console.log(`${part.file}: ${part.bytes} bytes`);
  }
  const manifest: Omit<Manifest, "format" | "version"> = {
    stack: plan.stack,
    platform: "kubernetes",
    id,
    sequence,
    createdAt: began.toISOString(),
    seconds: Math.max(0, Math.round((Date.now() - began.getTime()) / 1000)),
    without: ["deployment"],
    parts,
  };
  fs.writeFileSync(files.sums, parts.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join(""));
  fs.writeFileSync(files.manifest, signed(writtenManifest(manifest), signer));
  fs.writeFileSync(files.id, id);
  return id;
}

/** The number after all that the store has. */
function nextNumber(folders: readonly string[]): number {
  const names = folders.map((folder) => folder.replace(/\/$/, "")).filter((name) => backupName.test(name));
  const numbers = names.map((name) => Number(/\d+$/.exec(name)?.[0] ?? 0));
  const last = Math.max(0, ...numbers);
  if (last > highest) {
    throw new Error(
      `the store has a backup with number ${last}, behind which there is no other: look who has written it, and remove it`,
    );
  }
  return last + 1;
}

function opened({ contents, from }: PlannedPart, pack: string): Output {
  if (contents.kind === "files") {
    return outputOf(["sh", pack], { volume: from, name: markerFile });
  }
  mustBeWhole(from);
  return { stream: fs.createReadStream(from), ended: Promise.resolve(), kill: () => undefined };
}

/** What the client writes at its end. */
function mustBeWhole(dump: string): void {
  const file = fs.openSync(dump, "r");
  try {
    const end = Buffer.alloc(dumpEnd);
    const { size } = fs.fstatSync(file);
    fs.readSync(file, end, 0, end.length, Math.max(0, size - end.length));
    if (!isWholeDump(end.toString("latin1"))) {
      throw new Error("the dump of the databases ends in its middle");
    }
  } finally {
    fs.closeSync(file);
  }
}
