import { isTrue } from "../../engines/kubernetes-objects";
import { unsavedLabel } from "../../platforms/kubernetes/backup-record";
import { furtherVolumesOf } from "../../platforms/kubernetes/pods/further-parts";
import { isFollower, keptIn } from "../contents/databases";
import type { VolumePart } from "../format/manifest";
import {
  claimsOf,
  ordinalOf,
  secretFiles,
  type Claim,
  type Container,
  type Pod,
  type PodSpec,
  type Workload,
} from "./objects";

/** A claim that a backup holds, and the container that has it. */
export interface KeptClaim {
  contents: Pick<VolumePart, "image" | "kind" | "node" | "service" | "target" | "volume"> & { data?: string };
  pod: string;
  container: string;
}

/** What of a stack is in a backup. */
export interface Kept {
  claims: KeptClaim[];
  /** What keeps a backup from being one, in words. */
  missing: string[];
  /** Claims that nothing mounts, which are left out. */
  unused: string[];
  /** Claims that a person has added to pods, which are left out. */
  added: string[];
}

/**
 * What a stack keeps in claims: databases as such, the rest as files. Left out is a server that only follows another one: it fills itself from
 * there. Found on what runs, so that it holds for whatever the stack is made of. Each claim must have one pod, which is ready: of any other it is
 * not known what it would give.
 *
 * @param workloads those of the stack
 * @param pods all that have not ended, whose ever they are
 * @param claims those of the stack
 */
export function keptClaims(workloads: readonly Workload[], pods: readonly Pod[], claims: readonly Claim[]): Kept {
  const kept: Kept = { claims: [], missing: [], unused: [], added: addedClaims(workloads) };
  const mounted = new Set<string>();
  for (const workload of workloads) {
    for (const name of podNames(workload, pods)) {
      const pod = pods.find(({ metadata }) => metadata.name === name);
      const own = ownClaims(workload, name, pod?.spec);
      own.forEach(({ claim }) => mounted.add(claim));
      if (isUnsaved(workload)) {
        continue;
      }
      for (const one of own.filter(({ follows }) => !follows)) {
        const users = pods.filter(({ spec }) => [...claimsOf(spec).values()].includes(one.claim));
        const claim = claims.find(({ metadata }) => metadata.name === one.claim);
        const trouble = troubleOf(workload, one, name, pod, users, claim);
        if (trouble !== undefined || !pod || !claim) {
          kept.missing.push(trouble ?? `${workload.metadata.name}: claim ${one.claim} cannot be found`);
          continue;
        }
        kept.claims.push({
          contents: {
            ...one.keeps,
            service: workload.metadata.name,
            node: pod.spec.nodeName ?? "",
            image: one.container.image,
            target: one.target,
            volume: volumeOf(claim),
          },
          pod: name,
          container: one.container.name,
        });
      }
    }
  }
  // Of two pods each has the same trouble.
  kept.missing = [...new Set(kept.missing)];
  kept.unused = claims.map(({ metadata }) => metadata.name).filter((name) => !mounted.has(name));
  return kept;
}

function addedClaims(workloads: readonly Workload[]): string[] {
  const names = workloads.flatMap(({ spec: { template } }) => {
    const claims = claimsOf(template.spec);
    return furtherVolumesOf(template.metadata?.annotations).flatMap((volume) => claims.get(volume) ?? []);
  });
  return [...new Set(names)];
}

/** Whether no backup holds what a workload keeps. */
function isUnsaved({ metadata: { labels = {} } }: Workload): boolean {
  return Object.entries(unsavedLabel).every(([label, value]) => labels[label] === value);
}

/** A claim as a container has it. */
export interface OwnClaim {
  claim: string;
  /** Name of the volume in the pod. */
  volume: string;
  container: Container;
  target: string;
  keeps: { kind: VolumePart["kind"]; data?: string };
  /** Whether its container fills itself from another one. */
  follows: boolean;
}

