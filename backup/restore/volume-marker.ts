import * as path from "node:path";
import { readScripts } from "../../platforms/scripts";
import type { RunInContainer } from "../contents/container";
import { markerFile } from "../format/form";

/*
 * How far a restore is stands in what it fills, as a small file: it goes with the data when they go, and nothing that outlives them says that
 * they are there. It is removed when the whole restore is through.
 */

/** Which restore of which backup. */
export interface RestoreRun {
  backup: string;
  /** SHA-256 of its manifest. */
  digest: string;
  /** What tells this restore from another one of the same backup. */
  run: string;
}

/** How far a restore is with one thing: `begun`, or `filled`, which for a swarm is: made anew. */
export interface Marker extends RestoreRun {
  state: "begun" | "filled";
}

export function markerText({ backup, digest, run, state }: Marker): string {
  return `${state} ${backup} ${digest} ${run}`;
}

/** Reads such a text; undefined for what is none. */
export function parseMarker(text: string): Marker | undefined {
  const [, state, backup, digest, run] = /^(begun|filled) (\S+) ([0-9a-f]{64}) ([0-9a-f]+)$/.exec(text.trim()) ?? [];
  return state !== undefined && backup !== undefined && digest !== undefined && run !== undefined
    ? { state: state as Marker["state"], backup, digest, run }
    : undefined;
}

/** What is in a volume. */
export type Holding = { is: "empty" } | { is: "marked"; marker: Marker } | { is: "full"; example: string };

const scripts = readScripts(path.join(__dirname, "scripts"), [
  "look-into-volume.sh",
  "mark-volume.sh",
  "clear-volume.sh",
  "unmark-volume.sh",
]);

/** Looks into a volume mounted at `$volume`, and leaves it as it is; what it prints is for `holdingOf`. */
export const lookScript = scripts["look-into-volume.sh"];

/**
 * What is in a volume, by what the look into it printed.
 *
 * @throws Error for what it does not print
 */
export function holdingOf(printed: string): Holding {
  const [first = "", second = ""] = printed.split("\n");
  const marker = first === "marked" ? parseMarker(second) : undefined;
  if (marker) {
    return { is: "marked", marker };
  }
  if (first === "empty") {
    return { is: "empty" };
  }
  if (first === "full" || first === "marked") {
    return { is: "full", example: first === "full" ? second : markerFile };
  }
  throw new Error(`the look into a volume said nothing that is known: ${printed.slice(0, 200)}`);
}

/** A volume in a container. */
export interface Mounted {
  run: RunInContainer;
  /** Where it is mounted. */
  target: string;
}

/** Writes into a volume how far a restore is with it. */
export async function mark(volume: Mounted, marker: Marker): Promise<void> {
  await inVolume(volume, "mark-volume.sh", { text: markerText(marker) });
}

/** Removes what is in a volume but for its marker. */
export async function clear(volume: Mounted): Promise<void> {
  await inVolume(volume, "clear-volume.sh");
}

/** Takes the marker away. */
export async function unmark(volume: Mounted): Promise<void> {
  await inVolume(volume, "unmark-volume.sh");
}

async function inVolume(
  { run, target }: Mounted,
  script: keyof typeof scripts,
  variables: Record<string, string> = {},
): Promise<void> {
  await run({
    program: ["sh", "-c", scripts[script]],
    variables: { volume: target, name: markerFile, ...variables },
    as: "files",
  });
}
