import * as fs from "node:fs";
import * as path from "node:path";
import { DockerEngine } from "../../engines/docker-engine";
import { step } from "../../terminal/progress";
import { forceNewCluster, forgetOthers } from "../../machines/recover";
import { keepUnlockKey } from "../../home/unlock-key";
import { unlockedKeyFile } from "../../machines/unlocked-state";
import { nodeAddress } from "../../config/swarm/swarm-nodes";
import { UserError } from "../../errors";
import type { BackupKey } from "../format/key";
import type { Part } from "../format/manifest";
import { outputOf, runOn } from "../contents/pipe";
import type { SwarmJob } from "./place";
import { addressMistakes } from "./placement";
import { recordedAddress, rootOf } from "./state";
import { placeSwarmState, swarmMarker } from "./containers";
import { unseal } from "../format/seal";
import { markerText, parseMarker, type Marker, type RestoreRun } from "../restore/volume-marker";

/** The part that holds the state of a swarm. */
export type SwarmPart = Extract<Part, { kind: "swarm" }>;

/**
 * How far a restore is with the swarm of a machine, which stands in the state itself; undefined where no restore is at it.
 *
 * @throws UserError or CommandError where that cannot be known
 */
export async function swarmMarkerOf({ cluster }: SwarmJob, target: string): Promise<Marker | undefined> {
  const node = cluster?.wanted.nodes[target];
  return node && parseMarker(await swarmMarker(target, node, await rootOf(node.host), { do: "read" }));
}

/** Takes the marker away, when the restore is through. */
export async function unmarkSwarm({ cluster }: SwarmJob, target: string): Promise<void> {
  const node = cluster?.wanted.nodes[target];
  if (node) {
    await swarmMarker(target, node, await rootOf(node.host), { do: "remove" });
  }
}

/**
 * Starts an engine from the state of a manager, and makes a new swarm of it.
 *
 * @param found how far an earlier run of the same restore came
 */
export async function restoreSwarm(
  { cluster, stack }: SwarmJob,
  part: SwarmPart,
  folder: string,
  key: BackupKey,
  target: string,
  run: RestoreRun,
  found: Marker | undefined,
  unlockKey: string | undefined,
  scratch: string,
): Promise<void> {
  const node = cluster?.wanted.nodes[target];
  if (!node) {
    throw new UserError(`There is no node ${target} in the configuration`);
  }
  if (found?.state === "filled") {
    return;
  }
  const engine = new DockerEngine(node.host);
  if (!found) {
    await step(`Put the swarm's state on ${target}`, async () => {
      const state = path.join(scratch, "state");
      fs.mkdirSync(state, { mode: 0o700 });
      await runOn(["tar", "-C", state, "-xpf", "-"], await unseal(path.join(folder, part.file), part, key));
      const keyFile = path.join(state, "swarm", "certificates", "swarm-node.key");
      if (unlockKey !== undefined) {
        fs.writeFileSync(keyFile, unlockedKeyFile(fs.readFileSync(keyFile, "utf8"), unlockKey), { mode: 0o600 });
        keepUnlockKey(stack, unlockKey);
      }
      const archive = outputOf(["tar", "-C", state, "-cf", "-", "swarm"]);
      const marker = markerText({ ...run, state: "begun" });
      await runOn(placeSwarmState(target, node, await rootOf(node.host), marker), archive.stream);
      await archive.ended;
    });
  }
  await step(`Make a new swarm of it on ${target}`, async (report) => {
    await forceNewCluster(engine, nodeAddress(node) ?? "", report);
    // They are empty and join as new nodes, or are none of this site's.
    await forgetOthers(engine);
    // From here on it lives, and must not be made anew.
    await swarmMarker(target, node, await rootOf(node.host), {
      do: "write",
      marker: markerText({ ...run, state: "filled" }),
    });
  });
  // Of a state that does not say it.
  const mistakes = addressMistakes(await recordedAddress(engine), target, cluster.wanted.nodes);
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("The other machines cannot join:", mistakes);
  }
}