/**
 * The claims with the data of a workload, of a pod of it that runs or not, each with the container that writes there. What a person has added is none of it.
 *
 * @param name of the pod
 * @param spec of the pod; undefined for one that is not there, of which the workload's template tells
 */
export function ownClaims(workload: Workload, name: string, spec?: PodSpec): OwnClaim[] {
  const { template, volumeClaimTemplates = [] } = workload.spec;
  const pod = spec ?? template.spec;
  const fromTemplates = volumeClaimTemplates.map(
    ({ metadata }) => [metadata.name, `${metadata.name}-${name}`] as const,
  );
  const further = furtherVolumesOf(template.metadata?.annotations);
  const claims = new Map([...fromTemplates, ...claimsOf(pod)]);
  const ordinal = workload.kind === "StatefulSet" ? ordinalOf(name) : undefined;
  return [...claims].flatMap(([volume, claim]) => {
    if (further.includes(volume)) {
      return [];
    }
    const mounts = pod.containers.flatMap((container) =>
      (container.volumeMounts ?? []).map((mount) => ({ container, mount })),
    );
    const found = mounts.find(({ mount }) => mount.name === volume && !mount.readOnly);
    if (!found) {
      return [];
    }
    const { container, mount } = found;
    const environment = (container.env ?? []).flatMap((one) =>
      one.value === undefined ? [] : [`${one.name}=${one.value}`],
    );
    const keeper = { target: mount.mountPath, secrets: secretFiles(pod, container), environment, ordinal };
    return [{ claim, volume, container, target: mount.mountPath, keeps: keptIn(keeper), follows: isFollower(keeper) }];
  });
}

/** Names of the pods that a workload has, or is to have: those of a StatefulSet are known before they are there. */
function podNames({ kind, metadata, spec }: Workload, pods: readonly Pod[]): string[] {
  if (kind === "StatefulSet") {
    return Array.from({ length: Math.max(1, spec.replicas ?? 1) }, (_, ordinal) => `${metadata.name}-${ordinal}`);
  }
  const labels = Object.entries(spec.selector.matchLabels ?? {});
  const own = pods.filter((pod) => labels.every(([label, value]) => pod.metadata.labels?.[label] === value));
  return own.length > 0 ? own.map((pod) => pod.metadata.name) : [metadata.name];
}

function troubleOf(
  { metadata: { name } }: Workload,
  { claim, container, volume }: OwnClaim,
  podName: string,
  pod: Pod | undefined,
  users: readonly Pod[],
  found: Claim | undefined,
): string | undefined {
  if (!pod) {
    return `${name}: no pod of it runs, so what it keeps in claim ${claim} cannot be read. See npm run ops -- diagnose`;
  }
  const names = users.map(({ metadata }) => metadata.name);
  if (users.length > 1) {
    return `${name}: ${names.length} pods have claim ${claim} (${names.join(", ")}), so what it holds may change under two hands. Wait until one of them is gone`;
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    return `${name}: pod ${podName} is being ended. Wait until the next one is ready`;
  }
  if (!isTrue(pod.status?.conditions, "Ready") || pod.spec.nodeName === undefined) {
    return `${name}: pod ${podName} is not ready, so what claim ${claim} holds may not be whole. See npm run ops -- diagnose`;
  }
  if (container.volumeMounts?.some((mount) => mount.name === volume && mount.subPath !== undefined)) {
    return `${name}: container ${container.name} has a part of claim ${claim} alone (subPath), so the rest cannot be read`;
  }
  return found
    ? undefined
    : `${name}: claim ${claim} has not the label of the stack, so it is somebody else's. Hand it over, or mount none`;
}

function volumeOf({ metadata, spec }: Claim): VolumePart["volume"] {
  const size = spec.resources?.requests?.storage;
  return {
    name: metadata.name,
    driver: "claim",
    options: {
      ...(size === undefined ? {} : { size }),
      ...(spec.storageClassName === undefined ? {} : { storageClass: spec.storageClassName }),
    },
    labels: metadata.labels ?? {},
  };
}
