import { markedDirectory } from "../../components/mysql/existing-passwords-pod";
import * as path from "node:path";
import { readScripts } from "../../platforms/scripts";
import type { DatabaseKind } from "../format/manifest";

/** What tells of a container what it keeps in a volume. */
export interface Keeper {
  /** Where the volume is mounted. */
  target: string;
  /** Paths of the files that are secrets. */
  secrets: readonly string[];
  /** Variables, as `NAME=value`. */
  environment: readonly string[];
  /** Number among its like, from 0, where they have numbers and names for good. */
  ordinal?: number | undefined;
}

/** A kind of database: how it is recognised, saved, and made again. */
interface Database {
  /** Whether a container is a server of this kind that keeps its data there. */
  is: (keeper: Keeper) => boolean;
  /** Whether a container only follows another one, and fills itself from there when it has no data: nothing of it is saved. */
  follows: (keeper: Omit<Keeper, "target">) => boolean;
  /** The server's data directory, where the container names one. */
  data: (keeper: Keeper) => string | undefined;
  /** Script that runs in the server's container and writes SQL. */
  dump: string;
  /** Script that runs in a container of the server's image and makes a data directory of that SQL. */
  load: string;
  /** Variables of the load script, given where the volume is mounted and the data directory that its container names. */
  settings: (target: string, data: string | undefined) => Record<string, string>;
}

const scripts = readScripts(path.join(__dirname, "scripts"), [
  "dump-mysql.sh",
  "load-mysql.sh",
  "dump-postgresql.sh",
  "load-postgresql.sh",
]);

/** Every kind that is known; another one is an entry here and two scripts. */
export const databases: Record<DatabaseKind, Database> = {
  mysql: {
    is: ({ secrets, target }) => target === "/var/lib/mysql" && hasServerFile(secrets, "root.cnf"),
    // Where all members of a set are given the same, the first is the source; of a group, any will do.
    follows: ({ ordinal, secrets }) =>
      ordinal !== 0 && ["replica.sql", "member.sql"].some((file) => hasServerFile(secrets, file)),
    data: () => undefined,
    dump: scripts["dump-mysql.sh"],
    load: scripts["load-mysql.sh"],
    settings: () => ({}),
  },
  postgresql: {
    is: ({ target }) => target.startsWith("/var/lib/postgresql"),
    follows: () => false,
    data: ({ environment }) => variable(environment, "PGDATA"),
    dump: scripts["dump-postgresql.sh"],
    load: scripts["load-postgresql.sh"],
    settings: (target, data) => ({
      volume: target,
      data: target.endsWith("/data") ? target : `${target}/data`,
      // Over the one that the image names.
      ...(data === undefined ? {} : { PGDATA: data }),
    }),
  },
};

/** What a volume holds: databases of a kind, or files. `data` is the server's data directory, where its container names one. */
export function keptIn(keeper: Keeper): { kind: DatabaseKind | "files"; data?: string } {
  const kinds = Object.keys(databases) as DatabaseKind[];
  const kind = kinds.find((one) => databases[one].is(keeper));
  const data = kind && databases[kind].data(keeper);
  return { kind: kind ?? "files", ...(data === undefined ? {} : { data }) };
}

/** Whether a container fills itself from another one, so that nothing of it is saved. */
export function isFollower(keeper: Omit<Keeper, "target">): boolean {
  return Object.values(databases).some(({ follows }) => follows(keeper));
}

/** Whether a server has a file of its own; with passwords from Secrets that are there, it is filled in from one with marks. */
function hasServerFile(secrets: readonly string[], file: string): boolean {
  return ["/run/secrets/mysql", markedDirectory].some((directory) => secrets.includes(`${directory}/${file}`));
}

function variable(environment: readonly string[], name: string): string | undefined {
  return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
