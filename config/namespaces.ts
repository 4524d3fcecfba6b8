import type { RawConfig } from "./files/machine";
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
