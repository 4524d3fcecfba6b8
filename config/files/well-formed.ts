import { keyOf, type Issue } from "../issues";
import { isMap } from "./machine";
import { stackSchema, type ParsedStack } from "../schema";

/** What of a configuration is well-formed, so that the rest of the checks need not wait until every key is. */
export interface WellFormed {
  /** What the schema finds wrong. */
  issues: readonly Issue[];
  /** The configuration without that, for each platform that it may have; empty where nothing is left to check. */
  stacks: readonly ParsedStack[];
  /** Whether a key, or what is above or below it, is wrong: nobody knows what it says. */
  isUnknown: (key: string) => boolean;
}

/** Rounds of leaving out; each lets the schema see what it could not before. */
const mostRounds = 30;

/** Reads what can be read of a configuration. */
export function wellFormed(raw: unknown): WellFormed {
  const result = stackSchema.safeParse(raw, { reportInput: true, error: () => "" });
  if (result.success) {
    return { issues: [], stacks: [result.data], isUnknown: () => false };
  }
  const { issues } = result.error;
  const wrong = issues.flatMap(placesOf).map(keyOf);
  const platforms = wrong.includes("platform") ? ["kubernetes", "swarm"] : [undefined];
  return {
    issues,
    stacks: isMap(raw)
      ? platforms.flatMap((platform) => remaining(platform === undefined ? raw : { ...raw, platform }) ?? [])
      : [],
    isUnknown: (key) => wrong.some((place) => place === key || isBelow(place, key) || isBelow(key, place)),
  };
}

function isBelow(key: string, above: string): boolean {
  return key.startsWith(`${above}.`);
}

/** Leaves out what is wrong until the rest is right. */
function remaining(raw: unknown): ParsedStack | undefined {
  let value = raw;
  for (let round = 0; round < mostRounds; round++) {
    const result = stackSchema.safeParse(value, { reportInput: true });
    if (result.success) {
      return result.data;
    }
    for (const [index, issue] of result.error.issues.entries()) {
      for (const place of placesOf(issue)) {
        const [key, inPlace] = replacement(place, issue.input, round * 1000 + index);
        if (key.length === 0) {
          return undefined;
        }
        value = changed(value, key, inPlace);
      }
    }
    value = withoutHoles(value);
  }
  return undefined;
}

/** Where an issue lies. */
function placesOf(issue: Issue): PropertyKey[][] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [[...issue.path]];
}

const hole = Symbol("left out");

/** What goes in the place of a wrong value: nothing, and where it is required something that makes no mistake of its own. */
function replacement(place: PropertyKey[], input: unknown, number: number): [place: PropertyKey[], value: unknown] {
  const [first, , third, fourth] = place.map(String);
  const standsFor: Record<string, unknown> = {
    url: `http://stand-in-${number}.test:${1024 + (number % 64000)}`,
    context: "stand-in",
    host: first === "swarm" ? `tcp://192.0.2.${number % 256}:2376` : "stand-in.test",
    role: "worker",
    to: ["stand-in@example.com"],
  };
  const required =
    ((first === "sites" || first === "wordpress") && third === "url" && place.length === 3) ||
    (first === "kubernetes" && place.length === 2) ||
    (first === "mailRelay" && place.length === 2) ||
    (first === "swarm" && place.length === 4 && (fourth === "host" || fourth === "role")) ||
    (first === "monitoring" && third === "to" && place.length === 3);
  const name = String(place.at(-1));
  if (required && name in standsFor) {
    return [place, standsFor[name]];
  }
  // What is missing leaves its map incomplete, which goes as a whole.
  return input === undefined ? [place.slice(0, -1), hole] : [place, hole];
}

/** A copy with another value at a path; where the path leads nowhere any more, as it is. */
function changed(value: unknown, [key, ...rest]: readonly PropertyKey[], inPlace: unknown): unknown {
  if (key === undefined) {
    return inPlace;
  }
  if (Array.isArray(value)) {
    return value.map((entry: unknown, index) => (index === Number(key) ? changed(entry, rest, inPlace) : entry));
  }
  return isMap(value) ? { ...value, [key]: changed(value[String(key)], rest, inPlace) } : value;
}

function withoutHoles(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((entry) => entry !== hole).map(withoutHoles);
  }
  return isMap(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, entry]) => entry !== hole)
          .map(([key, entry]) => [key, withoutHoles(entry)]),
      )
    : value;
}

/** A copy without what stands at some paths. */
export function without(value: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  return withoutHoles(paths.reduce<unknown>((rest, path) => changed(rest, path, hole), value));
}
