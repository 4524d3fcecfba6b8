import { UserError } from "../../errors";
import { ownerLabel } from "./labels";

/** What identifies an object of a cluster, in the stack's namespace or of the whole cluster. */
export interface ObjectReference {
  apiVersion: string;
  kind: string;
  name: string;
}

/** A part of an object as the API server tells it. */
export interface LabelledObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
}

/** Kinds of objects that stacks are made of, as kubectl takes them: those of a namespace, and those of the whole cluster. */
export const namespacedKinds = [
  "Ingress.v1.networking.k8s.io",
  "Deployment.v1.apps",
  "StatefulSet.v1.apps",
  "Job.v1.batch",
  "PodDisruptionBudget.v1.policy",
  "NetworkPolicy.v1.networking.k8s.io",
  "Service",
  "ConfigMap",
  "Secret",
  "PersistentVolumeClaim",
] as const;
/** Those that only stacks have which make backups in the cluster: who may not list them has made none. */
export const rareKinds = ["CronJob.v1.batch", "ServiceAccount"] as const;
/** Those that only stacks have whose monitoring asks the cluster for its backups; the same holds. */
export const accessKinds = ["Role.v1.rbac.authorization.k8s.io", "RoleBinding.v1.rbac.authorization.k8s.io"] as const;
export const clusterKinds = ["PriorityClass.v1.scheduling.k8s.io", "PersistentVolume", "Namespace"] as const;

/**
 * Annotation of a namespace that stays when its stack goes with its data, because the stack keeps some on claims of somebody else's, or has passwords from Secrets of theirs. It says how the stack was
 * deployed, whatever its file says since: only then does no engine delete the namespace.
 */
export const keptNamespace = { "ghost-platform/claims-of-others": "true" } as const;

/** How a cluster is asked: arguments of kubectl, whose output is returned. The namespace is the stack's. */
export interface ClusterReader {
  /** @throws where kubectl fails, with what it said */
  read(args: readonly string[]): Promise<string>;
  /** The command line of a kubectl command, for a person to copy. */
  commandLine(...args: readonly string[]): string;
}

/** Kind, version and group as kubectl takes them, for example `Deployment.v1.apps`. */
export function resource({ apiVersion, kind }: ObjectReference): string {
  const [group, version] = apiVersion.split("/");
  return version ? `${kind}.${version}.${group ?? ""}` : kind;
}

/** The selector of what a stack owns. */
export function ownedBy(owner: string): string {
  return `${ownerLabel}=${owner}`;
}

/**
 * Refuses names that something else has: what is there without the stack's mark is somebody's. What is not there is free.
 *
 * @param owner the mark of the stack; see `ownerOf`
 * @param wanted objects that the stack is to make, to change or to delete
 * @throws UserError that names each, and how it is handed over on purpose; also where the cluster does not tell whose something is
 */
export async function refuseForeign(
  cluster: ClusterReader,
  owner: string,
  wanted: readonly ObjectReference[],
): Promise<void> {
  const foreign = await known(cluster, () => foreignObjects(cluster, owner, wanted));
  if (foreign.length > 0) {
    throw UserError.fromMistakes(
      `Stack ${owner} did not make what has the names of its objects, so nothing is changed:`,
      foreign.map((object) => refusal(cluster, owner, object)),
    );
  }
}

/** The objects that have a wanted name and not the stack's mark. */
async function foreignObjects(
  cluster: ClusterReader,
  owner: string,
  wanted: readonly ObjectReference[],
): Promise<LabelledObject[]> {
  const isOfCluster = (object: ObjectReference) => (clusterKinds as readonly string[]).includes(resource(object));
  const ofCluster = wanted.filter(isOfCluster);
  const names = ofCluster.map((object) => `${resource(object)}/${object.name}`);
  const present = names.length > 0 ? await objects(cluster, names) : [];
  const notOurs = present.filter(({ metadata }) => metadata.labels?.[ownerLabel] !== owner);
  if (notOurs.some(({ kind }) => kind === "Namespace")) {
    return notOurs;
  }
  const kinds = [...new Set(wanted.filter((object) => !isOfCluster(object)).map(resource))];
  const others =
    kinds.length > 0 ? await objects(cluster, [kinds.join(","), "--selector", `${ownerLabel}!=${owner}`]) : [];
  const isWanted = ({ kind, metadata }: LabelledObject) =>
    wanted.some((object) => object.kind === kind && object.name === metadata.name);
  return [...notOurs, ...others.filter(isWanted)];
}

