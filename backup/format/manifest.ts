import { createHash } from "node:crypto";
import { z } from "zod";
import { UserError } from "../../errors";
import { GtidSet } from "./gtid";
import { backupName, format, idOf, version, whole, writtenManifest } from "./form";
import { imageReference, mountPoint, plainName, plainText, sha256Hex, volumeDriver, volumeOptions } from "./plausible";
import { blockBytes, type Sealed } from "./seal";

/** What a stack runs on. */
const platform = z.enum(["swarm", "kubernetes"]);
export type PlatformName = z.infer<typeof platform>;

/** A volume, enough to make it again. A claim of a cluster has the driver `claim`, and as options its `size` and `storageClass`. */
const volumeInfo = z.strictObject({
  name: plainName,
  driver: volumeDriver,
  options: volumeOptions,
  labels: z.record(plainText.min(1), plainText),
});
export type VolumeInfo = z.infer<typeof volumeInfo>;

/** A sealed file, which the manifest binds: by name, size, and the hash of the whole and of each block. */
const sealedFile = {
  file: plainName.regex(/\.age$/, "must end in .age"),
  bytes: z.int().min(1),
  sha256: sha256Hex,
  blocks: z.array(sha256Hex),
};

const ofVolume = {
  service: plainName,
  node: plainName,
  image: imageReference,
  target: mountPoint,
  volume: volumeInfo,
};

/** The state of the swarm, as a manager keeps it: services, secrets, configs, nodes. */
const swarmContents = z.strictObject({
  kind: z.literal("swarm"),
  node: plainName,
  autolock: z.boolean(),
  /** Where the state says that its manager listens. */
  address: z
    .string()
    .max(64)
    .regex(/^[0-9A-Za-z.:[\]-]+$/)
    .optional(),
});
/** What this machine keeps about the stack: Pulumi's state or the rendered form, passwords, the key that unlocks managers. */
const deploymentContents = z.strictObject({ kind: z.literal("deployment") });
/** Files of a volume. */
const filesContents = z.strictObject({ kind: z.literal("files"), ...ofVolume });
/**
 * Databases, as SQL. `data` is the server's data directory, where its service names one; `gtids` are the transactions that a dump of MySQL holds, to which
 * others can be added that were archived.
 */
const databaseContents = z.strictObject({
  kind: z.enum(["mysql", "postgresql"]),
  ...ofVolume,
  data: mountPoint.optional(),
  gtids: z
    .string()
    .max(100_000)
    .refine((text) => GtidSet.isOne(text), "must be a set of MySQL's transactions")
    .optional(),
});

const contents = z.discriminatedUnion("kind", [swarmContents, deploymentContents, filesContents, databaseContents]);
/** What a part of a backup holds. */
export type Contents = z.infer<typeof contents>;

export type DatabaseKind = z.infer<typeof databaseContents>["kind"];

const part = z
  .discriminatedUnion("kind", [
    swarmContents.extend(sealedFile),
    deploymentContents.extend(sealedFile),
    filesContents.extend(sealedFile),
    databaseContents.extend(sealedFile),
  ])
  .refine(({ blocks, bytes }) => blocks.length === Math.ceil(bytes / blockBytes), {
    path: ["blocks"],
    error: "must have a hash for each block",
  })
  .refine(
    (one) =>
      !("data" in one) || one.data === undefined || one.data === one.target || one.data.startsWith(`${one.target}/`),
    { path: ["data"], error: "must be in the place where the volume is mounted" },
  );
/** A sealed file of a backup. */
export type Part = Contents & Sealed & { file: string };
/** One that is a volume. */
export type VolumePart = Extract<Part, { volume: VolumeInfo }>;
/** One that is a database. */
export type DatabasePart = Extract<Part, { kind: DatabaseKind }>;

/** What may be left out of a backup, in the words for a person. */
export const leftOut = {
  swarm: "the swarm's own state (services, secrets, configs)",
  deployment: "what the machine that deploys knows (its settings, Pulumi's state, passwords)",
  "pulumi-state": "Pulumi's state, which the backend keeps that you are logged in to",
} as const;

export { backupName, idOf };

