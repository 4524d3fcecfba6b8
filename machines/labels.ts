import type { SwarmNodeConfig } from "../config/schema";
import { nameLabel } from "../config/swarm-nodes";

/** Names the other labels that the configuration has set, so that those which it no longer has can be taken away. */
const ownedLabel = "ghost-platform.labels";

/** The labels that a node of this name should carry. */
export function wantedLabels(name: string, { labels }: Pick<SwarmNodeConfig, "labels">): Record<string, string> {
  const keys = Object.keys(labels).sort();
  return { ...labels, [nameLabel]: name, ...(keys.length > 0 ? { [ownedLabel]: keys.join(",") } : {}) };
}

/** What has to change on a node's labels; those that somebody else has set stay. */
export interface LabelChange {
  set: Record<string, string>;
  remove: string[];
}

/** The difference between the labels there are and those there should be; undefined where there is none. */
export function labelChange(
  present: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): LabelChange | undefined {
  const owned = [...(present[ownedLabel]?.split(",") ?? []), ownedLabel];
  const set = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => present[key] !== value));
  const remove = owned.filter((key) => key in present && !(key in wanted)).sort();
  return Object.keys(set).length === 0 && remove.length === 0 ? undefined : { set, remove };
}
