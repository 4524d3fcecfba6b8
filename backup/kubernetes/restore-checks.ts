import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import type { SecretOfOthers } from "../../config/kubernetes/secrets-of-others";
import { secretMistakes } from "../../deploy/before/secrets-of-others";
import { CommandError, UserError } from "../../errors";
import { quantity } from "../../engines/kubernetes-quantity";
import { reference, refuseForeign } from "../../platforms/kubernetes/ownership";
import type { VolumeToFill } from "../restore/fill";
import type { VolumePart } from "../format/manifest";
import type { Placing } from "../platform";
import type { Backup } from "../store/stack-folder";
import { markerFile } from "../format/form";
import { holdingOf, lookScript, type Holding } from "../restore/volume-marker";
import { claimsOf, type Claim, type Pod } from "./objects";
import { stackObjects } from "./stack-objects";
import { namespaceState, type ClusterPlace } from "./place";
import { workingPod, type ClaimUse } from "./program";
import { removeLeftovers, waitCommand, withWorker, workerLabel } from "./worker";

/** How far an earlier run of the same restore came, as the claims say themselves. */
export interface Standing {
  /** What is known of each claim that is there, by its name. */
  claims: Map<string, VolumeToFill["found"]>;
  /** What tells that run from others; undefined where there was none. */
  run: string | undefined;
}

/**
 * Everything that forbids a restore: it only ever fills what is empty, or what it has begun to fill itself. Removes what is left of one that has
 * ended; changes nothing else.
 *
 * @param secrets passwords that the stack has from Secrets of somebody else's, and that no backup holds
 * @throws UserError with all of it
 */
export async function refuseUnfit(
  place: ClusterPlace,
  backup: Backup,
  parts: readonly VolumePart[],
  uses: ReadonlyMap<string, ClaimUse>,
  placing: Placing,
  secrets: readonly SecretOfOthers[] = [],
): Promise<Standing> {
  const { cluster, owner } = place;
  const mistakes = [...misplaced(placing), ...parts.flatMap((part) => unmounted(part, uses))];
  const known = parts.flatMap((part) => uses.get(part.volume.name) ?? []);
  await refuseForeign(
    cluster,
    owner,
    known.flatMap(({ manifests }) => manifests.map(reference)),
  );
  const state = await namespaceState(place);
  if (state === "ending") {
    mistakes.push(`namespace ${cluster.namespace} is being deleted. Wait until it is gone`);
  }
  const standing: Standing = { claims: new Map(), run: undefined };
  if (state === "absent") {
    mistakes.push(...existingClaims(uses).map(missingClaim));
  }
  if (state === "active") {
    mistakes.push(...(await unfitNamespace(place, backup, parts, uses, mistakes.length === 0, standing)));
  }
  mistakes.push(...(await secretMistakes(cluster, secrets)));
  const runs = [...standing.claims.values()].flatMap((found) => (found.is === "marked" ? [found.marker.run] : []));
  const [run, ...others] = new Set(runs);
  if (others.length > 0) {
    mistakes.push(
      `the claims were filled by ${others.length + 1} restores of this backup, which do not belong together. Remove those of the earlier one`,
    );
  }
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("This backup cannot be restored here:", mistakes);
  }
  return { ...standing, run };
}

function misplaced({ place, to }: Placing): string[] {
  return to !== undefined || Object.keys(place).length > 0
    ? [
        "--to and --place are for the machines of a swarm. Where a stack goes on Kubernetes its file says: kubernetes.context, kubernetes.namespace and the storage of each app",
      ]
    : [];
}

/** Why a part would be seen by nobody. */
function unmounted({ kind, volume }: VolumePart, uses: ReadonlyMap<string, ClaimUse>): string[] {
  const use = uses.get(volume.name);
  if (!use) {
    return [
      `claim ${volume.name}: nothing of the stack file as it is here mounts it, so what was saved there would not be seen. Have the sites, the apps, the inbox and mysql in it that were there when it was saved`,
    ];
  }
  return use.own.keeps.kind === kind
    ? []
    : [
        `claim ${volume.name}: it was saved as ${kind}, and in the stack file as it is here it holds ${use.own.keeps.kind}`,
      ];
}

/** Claims of somebody else's on which the stack's data is to be. */
function existingClaims(uses: ReadonlyMap<string, ClaimUse>): string[] {
  return [...uses].flatMap(([name, { existing }]) => (existing ? [name] : []));
}

function missingClaim(name: string): string {
  return `claim ${name}: storage.existingClaim of the stack file names it, and it is not there. Make it first, with room for what was saved`;
}

/** What to do with a claim that is in the way; nothing here deletes somebody else's. */
function elsewhere(cluster: KubernetesCluster, name: string, use: ClaimUse | undefined): string {
  return use?.existing
    ? "Name another one in storage.existingClaim, or keep its data elsewhere and empty it"
    : `Keep its data elsewhere, then: ${cluster.commandLine("delete", "persistentvolumeclaim", name)}`;
}

