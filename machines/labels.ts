import type { SwarmNodeConfig } from "../config/schema";
import { nameLabel } from "../config/swarm/swarm-nodes";

/** What is before a stack's name in the label that lists which labels of a node it has set: what one stack has set no other one changes. */
const listPrefix = "ghost-platform.labels.";

/** The labels that a node of this name should carry for a stack. */
export function wantedLabels(
  stack: string,
  name: string,
  { labels }: Pick<SwarmNodeConfig, "labels">,
): Record<string, string> {
  const set = { ...labels, [nameLabel]: name };
  return { ...set, [`${listPrefix}${stack}`]: Object.keys(set).sort().join(",") };
}

/** What has to change on a node's labels; those that somebody else has set stay. */
export interface LabelChange {
  set: Record<string, string>;
  remove: string[];
}

/** The difference between the labels there are and those a stack wants; undefined where there is none. */
export function labelChange(
  stack: string,
  present: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): LabelChange | undefined {
  const others = new Set(listsOfOthers(stack, present).flatMap(({ keys }) => keys));
  const own = present[`${listPrefix}${stack}`]?.split(",") ?? [];
  const set = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => present[key] !== value));
  const remove = own.filter((key) => key in present && !(key in wanted) && !others.has(key)).sort();
  return Object.keys(set).length === 0 && remove.length === 0 ? undefined : { set, remove };
}

/** A label that another stack has set to something else: its services are placed by it. */
export interface LabelOfOther {
  key: string;
  present: string;
  wanted: string;
  stack: string;
  /** The label that says so. */
  list: string;
}

/** What a stack cannot have, because another one has it otherwise. */
export function labelsOfOthers(
  stack: string,
  present: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): LabelOfOther[] {
  return listsOfOthers(stack, present).flatMap(({ keys, list, stack: other }) =>
    keys.flatMap((key) => {
      const [is, shouldBe] = [present[key], wanted[key]];
      return is === undefined || shouldBe === undefined || is === shouldBe
        ? []
        : [{ key, present: is, wanted: shouldBe, stack: other, list }];
    }),
  );
}

function listsOfOthers(stack: string, present: Readonly<Record<string, string>>) {
  return Object.entries(present)
    .filter(([label]) => label.startsWith(listPrefix) && label !== `${listPrefix}${stack}`)
    .map(([list, keys]) => ({ list, stack: list.slice(listPrefix.length), keys: keys.split(",") }));
}
