import * as fs from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { outputOf } from "../backup/contents/pipe";
import { CommandError, UserError } from "../errors";
import type { DatabaseLogin } from "./source";

/**
 * Dumps the database of a site that runs, with its own login, which its program reads from a file for its owner alone.
 *
 * @param folder for that file and the dump; both go with it
 * @returns the dump's file
 * @throws UserError where the server does not answer, or lets nobody in
 */
export async function dumpRunning(login: DatabaseLogin, folder: string): Promise<string> {
  const { database, host, password, port, socket, user } = login;
  const options = path.join(folder, "source.cnf");
  const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  const where =
    socket === undefined
      ? [`host=${quoted(host ?? "127.0.0.1")}`, `port=${port ?? 3306}`]
      : [`socket=${quoted(socket)}`];
  fs.writeFileSync(
    options,
    ["[client]", `user=${quoted(user)}`, `password=${quoted(password)}`, ...where, ""].join("\n"),
    {
      mode: 0o600,
    },
  );
  const file = path.join(folder, "source.sql.gz");
  const flags = ["--single-transaction", "--quick", "--no-tablespaces", "--hex-blob", "--skip-triggers"];
  const { ended, stream } = outputOf([
    "mysqldump",
    `--defaults-extra-file=${options}`,
    ...flags,
    ...(await gtidFlag()),
    database,
  ]);
  try {
    await pipeline(stream, createGzip({ level: 1 }), fs.createWriteStream(file, { mode: 0o600 }));
    await ended;
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    throw new UserError(
      error.notFound
        ? `There is no mysqldump here with which the database could be read. Install it (Debian: default-mysql-client), or dump it where it runs and name the file: --dump ghost.sql`
        : `The database of the site cannot be dumped: ${error.output.trim() || error.message}\nStart its server, or dump it where it runs and name the file: --dump ghost.sql`,
    );
  }
  return file;
}

/** MySQL's own program writes transactions of the whole server unless told; that of MariaDB does not know of them. */
async function gtidFlag(): Promise<string[]> {
  const { ended, stream } = outputOf(["mysqldump", "--version"]);
  let version = "";
  for await (const chunk of stream) {
    version += String(chunk);
  }
  await ended.catch(() => undefined);
  return /MariaDB/i.test(version) || version === "" ? [] : ["--set-gtid-purged=OFF"];
}
