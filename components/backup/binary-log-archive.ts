import * as path from "node:path";
import { bundled } from "../../platforms/bundle";
import { readScripts } from "../../platforms/scripts";
import { archiveFiguresPort, figuresPortVariable } from "../archive-figures";
import type { SealingArgs } from "./sealing";

/*
 * What the archive of binary logs is on every platform: a container that follows the log of the server that takes writes, seals and signs it piece by piece,
 * and another one that takes the pieces to the store. They share a folder.
 */

/** Memory that the container which follows may take. */
export const archiveMemory = "512Mi";

/** The programs of both, by file name, and what they are about. */
export function archiveFiles({ commandName, recipient }: Pick<SealingArgs, "commandName" | "recipient">) {
  return {
    "archive.js": bundled(path.join(__dirname, "..", "..", "backup", "binlog", "main")),
    "archive.json": JSON.stringify({ stack: commandName, recipient }),
    ...readScripts(path.join(__dirname, "scripts"), ["look-archive.sh", "send-archive.sh"]),
  };
}

/** In `backupPlaces.login`, the password with which the one that follows logs in. */
export const passwordFile = "archive-password";

/** The folder that they share, for both. */
export function sharedFolder(folder: string): Record<"WORK", string> {
  return { WORK: folder };
}

/** Whom the one that follows logs in to, and as whom; its password is a file. */
export function followedServer<Host>(
  host: Host,
  user: string,
): Record<"ARCHIVE_HOST", Host> & Record<"ARCHIVE_USER", string> {
  return { ARCHIVE_HOST: host, ARCHIVE_USER: user };
}

/** Whether it tells figures, and where. */
export function figuresTold(metrics = false): Record<string, string> {
  return metrics ? { [figuresPortVariable]: String(archiveFiguresPort) } : {};
}

/** Ends well while all is archived that the server had two minutes ago. */
export function isHeard(folder: string): string[] {
  return newerThan(`${folder}/heard`, 2);
}

/** Ends well while the store has taken, in the last three minutes, what there was to send. */
export function isSent(folder: string): string[] {
  return newerThan(`${folder}/sent`, 3);
}

function newerThan(file: string, minutes: number): string[] {
  return ["sh", "-c", `[ -n "$(find ${file} -mmin -${minutes})" ]`];
}
