import * as path from "node:path";
import { readScripts } from "../platforms/scripts";

/** What a script found out about a database: numbers and short texts by name. */
export type Facts = Readonly<Record<string, string>>;

/** Reads lines of the form `-- fact posts 12`; others are left out. */
export function factsIn(lines: readonly string[]): Facts {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^-- fact (\w+) (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A fact that is a number. @throws Error where it is not there */
export function numberOf(facts: Facts, name: string): number {
  const value = Number(facts[name]);
  if (facts[name] === undefined || !Number.isInteger(value)) {
    throw new Error(`no number of ${name} was told, but: ${JSON.stringify(facts)}`);
  }
  return value;
}

/** What is counted before and after: tables of Ghost's database. */
const counted = ["posts", "tags", "members", "users"] as const;

/** Posts (with pages), tags, members and staff, in words; those that are not known are left out. */
export function countsOf(facts: Facts): string {
  const words = { posts: "posts and pages", tags: "tags", members: "members", users: "staff" };
  return counted.flatMap((name) => (facts[name] === undefined ? [] : [`${facts[name]} ${words[name]}`])).join(", ");
}

/** The counts in which two databases differ, in words. A Ghost that migrates adds no post and no person; it may add tags. */
export function differences(before: Facts, after: Facts): string[] {
  return counted.flatMap((name) => {
    const [had, has] = [Number(before[name] ?? 0), Number(after[name] ?? 0)];
    return has === had || (name === "tags" && has > had) ? [] : [`${name}: ${had} before, ${has} after`];
  });
}

/** The sign of two versions of two numbers each: negative where the first is older. */
export function comparedVersions(one: string, other: string): number {
  const [left = [], right = []] = [one, other].map((version) => version.split(".").map(Number));
  return (left[0] ?? 0) - (right[0] ?? 0) || (left[1] ?? 0) - (right[1] ?? 0);
}

const factScript = "ghost-facts.sh";

/** A script of this folder with what it finds out about a Ghost's database by. */
export function scriptWithFacts(name: string): string {
  const scripts = readScripts(path.join(__dirname, "scripts"), [factScript, name]);
  return `${scripts[factScript] ?? ""}\n${scripts[name] ?? ""}`;
}
