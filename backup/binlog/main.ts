import * as fs from "node:fs";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { figuresPortVariable } from "../../components/archive-figures";
import { authorityFile } from "../../config/mysql/server-options";
import { Archive, archiveFiles } from "./archive";
import type { Connection } from "./dump-stream";
import { tellFigures } from "./figures";

/*
 * The program that a stack runs to archive binary logs, in a container beside the one that sends what it makes. It has whom to seal for and what to sign
 * with, logs in as who may follow the binary log and may do nothing else, and can read nothing of what was archived before.
 */

/** The MySQL client of Ghost's own image. */
const client = `${process.env["GHOST_INSTALL"] ?? "/var/lib/ghost"}/current/node_modules/mysql2`;
const passwordFile = "/run/secrets/mysql/archive-password";

async function connect(): Promise<Connection> {
  // It is there at run time alone.
  const mysql = createRequire(__filename)(client) as {
    createConnection(options: object): Connection & { readonly stream: Socket };
  };
  const connection = mysql.createConnection({
    host: process.env["ARCHIVE_HOST"],
    user: process.env["ARCHIVE_USER"],
    password: fs.readFileSync(passwordFile, "utf8").trim(),
    connectTimeout: 10_000,
    ssl: { ca: fs.readFileSync(authorityFile, "utf8"), rejectUnauthorized: true, verifyIdentity: true },
  });
  await new Promise<void>((resolve, reject) => {
    connection.once("connect", () => resolve());
    connection.once("error", reject);
  });
  // By itself it ends its half alone, and a server that sends a log goes on sending it: whoever follows would neither end nor hear of it.
  connection.destroy = () => connection.stream.destroy();
  // Whoever follows listens by itself; nothing else may end the program.
  connection.on("error", () => undefined);
  return connection;
}

const files = archiveFiles(process.env["WORK"] ?? "");
const port = process.env[figuresPortVariable];
const figures = port === undefined ? undefined : tellFigures([files.heard, files.sent], Number(port));
const ending = new AbortController();
ending.signal.addEventListener("abort", () => figures?.close());
process.on("SIGTERM", () => ending.abort());
process.on("SIGINT", () => ending.abort());
new Archive(files, connect).keep(ending.signal).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
