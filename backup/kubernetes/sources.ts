import * as path from "node:path";
import { CommandError, UserError } from "../../errors";
import { readScripts } from "../../platforms/scripts";
import { say } from "../../terminal/progress";
import { databases } from "../contents/databases";
import type { Output } from "../contents/pipe";
import type { Source } from "../platform";
import { markerFile } from "../format/form";
import { outputOfContainer, type RunningContainer } from "./exec";
import { keptClaims, type KeptClaim } from "./kept";
import type { Pod } from "./objects";
import { stackObjects } from "./stack-objects";
import { namespaceState, type ClusterPlace } from "./place";

const packScript = readScripts(path.join(__dirname, "scripts"), ["pack.sh"])["pack.sh"];

/**
 * What a stack keeps in claims, to be read in the containers that have them.
 *
 * @throws UserError with all that a backup would lack
 */
export async function claimSources(place: ClusterPlace): Promise<Source[]> {
  const { cluster, owner } = place;
  const isThere = (await namespaceState(place)) === "active";
  const [{ claims, workloads }, pods] = isThere
    ? await Promise.all([
        stackObjects(place),
        // Whoever has a claim beside the stack, too.
        cluster.objects<Pod>(["pods"]),
      ])
    : [{ workloads: [], claims: [] }, []];
  if (workloads.length === 0) {
    throw new UserError(
      `Nothing of stack ${owner} is deployed in namespace ${cluster.namespace}, so there is nothing to save`,
    );
  }
  const kept = keptClaims(
    workloads,
    pods.filter((pod) => !hasEnded(pod)),
    claims,
  );
  const unreadable = await Promise.all(kept.claims.map((claim) => lackingTools(place, claim)));
  const missing = [...kept.missing, ...unreadable.filter((one) => one !== undefined)];
  if (missing.length > 0) {
    throw UserError.fromMistakes(`A backup of stack ${owner} would lack something:`, missing);
  }
  if (kept.unused.length > 0) {
    say(`Not in it, because nothing of the stack reads it any more: ${kept.unused.join(", ")}.`);
  }
  if (kept.added.length > 0) {
    say(`Not in it, because pod.volumes of the stack file names them: ${kept.added.join(", ")}. Save them otherwise.`);
  }
  return kept.claims.map((claim) => {
    const { kind, volume } = claim.contents;
    return {
      contents: claim.contents,
      title: `Save ${volume.name}`,
      name: `${volume.name}.${kind === "files" ? "tar" : "sql"}`,
      open: () => readClaim(place, claim),
    };
  });
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function runningIn({ cluster }: ClusterPlace, { container, pod }: KeptClaim): RunningContainer {
  return { cluster, pod, container };
}

/** SQL of a database, a tar archive of the rest. */
function readClaim(place: ClusterPlace, claim: KeptClaim): Output {
  const { kind, target } = claim.contents;
  return kind === "files"
    ? outputOfContainer(runningIn(place, claim), ["sh", "-c", packScript], { volume: target, name: markerFile })
    : outputOfContainer(runningIn(place, claim), ["bash", "-c", databases[kind].dump]);
}

/** Which programs a container lacks with which it is read, in words. */
async function lackingTools(
  { cluster }: ClusterPlace,
  { container, contents, pod }: KeptClaim,
): Promise<string | undefined> {
  const wanted = contents.kind === "files" ? "tar" : "bash";
  try {
    await cluster.kubectl(["exec", pod, "--container", container, "--", "sh", "-c", `command -v ${wanted}`]);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    return /command terminated with exit code|executable file not found/.test(error.output)
      ? `${contents.service}: ${contents.volume.name} is read with sh and ${wanted} in its own container, and image ${contents.image} has not both. kubectl said: ${error.output.trim() || error.message}`
      : `${contents.service}: nothing can be run in pod ${pod}, so ${contents.volume.name} cannot be read: ${error.output.trim() || error.message}`;
  }
}