const manifestSchema = z
  .strictObject({
    format: z.literal(format),
    version: z.literal(version),
    stack: plainName,
    /** What it ran on: data are the same everywhere, and the places they go to are not. */
    platform,
    id: z.string().regex(backupName, "must be the name of a backup"),
    /** Greater than that of every backup that was made of this stack before: order, where clocks may be wrong. */
    sequence: z.int().min(1),
    createdAt: z.iso.datetime(),
    /** Seconds that making it took. */
    seconds: z.int().min(0),
    /** What is deliberately not in it. */
    without: z.array(z.enum(Object.keys(leftOut) as (keyof typeof leftOut)[])),
    parts: z.array(part).min(1).max(10_000),
  })
  .refine(({ parts }) => isUnique(parts.map(({ file }) => file.toLowerCase())), {
    path: ["parts"],
    error: "name one file twice",
  })
  .refine(
    ({ parts }) => isUnique(parts.flatMap(({ kind }) => (kind === "swarm" || kind === "deployment" ? [kind] : []))),
    {
      path: ["parts"],
      error: "hold two of what there is one of",
    },
  )
  .refine(({ parts, platform: on }) => on === "swarm" || !parts.some(({ kind }) => kind === "swarm"), {
    path: ["parts"],
    error: "hold the state of a swarm, and the stack was on none",
  });

/** What a backup is, and all that decides what a restore does. Nothing of it is secret; it is signed. */
export type Manifest = Omit<z.infer<typeof manifestSchema>, "parts"> & { parts: Part[] };

const verificationSchema = z.strictObject({
  format: z.literal("ghost-platform backup verification"),
  version: z.literal(version),
  /** SHA-256 of the manifest's text. */
  manifest: sha256Hex,
  verifiedAt: z.iso.datetime(),
});
/** That a backup was read back as a whole, and its databases loaded into a server. */
export type Verification = z.infer<typeof verificationSchema>;

/** What binds another statement to a manifest. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Refuses what is to be saved and could not be restored, before anything is done.
 *
 * @throws UserError with all of it
 */
export function mustBeRestorable(all: readonly Contents[]): void {
  const mistakes = all.flatMap((one) =>
    mistakesOf(contents.safeParse(one), "volume" in one ? one.volume.name : one.kind),
  );
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("This cannot be saved so that it could be restored:", mistakes);
  }
}

/**
 * A manifest as text, to be signed.
 *
 * @throws UserError for one that no restore would take
 */
export function manifestText(manifest: Omit<Manifest, "format" | "version">): string {
  parsed(manifestSchema, whole(manifest), "This cannot be saved so that it could be restored:");
  return writtenManifest(manifest);
}

/**
 * Reads the text of a manifest.
 *
 * @param where the file, for messages
 * @throws UserError for what is none, is of a newer format, or says what no backup says
 */
export function parseManifest(text: string, where: string): Manifest {
  return parsed(manifestSchema, json(text, where), `${where} says what no backup of this program says:`);
}

/** A verification as text, to be signed. */
export function verificationText(manifest: string, verifiedAt: Date): string {
  const statement: Verification = {
    format: "ghost-platform backup verification",
    version,
    manifest,
    verifiedAt: verifiedAt.toISOString(),
  };
  return `${JSON.stringify(statement, undefined, 2)}\n`;
}

/** Reads the text of a verification. */
export function parseVerification(text: string, where: string): Verification {
  return parsed(verificationSchema, json(text, where), `${where} is no verification of a backup:`);
}

function json(text: string, where: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${where} is not the text that this program writes`);
  }
  const found = typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
  if (typeof found === "number" && found > version) {
    throw new UserError(
      `${where} is of format ${found}, and this program reads format ${version}: it was made by a newer one. Take that, or name another backup`,
    );
  }
  return value;
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, heading: string): Value {
  const result = schema.safeParse(value);
  if (!result.success) {
    throw UserError.fromMistakes(heading, mistakesOf(result).slice(0, 20));
  }
  return result.data;
}

function mistakesOf(result: z.ZodSafeParseResult<unknown>, of?: string): string[] {
  return (result.error?.issues ?? []).map(({ message, path }) =>
    [...(of === undefined ? [] : [of]), path.map(String).join(".") || "all", message].join(": "),
  );
}

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
