import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

/*
 * Pulumi's own form of secrets under a passphrase: a state names a salt, from which and the passphrase the key is made (PBKDF2), and a word
 * that the key encrypts, by which a passphrase is known to be the right one. Each secret is `v1:NONCE:CIPHERTEXT` (AES-256-GCM).
 */

const rounds = 1_000_000;
const tagBytes = 16;
const known = "pulumi";
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

interface Checkpoint {
  checkpoint?: { latest?: { secrets_providers?: { type?: string; state?: { salt?: string } } } };
}

/** Thrown for a passphrase that does not open a state. */
export class WrongPassphrase extends Error {
  override readonly name = "WrongPassphrase";
}

/** Whether the secrets of a state are encrypted with a passphrase, and not by a service. */
export function hasPassphrase(state: string): boolean {
  return (JSON.parse(state) as Checkpoint).checkpoint?.latest?.secrets_providers?.type === "passphrase";
}

/**
 * A state whose secrets are encrypted with another passphrase: passphrases are shared by all stacks of a machine, and a backup holds one stack's.
 *
 * @param state a state file of Pulumi's, as text
 * @throws WrongPassphrase where the first one does not open it
 */
export async function reencrypted(state: string, from: string, to: string): Promise<string> {
  const document = JSON.parse(state) as Checkpoint;
  const provider = document.checkpoint?.latest?.secrets_providers;
  const salt = provider?.state?.salt;
  if (!provider || provider.type !== "passphrase" || salt === undefined) {
    return state;
  }
  const former = await opener(from, salt);
  const freshSalt = randomBytes(8);
  const key = await keyOf(to, freshSalt);
  const encrypt = (text: string) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
  };
  provider.state = { ...provider.state, salt: `v1:${freshSalt.toString("base64")}:${encrypt(known)}` };
  return JSON.stringify(
    document,
    (_, value: unknown) => (isSecret(value) ? { ...value, ciphertext: encrypt(former(value.ciphertext)) } : value),
    4,
  );
}

function isSecret(value: unknown): value is { ciphertext: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Record<string, unknown>)[signatureKey] === secretSignature &&
    typeof (value as Record<string, unknown>)["ciphertext"] === "string"
  );
}

/** What decrypts with a passphrase that is known to be the right one. */
async function opener(passphrase: string, salt: string): Promise<(text: string) => string> {
  const [, encoded = "", check = ""] = /^v1:([^:]*):(.*)$/.exec(salt) ?? [];
  const key = await keyOf(passphrase, Buffer.from(encoded, "base64"));
  const decrypt = (text: string) => {
    const [, nonce = "", sealed = ""] = /^v1:([^:]*):(.*)$/.exec(text) ?? [];
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]).toString("utf8");
  };
  try {
    if (decrypt(check) === known) {
      return decrypt;
    }
  } catch {
    // Told below.
  }
  throw new WrongPassphrase("the passphrase does not open the state");
}

function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  return promisify(pbkdf2)(passphrase, salt, rounds, 32, "sha256");
}