/** What in the namespace is in the way. */
async function unfitNamespace(
  place: ClusterPlace,
  backup: Backup,
  parts: readonly VolumePart[],
  uses: ReadonlyMap<string, ClaimUse>,
  mayLook: boolean,
  standing: Standing,
): Promise<string[]> {
  const { cluster, owner } = place;
  await removeLeftovers(place);
  const existing = existingClaims(uses);
  const [{ claims, workloads }, pods] = await Promise.all([
    stackObjects(place, existing),
    cluster.objects<Pod>(["pods"]),
  ]);
  const names = parts.map(({ volume }) => volume.name);
  const mistakes = [
    ...existing.flatMap((name) => (claims.some(({ metadata }) => metadata.name === name) ? [] : [missingClaim(name)])),
    ...(workloads.length > 0
      ? [
          `stack ${owner} is deployed in namespace ${cluster.namespace} (${workloads.map(({ metadata }) => metadata.name).join(", ")}), and a restore is for where nothing of it is. Remove it: npm run destroy -- --stack ${owner}, with --data where its data may go, too`,
        ]
      : []),
    ...claims
      .filter(({ metadata }) => !names.includes(metadata.name))
      .map(
        ({ metadata: { name } }) =>
          `claim ${name} is there already, and the backup has nothing for it: it would stand beside data of another moment. ${elsewhere(cluster, name, uses.get(name))}`,
      ),
    ...claims.flatMap(({ metadata: { name } }) =>
      pods
        .filter(
          ({ metadata, spec }) =>
            metadata.labels?.[workerLabel] === undefined && [...claimsOf(spec).values()].includes(name),
        )
        .map(({ metadata }) => `claim ${name}: pod ${metadata.name} has it. Remove what runs on it`),
    ),
  ];
  for (const claim of mayLook && mistakes.length === 0 ? claims : []) {
    const use = uses.get(claim.metadata.name);
    if (use) {
      mistakes.push(...(await unfitClaim(place, backup, claim, use, standing)));
    }
  }
  return mistakes;
}

async function unfitClaim(
  place: ClusterPlace,
  { digest }: Backup,
  { metadata: { deletionTimestamp, name }, spec, status }: Claim,
  use: ClaimUse,
  { claims }: Standing,
): Promise<string[]> {
  if (deletionTimestamp !== undefined) {
    return [`claim ${name} is being deleted. Wait until it is gone`];
  }
  const remedy = elsewhere(place.cluster, name, use);
  const other = otherThan(spec, use);
  if (other !== undefined) {
    return [`claim ${name} is there already, ${other}. ${remedy}`];
  }
  let holding: Holding;
  try {
    // One that was never bound has no volume yet.
    holding = status?.phase === "Bound" ? await lookInto(place, name, use) : { is: "empty" };
  } catch (error) {
    if (error instanceof CommandError || error instanceof UserError) {
      return [`claim ${name}: what it holds cannot be known: ${error.message}`];
    }
    throw error;
  }
  if (holding.is === "full") {
    return [
      `claim ${name} is there already and holds data (${holding.example}), and a restore overwrites nothing. ${remedy}`,
    ];
  }
  claims.set(name, holding);
  return holding.is === "marked" && holding.marker.digest !== digest
    ? [
        `claim ${name} was ${holding.marker.state} by a restore of backup ${holding.marker.backup}, which is not through. Go on with that one. Or begin anew: ${remedy}`,
      ]
    : [];
}

/** In what a claim that is there differs from the one that is to be made; a class that the stack file leaves to the cluster is the cluster's. */
function otherThan(spec: Claim["spec"], { existing, manifests }: ClaimUse): string | undefined {
  if (existing) {
    return undefined;
  }
  const wanted = manifests.find(({ kind }) => kind === "PersistentVolumeClaim")?.["spec"] as Claim["spec"] | undefined;
  const [size, wantedSize] = [spec, wanted].map((one) => one?.resources?.requests?.storage);
  const isOther = wanted?.storageClassName !== undefined && wanted.storageClassName !== spec.storageClassName;
  return quantity(size) !== quantity(wantedSize) || isOther
    ? `with ${size ?? "no size"} of class ${spec.storageClassName ?? "unknown"} instead of ${wantedSize ?? "no size"}${isOther ? ` of class ${wanted.storageClassName}` : ""}`
    : undefined;
}

async function lookInto(place: ClusterPlace, claim: string, use: ClaimUse): Promise<Holding> {
  const data = { persistentVolumeClaim: { claimName: claim } };
  const pod = workingPod(use, data, waitCommand, { readOnly: true });
  return withWorker(place, "restore", pod, async (run) => {
    const lines: string[] = [];
    await run({
      program: ["sh", "-c", lookScript],
      variables: { volume: use.own.target, name: markerFile },
      onLine: (line) => lines.push(line),
      as: "files",
    });
    return holdingOf(lines.join("\n"));
  });
}
