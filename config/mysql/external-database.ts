import * as path from "node:path";
import { readAuthority } from "../files/authority-file";
import { readPasswordFile } from "../files/secret-text";
import type { ParsedStack } from "../schema";

type External = NonNullable<ParsedStack["mysql"]["external"]>;

/** The files that a server of somebody else's names, and those of the sites' databases there; or what is wrong, by key. */
export interface ReadExternalDatabase {
  /** Root of the authority that its certificate is from, in PEM form. Absent: the public ones. */
  ca?: string | undefined;
  /** Who makes the databases. Absent: they are there. */
  admin?: { user: string; password: string } | undefined;
  /** Passwords of the databases that are brought along, by site. */
  passwords: Record<string, string>;
  mistakes: string[];
}

/**
 * Checks what a stack says of a server of somebody else's, and reads its files.
 *
 * @param directory folder that relative paths are read from
 */
export function readExternalDatabase(
  external: External,
  sites: ParsedStack["sites"],
  directory: string,
): ReadExternalDatabase {
  const mistakes: string[] = [];
  const read = <Found extends { trouble?: string }>(key: string, file: string, reader: (file: string) => Found) => {
    const found = reader(path.resolve(directory, file));
    if (found.trouble !== undefined) {
      mistakes.push(`${key}: ${file} ${found.trouble}`);
    }
    return found;
  };
  const { caFile, passwordFile, user } = external;
  const ca = caFile === undefined ? undefined : read("mysql.external.caFile", caFile, readAuthority).text;
  const password =
    passwordFile === undefined
      ? undefined
      : read("mysql.external.passwordFile", passwordFile, readPasswordFile).password;
  if (user !== undefined && passwordFile === undefined) {
    mistakes.push("mysql.external.passwordFile: missing. A login has a password");
  }
  if (user === undefined && passwordFile !== undefined) {
    mistakes.push("mysql.external.user: missing. A password needs the name of its user");
  }
  const passwords: Record<string, string> = {};
  const ownerOf = new Map<string, string>();
  for (const [site, { database = {} }] of Object.entries(sites)) {
    const key = `sites.${site}.database`;
    if (database.passwordFile !== undefined) {
      passwords[site] = read(`${key}.passwordFile`, database.passwordFile, readPasswordFile).password ?? "";
    } else if (user === undefined && passwordFile === undefined) {
      mistakes.push(
        `${key}.passwordFile: missing. Without an admin (mysql.external.user) each site brings its database and user along`,
      );
    }
    mistakes.push(...sharedMistakes(key, siteNames(site, database), ownerOf));
  }
  return {
    ca,
    admin: user !== undefined && password !== undefined ? { user, password } : undefined,
    passwords,
    mistakes,
  };
}

/**
 * A server and the sites' databases there, as components take them.
 *
 * @throws Error where `readExternalDatabase` has something to say
 */
export function externalServer(external: External, sites: ParsedStack["sites"], directory: string) {
  const { admin, ca, mistakes, passwords } = readExternalDatabase(external, sites, directory);
  if (mistakes.length > 0) {
    throw new Error(`the checks let a database server through: ${mistakes.join("; ")}`);
  }
  const { host, port } = external;
  return {
    server: { host, port, ca, admin },
    databases: Object.fromEntries(
      Object.entries(sites).map(([site, { database }]) => [
        site,
        { name: database?.name, user: database?.user, password: passwords[site] },
      ]),
    ),
  };
}

/** What a site's database and user are called there. */
export function siteNames(
  site: string,
  { name, user }: { name?: string | undefined; user?: string | undefined } = {},
): { database: string; username: string } {
  const own = `ghost_${site.replaceAll("-", "_")}`;
  return { database: name ?? own, username: user ?? own };
}

/** @param ownerOf whose each name is; added to */
function sharedMistakes(
  key: string,
  { database, username }: ReturnType<typeof siteNames>,
  ownerOf: Map<string, string>,
): string[] {
  return (
    [
      ["name", `database ${database}`],
      ["user", `user ${username}`],
    ] as const
  ).flatMap(([part, what]) => {
    const owner = ownerOf.get(what);
    ownerOf.set(what, owner ?? key);
    return owner === undefined ? [] : [`${key}.${part}: ${what} is also that of ${owner}. Give each its own`];
  });
}
