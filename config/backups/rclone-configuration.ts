import { UserError } from "../../errors";
import { readPrivateFile } from "../files/private-file";
import type { Target } from "./backup-target";

/*
 * rclone.conf, as far as a mistake in it would cost a secret or a backup. Credentials stand there and nowhere else.
 */

/** The kinds of storage that this program has been tried with. */
const kinds = ["s3", "sftp", "webdav"] as const;

/**
 * Refuses a remote that this program does not know, or that would give away a password or a backup.
 *
 * @param file rclone's configuration
 * @returns its settings; credentials are among them
 * @throws UserError with what is wrong with the file or the remote, and what to write
 */
export function mustBeSafe({ path, remote }: Target, file: string): Record<string, string> {
  const settings = sectionOf(file, remote);
  const mistakes: string[] = [];
  const { type } = settings;
  if (!kinds.some((kind) => kind === type)) {
    mistakes.push(
      `type is ${type === undefined ? "missing" : JSON.stringify(type)}. It must be one of ${kinds.join(", ")}: others, and what wraps them, have not been tried`,
    );
  }
  if (type === "s3" && path === "") {
    mistakes.push(`the target names no bucket: ${remote}:BUCKET or ${remote}:BUCKET/path`);
  }
  if (type === "sftp" && !settings["known_hosts_file"]) {
    mistakes.push(
      "known_hosts_file is missing: without it rclone takes any machine for the right one. Name a file with the server's host key, for example known_hosts_file = /root/.ssh/known_hosts",
    );
  }
  if (type === "webdav" && !isPrivate(settings["url"] ?? "")) {
    mistakes.push("url must begin with https://: the password would go over the network in plain text");
  }
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(`Remote ${remote} in ${file} cannot take backups:`, mistakes);
  }
  return settings;
}

function isPrivate(url: string): boolean {
  return /^https:\/\//i.test(url) || /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])([:/]|$)/i.test(url);
}

function sectionOf(file: string, remote: string): Record<string, string> {
  const text = textOf(file);
  if (text.startsWith("# Encrypted rclone configuration File")) {
    throw new UserError(
      `${file} is encrypted, and nobody is there to type its password. Name a file of this remote alone in RCLONE_CONFIG, mode 0600`,
    );
  }
  const sections = new Map<string, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\s*\[(.*)\]\s*$/.exec(line) ?? [];
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      current = {};
      sections.set(name, current);
    } else if (key !== undefined && value !== undefined) {
      current[key] = value;
    }
  }
  const found = sections.get(remote);
  if (!found) {
    throw new UserError(
      `There is no remote ${remote} in ${file}. ${sections.size > 0 ? `There are: ${[...sections.keys()].join(", ")}` : "There is none at all"}. \`rclone config\` makes one; RCLONE_CONFIG names another file`,
    );
  }
  return found;
}

function textOf(file: string): string {
  return readPrivateFile(file, {
    missing: `rclone's configuration is not here: ${file} does not exist. \`rclone config\` makes it; RCLONE_CONFIG names another file`,
    exposed: `Others can read the credentials in ${file}`,
  });
}
