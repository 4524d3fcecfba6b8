import { isDeepStrictEqual } from "node:util";
import { isMap } from "../../config/files/machine";

/** Stands for what the first has and the second has not. */
const gone = "(gone)";

/**
 * What of one document is otherwise in another, key by key: what is new as a whole, what is gone as `(gone)`. A list whose elements have names, such as that
 * of containers, is shown by them; any other list as a whole.
 *
 * @returns an empty map where nothing is
 */
export function differences(from: Record<string, unknown>, to: Record<string, unknown>): Record<string, unknown> {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return Object.fromEntries(
    keys.flatMap((key) => {
      const [before, after] = [from[key], to[key]];
      if (isDeepStrictEqual(before, after)) {
        return [];
      }
      const [named, otherwise] = [byName(before), byName(after)];
      if (named && otherwise && (isMap(before) || sameOrder(Object.keys(named), Object.keys(otherwise)))) {
        return [[key, differences(named, otherwise)]];
      }
      return [[key, key in to ? after : gone]];
    }),
  );
}

/** A map as it is, a list of elements with names of their own as a map; anything else is no map. */
function byName(value: unknown): Record<string, unknown> | undefined {
  if (!Array.isArray(value)) {
    return isMap(value) ? value : undefined;
  }
  const named = value.flatMap((element: unknown) =>
    isMap(element) && typeof element["name"] === "string" ? [[element["name"], element] as const] : [],
  );
  const map = Object.fromEntries(named);
  return Object.keys(map).length === value.length ? map : undefined;
}

/** Whether what two lists have in common stands in the same order in both: for init containers it counts. */
function sameOrder(left: readonly string[], right: readonly string[]): boolean {
  const common = (names: readonly string[], others: readonly string[]) => names.filter((name) => others.includes(name));
  return isDeepStrictEqual(common(left, right), common(right, left));
}
