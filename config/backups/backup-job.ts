import { createPrivateKey } from "node:crypto";
import * as path from "node:path";
import { UserError } from "../../errors";
import { readPrivateFile } from "../files/private-file";
import { parseTarget } from "./backup-target";
import { mustBeSafe } from "./rclone-configuration";
import type { StackConfig } from "../schema";

/** What a stack is given to seal, sign and send by itself. */
export interface SealingSettings {
  /** Where to, as rclone has it: the folder of the stacks. */
  target: string;
  /** Whom they are sealed for: `age1…`. */
  recipient: string;
  /** Ed25519, as PKCS #8 in PEM. */
  signingKey: string;
  /** rclone's configuration, of the one remote; credentials are in it. */
  rclone: string;
  /** Where the store answers. Absent: any server of the internet, at port 443. */
  store: { host?: string; port: number };
}

/** What a cluster is given to make backups by itself. */
export interface BackupJobSettings extends SealingSettings {
  /** As cron has it, in UTC. */
  schedule: string;
}

type BackupConfig = NonNullable<StackConfig["backup"]>;

/** The line of a signing key's file that says whom its backups are sealed for. */
export function recipientLine(recipient: string): string {
  return `# seals for ${recipient}`;
}

/**
 * Reads the files that a stack needs to seal, sign and send by itself.
 *
 * @param directory folder that relative paths are read from
 * @returns what is wrong, by key, or what the stack is given
 */
export function readSealing(
  { recipient = "", rcloneFile, signingKeyFile, target }: BackupConfig,
  directory: string,
): { mistakes: string[]; settings?: SealingSettings } {
  const missing = [
    ...(target === undefined
      ? ["backup.target: missing. What the stack saves by itself goes into remote storage alone"]
      : []),
    ...(signingKeyFile === undefined
      ? ["backup.signingKeyFile: missing. `npm run backup -- key` makes it, and says what to write here"]
      : []),
    ...(rcloneFile === undefined
      ? ["backup.rcloneFile: missing. It is an rclone.conf with the remote of backup.target, mode 0600"]
      : []),
  ];
  if (target === undefined || rcloneFile === undefined || signingKeyFile === undefined) {
    return { mistakes: missing };
  }
  const mistakes: string[] = [];
  const attempt = <Value>(key: string, read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      if (error instanceof UserError) {
        mistakes.push(`backup.${key}: ${error.message}`);
        return undefined;
      }
      throw error;
    }
  };
  const signingKey = attempt("signingKeyFile", () =>
    readSigningKey(path.resolve(directory, signingKeyFile), recipient),
  );
  const remote = attempt("rcloneFile", () => readRemote(target, path.resolve(directory, rcloneFile)));
  return {
    mistakes,
    ...(signingKey !== undefined && remote ? { settings: { target, recipient, signingKey, ...remote } } : {}),
  };
}

/**
 * What the cluster of a stack is given; undefined where it makes no backups itself.
 *
 * @throws Error where `readSealing` has something to say
 */
export function backupJobSettings(backup: BackupConfig | undefined, directory: string): BackupJobSettings | undefined {
  return backup?.recipient === undefined || backup.schedule === undefined
    ? undefined
    : { ...sealingSettings(backup, directory), schedule: backup.schedule };
}

/**
 * What the archive of a stack's binary logs is given; undefined where there is none.
 *
 * @throws Error where `readSealing` has something to say
 */
export function archiveSettings(backup: BackupConfig | undefined, directory: string): SealingSettings | undefined {
  return backup?.recipient === undefined || !backup.pointInTime ? undefined : sealingSettings(backup, directory);
}

function sealingSettings(backup: BackupConfig, directory: string): SealingSettings {
  const { mistakes, settings } = readSealing(backup, directory);
  if (!settings) {
    throw new Error(`the checks let what a stack saves by itself through: ${mistakes.join("; ")}`);
  }
  return settings;
}

function readSigningKey(file: string, recipient: string): string {
  const text = readPrivate(file, "`npm run backup -- key` makes it");
  if (!text.split(/\r?\n/).includes(recipientLine(recipient))) {
    throw new UserError(
      `${file} belongs to another key than backup.recipient names, and nothing of yours would open or prove the backups. Write both as npm run backup -- key says`,
    );
  }
  const [pem] = /-----BEGIN PRIVATE KEY-----[^]*-----END PRIVATE KEY-----\n?/.exec(text) ?? [];
  try {
    if (pem !== undefined && createPrivateKey(pem).asymmetricKeyType === "ed25519") {
      return pem;
    }
  } catch {
    // Told below.
  }
  throw new UserError(`${file} holds no signing key, or it is damaged: npm run backup -- key makes it anew`);
}

/** Settings that name a file or a program of this machine, which no container of the stack has. */
const ofThisMachine = /(_file|_command|^profile|^env_auth|^key_use_agent)$/;

function readRemote(target: string, file: string): Pick<SealingSettings, "rclone" | "store"> {
  readPrivate(file, "`rclone config` makes it");
  const { path: below, remote } = parseTarget(target);
  const settings = mustBeSafe({ remote, path: below }, file);
  const mistakes = [
    ...(settings["type"] === "sftp"
      ? [
          "type sftp goes by files of this machine (known_hosts_file), which no container of the stack has. Take s3 or webdav",
        ]
      : []),
    ...Object.entries(settings)
      .filter(([key, value]) => ofThisMachine.test(key) && !["", "false"].includes(value))
      .map(
        ([key]) =>
          `${key} names something of this machine, which no container of the stack has. Write the credentials themselves`,
      ),
  ];
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(`remote ${remote} in ${file} cannot be used by the stack itself:`, mistakes);
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  return { rclone: `[${remote}]\n${lines.join("")}`, store: storeOf(settings) };
}

function storeOf({ endpoint, url }: Record<string, string>): SealingSettings["store"] {
  const address = endpoint ?? url;
  if (address === undefined || address === "") {
    return { port: 443 };
  }
  try {
    const { hostname, port, protocol } = new URL(/^https?:\/\//i.test(address) ? address : `https://${address}`);
    return { host: hostname, port: port === "" ? (protocol === "http:" ? 80 : 443) : Number(port) };
  } catch {
    throw new UserError(`${address} is no address of a server`);
  }
}

/** @throws UserError for a file that is not there, or that others can read */
function readPrivate(file: string, remedy: string): string {
  return readPrivateFile(file, {
    missing: `${file} does not exist. ${remedy}`,
    exposed: `others can read the secret in ${file}`,
  });
}
