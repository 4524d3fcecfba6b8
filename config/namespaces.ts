import { keyOf } from "./issues";
import { isMap, type RawConfig } from "./files/machine";
import { nearest } from "./values/nearest";
import { stackSchema } from "./schema";
import { keysOf } from "./schema/walk";

/** The prefix of this program's keys in a stack file: the project's name in Pulumi.yaml. */
export const configNamespace = "ghost-platform";

/** Settings of providers that Pulumi would read. The program makes its providers itself. */
const providers: Record<string, string> = {
  kubernetes: "the keys under ghost-platform:kubernetes",
  docker: "the keys under ghost-platform:swarm",
  random: "none, as it has no settings",
  command: "none, as it is not used",
};

/**
 * A key as a stack file writes it, told apart: this program's without its prefix; any other as it is, with a colon in it. `pulumi:…` is
 * Pulumi's own, such as `pulumi:tags`, and undefined here.
 */
export function ownKey(key: string): string | undefined {
  const [namespace = "", ...rest] = key.split(":");
  if (rest.length === 0) {
    return `:${key}`;
  }
  return namespace === configNamespace ? rest.join(":") : namespace === "pulumi" ? undefined : key;
}

/** This program's keys, and what is wrong with those that are not: nobody reads them. */
export function withoutForeign(raw: RawConfig): { own: RawConfig; mistakes: string[] } {
  const entries = Object.entries(raw);
  return {
    own: Object.fromEntries(entries.filter(([key]) => !key.includes(":"))),
    mistakes: entries.flatMap(([key]) => (key.includes(":") ? [foreign(key)] : [])),
  };
}

function foreign(key: string): string {
  const [namespace = "", ...rest] = key.split(":");
  const name = rest.join(":");
  const known = keysOf(stackSchema);
  const meant = known.includes(name) ? name : nearest(name, known);
  if (namespace === "") {
    return `${name}: has no prefix, so nobody reads it. ${meant === undefined ? `Keys of this program begin with ${configNamespace}:` : `Did you mean ${configNamespace}:${meant}?`}`;
  }
  const instead = providers[namespace];
  if (instead !== undefined) {
    return `${key}: without effect, because this program makes its providers itself. Remove it, and use ${instead}`;
  }
  const isTypo = nearest(namespace, [configNamespace]) !== undefined;
  return `${key}: unknown prefix, so nobody reads it. ${isTypo ? `Did you mean ${configNamespace}:${meant ?? name}?` : `Keys of this program begin with ${configNamespace}:, Pulumi's own with pulumi:. Remove it`}`;
}

/** A value that only the Pulumi CLI can read, as a stack file writes it. */
function isEncrypted(value: unknown): boolean {
  return isMap(value) && Object.keys(value).length === 1 && typeof value["secure"] === "string";
}

/** Where a stack file has encrypted values. */
export function encryptedPaths(value: unknown, path: readonly string[] = []): string[][] {
  if (isEncrypted(value)) {
    return [[...path]];
  }
  const entries = Array.isArray(value) ? [...value.entries()] : isMap(value) ? Object.entries(value) : [];
  return entries.flatMap(([key, entry]) => encryptedPaths(entry, [...path, String(key)]));
}

/**
 * Values that are encrypted in the file would be plain text in a container's settings, where everybody reads them who may look at the
 * container. So none is taken.
 */
export function encryptedMistake(path: readonly string[], platform: unknown): string {
  const [app = "", name = ""] = path;
  const files =
    app === "mailRelay"
      ? "in mailRelay.passwordFile"
      : platform === "kubernetes"
        ? "in mailRelay.passwordFile, or as a Secret of the cluster that a preset of kubernetes.podPresets refers to"
        : `in mailRelay.passwordFile, or under ${app === "wordpress" ? `wordpress.${name}` : "sites.<name>"}.secrets`;
  return `${keyOf(path)}: is encrypted (secure), and would be plain text where it is used. Put a secret into a file outside the repository and name the file ${files}; write what is no secret in plain text`;
}
