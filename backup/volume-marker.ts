import * as path from "node:path";
import type { DockerEngine } from "../engines/docker-engine";
import { readScripts } from "../platforms/scripts";
import type { Part, VolumeInfo } from "./manifest";
import { mountWithoutName } from "./swarm/placement";
import { markerFile, onVolume } from "./swarm/containers";

/*
 * How far a restore is stands in what it fills, as a small file: it goes with the data when they go, and nothing that outlives them says that
 * they are there. It is removed when the whole restore is through.
 */

/** A part that is a volume, on the machine where it is to be. */
export type VolumePart = Extract<Part, { volume: VolumeInfo }>;

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

/** Its image may have to be pulled. */
const limitSeconds = 15 * 60;

/**
 * Looks into a volume, and leaves it as it is.
 *
 * @param isThere whether the engine has a volume of this name; else what its options mount is looked into
 * @throws CommandError where that cannot be known
 */
export async function lookInto(
  engine: DockerEngine,
  { image, volume }: VolumePart,
  isThere: boolean,
): Promise<Holding> {
  const rights = ["--user", "0:0", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE"];
  const mount = isThere
    ? `type=volume,source=${volume.name},target=/volume,volume-nocopy,readonly`
    : mountWithoutName(volume, "/volume");
  const { stdout } = await engine.docker(
    [
      ...["run", "--rm", "--network", "none", "--read-only", ...rights, "--mount", mount],
      ...[
        "--env",
        "volume=/volume",
        "--env",
        `name=${markerFile}`,
        "--entrypoint",
        "sh",
        image,
        "-c",
        scripts["look-into-volume.sh"],
      ],
    ],
    { timeout: limitSeconds },
  );
  const [first = "", second = ""] = stdout.split("\n");
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
  throw new Error(`the look into volume ${volume.name} said nothing that is known: ${stdout.slice(0, 200)}`);
}

/** Writes into a volume how far a restore is with it. */
export async function mark(engine: DockerEngine, part: VolumePart, marker: Marker): Promise<void> {
  await inVolume(engine, part, "mark-volume.sh", { text: markerText(marker) });
}

/** Removes what is in a volume but for its marker. */
export async function clear(engine: DockerEngine, part: VolumePart): Promise<void> {
  await inVolume(engine, part, "clear-volume.sh", {});
}

/** Takes the marker away. */
export async function unmark(engine: DockerEngine, part: VolumePart): Promise<void> {
  await inVolume(engine, part, "unmark-volume.sh", {});
}

async function inVolume(
  engine: DockerEngine,
  { image, target, volume }: VolumePart,
  script: keyof typeof scripts,
  variables: Record<string, string>,
): Promise<void> {
  // Mounted where the service mounts it, a new volume takes over what the image has there, and its owner.
  const command = onVolume(image, `${volume.name}:${target}`, "sh", { volume: target, name: markerFile, ...variables });
  await engine.docker([...command, "-c", scripts[script]], { timeout: limitSeconds });
}
