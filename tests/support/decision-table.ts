import { execFileSync } from "node:child_process";
import * as path from "node:path";

/** Decisions of the database's scripts, as tables: what is known → what is done. */

export type Facts = Record<string, string>;

/** The functions of one of the scripts, called in a shell. */
export class Decisions {
  /** Path of the script. */
  readonly script: string;

  /** @param file below components/mysql */
  constructor(...file: string[]) {
    this.script = path.join(__dirname, "..", "..", "components", "mysql", ...file);
  }

  /** What a function prints, trimmed. */
  inShell(command: string, args: readonly string[], input = ""): string {
    return execFileSync("bash", ["-euo", "pipefail", "-c", `. "$0"; ${command} "$@"`, this.script, ...args], {
      input,
      encoding: "utf8",
    }).trim();
  }

  /**
   * What a function prints for each of several lists of arguments: one line each, all from one shell, which is started when the first is asked for.
   *
   * @returns the line of a list, by its place
   */
  linesOf(command: string, lists: readonly (readonly string[])[]): (index: number) => string | undefined {
    let lines: readonly string[] | undefined;
    const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
    const calls = lists.map((args) => [command, ...args.map(quoted)].join(" ")).join("\n");
    return (index) => (lines ??= this.inShell(". <(cat)", [], `${calls}\n`).split("\n"))[index];
  }
}

/** Facts as a function takes them. */
export const given = (facts: Facts) => Object.entries(facts).map(([key, value]) => `${key}=${value}`);

/** Facts for the name of a test. */
export const inWords = (facts: Facts) =>
  Object.entries(facts)
    .map(([key, value]) => `${key} ${value === "" ? "-" : value}`)
    .join(", ");

/** Every combination of values. */
export function combinations(values: Record<string, readonly string[]>): Facts[] {
  return Object.entries(values).reduce<Facts[]>(
    (all, [key, options]) => all.flatMap((facts) => options.map((value) => ({ ...facts, [key]: value }))),
    [{}],
  );
}