/** What the stack owns of these kinds. */
export async function ownedObjects(
  cluster: ClusterReader,
  owner: string,
  kinds: readonly string[],
): Promise<LabelledObject[]> {
  return known(cluster, () => objects(cluster, [kinds.join(","), "--selector", ownedBy(owner)]));
}

/**
 * Refuses to delete a namespace that holds what the stack did not make.
 *
 * @throws UserError that names it; also where the cluster does not tell
 */
export async function refuseGuests(cluster: ClusterReader, owner: string, namespace: string): Promise<void> {
  const guests = await known(cluster, async () => {
    const kinds = await cluster.read(["api-resources", "--namespaced", "--verbs=list,delete", "--output", "name"]);
    const all = kinds.split("\n").filter((kind) => kind !== "");
    return (await objects<OwnedObject>(cluster, [all.join(","), "--selector", `${ownerLabel}!=${owner}`])).filter(
      (object) => !comesByItself(object),
    );
  });
  if (guests.length > 0) {
    const unique = [...new Set(guests.map((object) => `${resource(reference(object))}/${object.metadata.name}`))];
    throw UserError.fromMistakes(
      `Namespace ${namespace} holds what stack ${owner} did not make, and would take it along, so nothing is deleted. Move it away, or delete it:`,
      unique.map((name) => cluster.commandLine("delete", name)),
    );
  }
}

/** Whether a namespace is kept for the claims of others in it. */
export async function isKeptNamespace(cluster: ClusterReader, namespace: string): Promise<boolean> {
  const found = await known(cluster, () => objects(cluster, ["namespace", namespace]));
  const annotations = found[0]?.metadata.annotations ?? {};
  return Object.entries(keptNamespace).every(([key, value]) => annotations[key] === value);
}

type OwnedObject = LabelledObject & {
  metadata: { ownerReferences?: unknown[] };
  type?: string;
};

/** What a cluster puts into each namespace, and what goes with the object that it belongs to. */
function comesByItself({ kind, metadata, type }: OwnedObject): boolean {
  return (
    (metadata.ownerReferences ?? []).length > 0 ||
    ["Event", "Endpoints", "EndpointSlice", "PodMetrics"].includes(kind) ||
    (kind === "ConfigMap" && metadata.name === "kube-root-ca.crt") ||
    (kind === "ServiceAccount" && metadata.name === "default") ||
    (kind === "Secret" && type === "kubernetes.io/service-account-token")
  );
}

/** An object's name and kind. */
export function reference({ apiVersion, kind, metadata }: LabelledObject): ObjectReference {
  return { apiVersion, kind, name: metadata.name };
}

async function objects<Item extends LabelledObject = LabelledObject>(
  cluster: ClusterReader,
  args: readonly string[],
): Promise<Item[]> {
  const text = await cluster.read(["get", "--ignore-not-found", "--output", "json", ...args]);
  if (text.trim() === "") {
    return [];
  }
  const answer = JSON.parse(text) as Item | { kind: "List"; items?: Item[] };
  return answer.kind === "List" ? ((answer as { items?: Item[] }).items ?? []) : [answer as Item];
}

/** An answer, or words: who cannot tell whose something is leaves it alone. */
export async function known<Value>(cluster: ClusterReader, ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    const { message, output, stderr } = error as Error & { output?: string; stderr?: string };
    const said = output ?? stderr;
    // Half an answer is none.
    if (said === undefined && !(error instanceof SyntaxError)) {
      throw error;
    }
    throw new UserError(
      `The cluster does not tell which objects belong to whom, so nothing is changed. Who deploys needs the right to get the stack's namespace, and to list what it is made of. Try: ${cluster.commandLine("get", "namespaces")}\nkubectl said:\n${said?.trim() || message}`,
    );
  }
}

function refusal(cluster: ClusterReader, owner: string, { apiVersion, kind, metadata }: LabelledObject): string {
  const { labels, name } = metadata;
  const other = labels?.[ownerLabel];
  const what = other === undefined ? "is there already, and no stack has made it" : `belongs to stack ${other}`;
  const overwrite = other === undefined ? [] : ["--overwrite"];
  const rename = kind === "Namespace" ? "Name another one in kubernetes.namespace" : "Delete or rename it";
  const hand = cluster.commandLine(
    "label",
    ...overwrite,
    `${resource({ apiVersion, kind, name })}/${name}`,
    ownedBy(owner),
  );
  return `${kind} ${name} ${what}. ${rename}; or hand it over, to be changed and deleted with the stack:\n      ${hand}`;
}
