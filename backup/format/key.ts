import * as fs from "node:fs";
import * as path from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { recipientLine } from "../../config/backups/backup-job";
import { machineDirectory } from "../../home/project";
import { UserError } from "../../errors";
import { signerOf, writerOf, type Signer } from "./signature";

/** What opens backups, what they are sealed for, and what signs them. */
export interface BackupKey {
  file: string;
  /** `AGE-SECRET-KEY-1…` */
  identity: string;
  /** `age1…` */
  recipient: string;
  signer: Signer;
  /** What signs in the place of `signer` where whoever makes backups may not read them. */
  writer: Signer;
}

/** Where the key of a stack's backups stands unless another file is named. */
export function keyFile(stack: string): string {
  return path.join(machineDirectory, "backup-keys", `${stack}.txt`);
}

/** Where what a cluster signs its own backups with stands unless another file is named. */
export function writerFile(stack: string): string {
  return path.join(machineDirectory, "backup-keys", `${stack}-writer.pem`);
}

/** What a cluster is given to sign with, and whose key that belongs to. */
export function writerText(stack: string, { recipient, writer }: BackupKey): string {
  const pem = writer.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return `# signs the backups that the cluster of stack ${stack} makes, and opens none of them\n${recipientLine(recipient)}\n${pem}`;
}

/**
 * Reads a key, in the form of `age-keygen`.
 *
 * @throws UserError when there is none, when others can read it, or when it holds no key
 */
export async function readKey(file: string): Promise<BackupKey> {
  if (!fs.existsSync(file)) {
    throw new UserError(
      `The key of the backups is not here: ${file} does not exist. Put your copy of it there (mode 0600), or name it with --key`,
    );
  }
  if ((fs.statSync(file).mode & 0o077) !== 0) {
    throw new UserError(`Others can read the key of the backups: chmod 600 ${file}`);
  }
  const [identity] = /^AGE-SECRET-KEY-1[0-9A-Z]+$/m.exec(fs.readFileSync(file, "utf8")) ?? [];
  try {
    if (identity) {
      return {
        file,
        identity,
        recipient: await identityToRecipient(identity),
        signer: signerOf(identity),
        writer: writerOf(identity),
      };
    }
  } catch {
    // Told below.
  }
  throw new UserError(`${file} holds no key: a line AGE-SECRET-KEY-1… is missing or damaged`);
}

/** Makes a key where there is none. Returns whether it made one. */
export async function makeKey(file: string): Promise<boolean> {
  if (fs.existsSync(file)) {
    return false;
  }
  const identity = await generateX25519Identity();
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const content = `# opens and proves the backups of ghost-platform; keep a copy where the backups are not\n# public key: ${await identityToRecipient(identity)}\n${identity}\n`;
  fs.writeFileSync(file, content, { mode: 0o600, flag: "wx" });
  return true;
}
