import type { SecretOfOthers } from "../../config/kubernetes/secrets-of-others";
import { existingPasswordMistake } from "../../config/mysql/existing-secret";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { UserError } from "../../errors";
import { ownerLabel } from "../../platforms/kubernetes/labels";
import { known, ownedBy } from "../../platforms/kubernetes/ownership";

interface Secret {
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string };
  data?: Record<string, string>;
}

/**
 * Refuses Secrets of somebody else's that are not there or lack a key, with a password that the database server cannot be given, or that are a stack's own
 * after all and would go with it. What is in them is looked at, and neither kept nor told.
 *
 * @throws UserError with all of them; also where the cluster does not tell
 */
export async function refuseUnfitSecrets(
  cluster: KubernetesCluster,
  owner: string,
  named: readonly SecretOfOthers[],
): Promise<void> {
  const mistakes = await secretMistakes(cluster, named);
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(
      `Stack ${owner} is to have passwords from Secrets that are there already, and cannot, so nothing is changed. Its namespace has to be there before, with its mark (${cluster.commandLine("create", "namespace", cluster.namespace)}, then ${cluster.commandLine("label", "namespace", cluster.namespace, ownedBy(owner))}):`,
      mistakes,
    );
  }
}

/** What is wrong with each; none for what is well. */
export async function secretMistakes(cluster: KubernetesCluster, named: readonly SecretOfOthers[]): Promise<string[]> {
  const names = [...new Set(named.map(({ name }) => name))];
  const secrets = await known(cluster, async () =>
    (await Promise.all(names.map((name) => read(cluster, name)))).flat(),
  );
  return named.flatMap((one) => mistakeOf(cluster, one, secrets) ?? []);
}

/** Alone, by its name: who deploys may not be allowed to read others. */
async function read(cluster: KubernetesCluster, name: string): Promise<Secret[]> {
  const text = await cluster.read(["get", "--output", "json", "--ignore-not-found", `secret/${name}`]);
  const found = text.trim() === "" ? [] : (JSON.parse(text) as Secret | { items: Secret[] });
  return "items" in found ? found.items : [found].flat();
}

function mistakeOf(
  cluster: KubernetesCluster,
  { at, key, name, of, user }: SecretOfOthers,
  secrets: readonly Secret[],
): string | undefined {
  const secret = secrets.find(({ metadata }) => metadata.name === name);
  if (!secret) {
    return `${at}: there is no Secret ${name} in namespace ${cluster.namespace}. Have it filled with the key ${key}, or name another one`;
  }
  const stack = secret.metadata.labels?.[ownerLabel];
  if (secret.metadata.deletionTimestamp !== undefined) {
    return `${at}: Secret ${name} is being deleted. Name another one`;
  }
  if (stack !== undefined) {
    return `${at}: Secret ${name} belongs to stack ${stack}, and is deleted with it. Take it away from there first, if that is meant: ${cluster.commandLine("label", "secret", name, `${ownerLabel}-`)}`;
  }
  const value = secret.data?.[key];
  if (value === undefined) {
    const keys = Object.keys(secret.data ?? {});
    return `${at}: Secret ${name} has no key ${key}; it has ${keys.join(", ") || "none"}. Have it filled, or name another one`;
  }
  const text = Buffer.from(value, "base64").toString("latin1");
  const mistake =
    of === "inbox" ? loginsMistake(text) : of === "owner" ? ownerMistake(text) : existingPasswordMistake(text, user);
  return mistake && `${at}: ${of === "inbox" ? "what is" : "the password"} in key ${key} of Secret ${name}: ${mistake}`;
}

/** What is wrong with a file of logins for the inbox, which would let nobody in. */
function loginsMistake(text: string): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length > 0 && lines.every((line) => /^[^:\s]+:.+$/.test(line.trim()))
    ? undefined
    : "it must have a user, a colon and a password a line, for example of htpasswd -nbB";
}

/** What is wrong with the first password of an owner. Ghost has rules of its own beside the length. */
function ownerMistake(text: string): string | undefined {
  return text.trim().length >= 10 && !text.trim().includes("\n")
    ? undefined
    : "it must have 10 characters or more, in one line";
}
