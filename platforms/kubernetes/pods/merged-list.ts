import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../../errors";
import { isLater, isPlain, mapped } from "../../later";

/** Whose an item is, for messages: `the container itself`, `pod preset allow-database`. */
export type Side = string;

/** How items of a list are told apart. */
export interface ListRules<Item> {
  /** Two items of one key must be the same. */
  keyOf: (item: Item) => pulumi.Input<string>;
  /** What a key names, for messages: `volume cache`. */
  what: (key: string) => string;
  /** Whose the list is. */
  side: Side;
}

/** Mistakes of one object, gathered to be told together. */
export class Conflicts {
  private readonly found: string[] = [];

  /** @param heading what cannot be done, for the error */
  constructor(private readonly heading: string) {}

  add(...mistakes: string[]): void {
    this.found.push(...mistakes);
  }

  /** @throws UserError with all of them, if there are any */
  refuse(): void {
    if (this.found.length > 0) {
      throw UserError.fromMistakes(this.heading, this.found);
    }
  }

  /**
   * Applies a function that may find conflicts, as `mapped` does. Those found later are told then, by themselves.
   *
   * @param absent what stands for a value that is not there
   */
  within<Value, Result>(
    value: pulumi.Input<Value | undefined> | undefined,
    absent: Value,
    map: (value: Value, conflicts: Conflicts) => Result,
  ): pulumi.Input<Result> {
    return mapped(value, absent, (known) => (isLater(value) ? this.alone((own) => map(known, own)) : map(known, this)));
  }

  /** Runs what may find conflicts, and refuses those. */
  alone<Result>(work: (conflicts: Conflicts) => Result): Result {
    const own = new Conflicts(this.heading);
    const result = work(own);
    own.refuse();
    return result;
  }
}

/**
 * Appends to a list what it lacks; what it has already, in the same form, is left out. What is known only later is compared then.
 *
 * @param conflicts gets a line for each item that is there in another form, with both sides
 */
export function mergedList<Item>(
  list: pulumi.Input<pulumi.Input<Item>[] | undefined> | undefined,
  additions: readonly { item: Item; side: Side }[],
  rules: ListRules<Item>,
  conflicts: Conflicts,
): pulumi.Input<pulumi.Input<Item>[]> {
  return conflicts.within(list, [], (items: pulumi.Input<Item>[], own) => {
    const keysAreKnown = items.every((item) => !isLater(item) && !isLater(rules.keyOf(item as Item)));
    const known = keysAreKnown ? items : pulumi.output(items);
    return own.within(known as pulumi.Input<Item[]>, [], (plain: Item[], found) =>
      mergedItems(plain, additions, rules, found),
    ) as pulumi.Input<Item>[];
  });
}

function mergedItems<Item>(
  items: readonly Item[],
  additions: readonly { item: Item; side: Side }[],
  { keyOf, side: owner, what }: ListRules<Item>,
  conflicts: Conflicts,
): pulumi.Input<Item>[] {
  const result: { key: unknown; item: pulumi.Input<Item>; side: Side }[] = items.map((item) => ({
    key: keyOf(item),
    item,
    side: owner,
  }));
  for (const { item, side } of additions) {
    const key = keyOf(item);
    const present = result.find((other) => other.key === key);
    if (!present) {
      result.push({ key, item, side });
      continue;
    }
    const conflict = `${what(key as string)}: ${present.side} and ${side} differ in it. Keep one of the two, or give one another name`;
    if (!isPlain(present.item) || !isPlain(item)) {
      present.item = comparedLater(present.item, item, conflict, conflicts);
    } else if (!same(present.item, item)) {
      conflicts.add(conflict);
    }
  }
  return result.map(({ item }) => item);
}

function comparedLater<Item>(
  present: pulumi.Input<Item>,
  item: Item,
  conflict: string,
  conflicts: Conflicts,
): pulumi.Input<Item> {
  return pulumi.all([present, item]).apply(([left, right]) =>
    conflicts.alone((own) => {
      if (!same(left, right)) {
        own.add(conflict);
      }
      return left;
    }),
  ) as pulumi.Output<Item>;
}

/** Equal as the API server would receive them. */
function same(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(left)), JSON.parse(JSON.stringify(right)));
}
