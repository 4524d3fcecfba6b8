import * as path from "node:path";
import type { Readable, Writable } from "node:stream";
import { withEnd } from "../../backup/contents/pipe";
import type { SitePlace } from "../../backup/contents/site";
import { readScripts } from "../../platforms/scripts";
import { parsedSpace, type VolumeSpace } from "../volume-space";

const script = readScripts(path.join(__dirname, "scripts"), ["site-database.sh"])["site-database.sh"];
/** Comes behind a dump, as the answer of a query. */
const endOfDump = "the whole database was read";

/** A site's database before and after an upgrade. */
export interface DatabaseFacts {
  /** Changes with each change of its tables and with each migration that is noted. */
  schema: string;
  tables: number;
  triggers: number;
  /** Tables that a restore has put aside; not 0 while one is under way. */
  aside: number;
  /** Whether what was restored is whole. */
  restored: boolean;
  /** How large it is, about. */
  bytes: number;
  /** Room on the server's volume; undefined where it does not say. */
  space: VolumeSpace | undefined;
}

/** The database of one site, in the container of the server that takes writes. */
export class SiteDatabase {
  constructor(
    private readonly place: SitePlace,
    private readonly database: string,
  ) {}

  async look(): Promise<DatabaseFacts> {
    return factsIn(await this.lines("look"));
  }

  /** Writes it as SQL, as of one moment. */
  async dump(output: Writable): Promise<void> {
    await this.place.inServer({ ...this.work("dump"), output });
  }

  /** Has a dump in its place; what was there goes aside until `forget`. @returns what is there then */
  async restore(dump: Readable): Promise<DatabaseFacts> {
    return factsIn(await this.lines("restore", withEnd(dump, `\nSELECT '${endOfDump}';\n`)));
  }

  /** Drops what a restore has put aside. */
  async forget(): Promise<void> {
    await this.lines("forget");
  }

  private async lines(action: string, data?: Readable): Promise<string[]> {
    const lines: string[] = [];
    await this.place.inServer({ ...this.work(action), ...(data ? { data } : {}), onLine: (line) => lines.push(line) });
    return lines;
  }

  private work(action: string) {
    return {
      program: ["bash", "-c", script] as const,
      variables: { action, database: this.database, end: endOfDump },
      as: "server" as const,
    };
  }
}

/**
 * Reads what the script prints.
 *
 * @throws Error for something else
 */
export function factsIn(lines: readonly string[]): DatabaseFacts {
  const fact = (name: string) => {
    const [, value] = lines.map((line) => new RegExp(`^${name} (\\S+)$`).exec(line)).find((found) => found) ?? [];
    if (value === undefined) {
      throw new Error(`the database server did not say ${name}, but: ${lines.join(" ").slice(0, 200)}`);
    }
    return value;
  };
  return {
    schema: fact("schema"),
    tables: Number(fact("tables")),
    triggers: Number(fact("triggers")),
    aside: Number(fact("aside")),
    restored: fact("restored") === "1",
    bytes: Number(fact("bytes")),
    space: parsedSpace(lines.flatMap((line) => (line.startsWith("df ") ? [line.slice(3)] : [])).join("\n")),
  };
}
