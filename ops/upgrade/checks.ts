import * as fs from "node:fs";
import { imageHosts } from "../../config/swarm/swarm-nodes";
import type { StackConfig } from "../../config/schema";
import { EnginePuller } from "../../deploy/images/pull";
import { DockerEngine } from "../../engines/docker-engine";
import { makeFolder } from "../../files/files";
import { upgradeFolder } from "../../home/upgrade-folder";
import { shownBytes } from "../../terminal/bytes";
import { step } from "../../terminal/progress";
import type { ChangedImage } from "../../home/upgrade-journal";
import type { DatabaseFacts } from "./site-database";

/** What a migration and the tables that a restore puts aside may need beside the data. */
const spare = 64 * 2 ** 20;

/**
 * Has the engines of a swarm get the new images, while the old ones run. On Kubernetes the nodes get them themselves.
 *
 * @returns what keeps them from it, in lines
 */
export async function imageMistakes(config: StackConfig, images: readonly ChangedImage[]): Promise<string[]> {
  if (config.platform === "kubernetes") {
    return [];
  }
  const mistakes: string[] = [];
  for (const host of imageHosts(config)) {
    const engine = new DockerEngine(host);
    const puller = new EnginePuller(engine);
    for (const { after, key } of images) {
      if (await engine.hasImage(after)) {
        continue;
      }
      const sought = await step(`Get ${after} for ${host}`, (report) => puller.pull(after, report));
      if (sought.outcome !== "there") {
        mistakes.push(`${key.join(".")}: the engine at ${host} does not get ${after}: ${sought.said}`);
      }
    }
  }
  return mistakes;
}

/** What a person's own machine and the database server have to have room for. */
export interface Room {
  /** By site. */
  databases: Readonly<Record<string, DatabaseFacts>>;
  /** Free on this machine, where the copies go; undefined where it does not say. */
  here: number | undefined;
}

/**
 * Why the databases cannot be copied and restored; what cannot be known is said apart.
 *
 * @returns lines
 */
export function databaseMistakes({ databases, here }: Room): { mistakes: string[]; unknown: string[] } {
  const mistakes: string[] = [];
  const unknown: string[] = [];
  const all = Object.entries(databases);
  const needed = all.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  for (const [site, { aside, triggers }] of all) {
    if (triggers > 0) {
      mistakes.push(
        `site ${site}: its database has triggers, which Ghost makes none of, and with them it could not be put aside on a way back. Remove them, and make them again afterwards`,
      );
    }
    if (aside > 0) {
      mistakes.push(
        `site ${site}: a database whose name ends in _undone is there, with what an earlier way back has put aside. Where nobody needs it, drop it as root on the server`,
      );
    }
  }
  const [first] = all;
  const space = first?.[1].space;
  if (first && !space) {
    unknown.push("how much room is on the volume of the database server");
  } else if (space && space.free < needed + spare) {
    mistakes.push(
      `the volume of the database server has ${shownBytes(space.free)} left, and a way back would take ${shownBytes(needed + spare)} beside the data. Give it more room`,
    );
  }
  if (here === undefined) {
    unknown.push("how much room is on this machine");
  } else if (first && here < needed + spare) {
    mistakes.push(
      `this machine has ${shownBytes(here)} left where the copies of the databases go, and they may take ${shownBytes(needed + spare)}. Make room`,
    );
  }
  return { mistakes, unknown };
}

/** Bytes that are free where a stack's copies go; undefined where that is not told. */
export function freeHere(stack: string): number | undefined {
  const folder = upgradeFolder(stack);
  makeFolder(folder);
  try {
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
