import * as fs from "node:fs";
import * as path from "node:path";
import { CommandError, UserError } from "../errors";
import { step } from "../terminal/progress";
import { deploymentText, readDeployment, type Deployment } from "./contents/deployment";
import type { BackupKey } from "./format/key";
import { idOf, type leftOut, manifestText, mustBeRestorable, type Manifest, type Part } from "./format/manifest";
import type { BackupPlatform, CreateOptions, Source } from "./platform";
import { saved } from "./contents/saved";
import {
  nextSequence,
  removeLeftovers,
  unfinishedFolder,
  writeManifest,
  writeVerification,
} from "./store/stack-folder";
import type { Store } from "./store/store";
import { verify } from "./contents/trial";

/** What a backup is made of and where it goes. */
export interface BackupJob {
  stack: string;
  platform: BackupPlatform;
  /** Where this stack's backups are, with its lock held. */
  store: Store;
  key: BackupKey;
}

/**
 * Makes a backup, reads it back, and gives it its name only then: what stands in the store under a name is whole.
 *
 * @throws UserError for what forbids it, before anything is touched; nothing half made is left
 */
export async function create(job: BackupJob, options: CreateOptions): Promise<Omit<Manifest, "format" | "version">> {
  try {
    return await made(job, options);
  } catch (error) {
    throw error instanceof CommandError ? new UserError(error.message) : error;
  }
}

async function made(
  { key, platform, stack, store }: BackupJob,
  options: CreateOptions,
): Promise<Omit<Manifest, "format" | "version">> {
  const began = Date.now();
  const found = await platform.sources(options);
  mustBeRestorable(found.map(({ contents }) => contents));
  const trial = await platform.trialPlace();
  const deployment = await readDeployment(stack);
  const { folder } = store;
  const sequence = await nextSequence(
    folder,
    stack,
    key,
    store.incomplete.map((one) => one.id),
  );
  const id = idOf(new Date(began), sequence);
  const unfinished = unfinishedFolder(folder, id);
  const parts: Part[] = [];
  try {
    removeLeftovers(folder);
    fs.mkdirSync(unfinished, { mode: 0o700 });
    for (const source of [ofThisMachine(deployment), ...found]) {
      const { contents, name, open, settled, title } = source;
      // With a number: two names may become one.
      const file = path.join(unfinished, `${parts.length + 1}-${name}.gz.age`);
      await step(title, async () => parts.push(await saved(file, contents, open(), key)));
      if (settled) {
        await step(settled.title, settled.wait);
      }
    }
    const manifest: Omit<Manifest, "format" | "version"> = {
      stack,
      platform: platform.name,
      id,
      sequence,
      createdAt: new Date(began).toISOString(),
      seconds: Math.max(0, Math.round((Date.now() - began) / 1000)),
      without: notIn(platform, parts, deployment),
      parts,
    };
    const text = manifestText(manifest);
    await verify(manifest, unfinished, key, trial);
    const digest = writeManifest(unfinished, text, key);
    writeVerification(unfinished, digest, new Date(), key);
    await store.publish(unfinished, manifest);
    return manifest;
  } catch (error) {
    fs.rmSync(unfinished, { recursive: true, force: true });
    throw store.trouble(error, "What was begun is removed, and the backups that were there are as before.");
  }
}

function ofThisMachine(deployment: Deployment): Source {
  return {
    contents: { kind: "deployment" },
    title: "Save what this machine knows",
    name: "deployment.json",
    open: () => ({ stream: deploymentText(deployment), ended: Promise.resolve(), kill: () => undefined }),
  };
}

function notIn(
  { name }: BackupPlatform,
  parts: readonly Part[],
  { deployed, state }: Deployment,
): (keyof typeof leftOut)[] {
  const hasState = parts.some(({ kind }) => kind === "swarm");
  return [
    ...(name === "swarm" && !hasState ? ["swarm" as const] : []),
    ...(deployed?.engine === "pulumi" && !state ? ["pulumi-state" as const] : []),
  ];
}
