import { run } from "../../../engines/process";
import { imageNames } from "../../../sandbox/images";
import { defaultImages } from "../../../config/images";
import type { Engine } from "./swarm-place";

/*
 * Other versions of Ghost than the one that the sandbox builds: the same files with another number, and what that version is to do.
 */

const official = defaultImages.ghost.replace(/:[^:]*$/, "");
const current = "/var/lib/ghost/current";

/** What another Ghost does, as lines of a shell that change its files. */
const variants = {
  /** The version that the sandbox builds, under its official name. */
  "6.65.0": [],
  /** It only says another version. */
  "6.65.1": [],
  /** It makes a table. */
  "6.66.0": [migration("6.66", "await connection.schema.createTable('upgrade_marks', (table) => table.integer('n'))")],
  /** It makes a table, and cannot go on. */
  "6.67.0": [
    migration(
      "6.67",
      "await connection.schema.createTable('upgrade_marks', (table) => table.integer('n')); throw new Error('this migration cannot work')",
    ),
  ],
  /** It migrates, and does not start. */
  "6.68.0": [
    migration("6.68", "await connection.schema.dropTable('posts_meta')"),
    `sed -i '1i throw new Error("this Ghost cannot start");' ${current}/index.js`,
  ],
} as const;

export type GhostVersion = keyof typeof variants;

/** The image of a version, as the registry calls it. */
export function ghostImage(version: GhostVersion): string {
  return `${official}:${version}`;
}

/** Has an engine have images of these versions. @returns takes them away again */
export async function otherGhosts(engine: Engine, versions: readonly GhostVersion[]): Promise<() => Promise<void>> {
  for (const version of versions) {
    const changes = [
      `sed -i 's/^\\(\\s*"version": "\\)[^"]*/\\1${version}/' ${current}/package.json`,
      ...variants[version],
    ];
    const dockerfile = [
      `FROM ${imageNames.ghost}`,
      "USER root",
      ...changes.map((change) => `RUN ${change}`),
      `ENV GHOST_VERSION=${version}`,
    ].join("\n");
    await engine.dockerWithInput(
      dockerfile,
      "build",
      "--quiet",
      "--network",
      "none",
      "--tag",
      ghostImage(version),
      "-",
    );
  }
  return async () => {
    await engine.docker("image", "rm", "--force", ...versions.map(ghostImage));
  };
}

const node = ["--address", "/run/ghost-platform-containerd.sock", "--namespace", "k8s.io", "images"] as const;

/** Has the Kubernetes node of this machine have the images of an engine, those that it lacks. */
export async function putIntoNode(engine: Engine, versions: readonly GhostVersion[]): Promise<void> {
  const { stdout } = await run("ctr", [...node, "list", "--quiet"]);
  const present = stdout.split("\n");
  for (const image of versions.map(ghostImage).filter((one) => !present.includes(one))) {
    const script = 'set -o pipefail; docker --host "$0" save "$1" | ctr "${@:2}" import -';
    await run("bash", ["-c", script, engine.host, image, ...node], { timeout: 900 });
  }
}

/** Takes them away from the node again. */
export async function removeFromNode(versions: readonly GhostVersion[]): Promise<void> {
  await run("ctr", [...node, "remove", ...versions.map(ghostImage)], { timeout: 120 });
}

/** A shell line that gives Ghost a migration of this version. */
function migration(version: string, up: string): string {
  const folder = `${current}/core/server/data/migrations/versions/${version}`;
  const program = `module.exports = { async up({ connection }) { ${up}; }, async down() {} };`;
  return `mkdir -p ${folder} && printf '%s\\n' "${program}" > ${folder}/2026-11-29-00-00-00-mark.js`;
}
