import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  sign as signBytes,
  verify as verifyBytes,
  type KeyObject,
} from "node:crypto";

/*
 * Signed notes (https://c2sp.org/signed-note): a text, an empty line, and a line `— NAME BASE64` with an Ed25519 signature of the text. Whoever
 * knows the public half of an age key can seal a file; only who has the signing key can sign one.
 */

/** Signs, and knows its own signatures. */
export interface Signer {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** Four bytes that stand before each signature, to tell keys apart. They prove nothing. */
  id: Buffer;
}

/** Name of the signer in a note. */
const name = "ghost-platform-backup";
/** The private key of Ed25519 in the form of PKCS #8, without its 32 bytes. */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");
/** Ed25519, in the numbers of the format. */
const algorithm = Buffer.from([1]);
const idBytes = 4;

/**
 * The signer that belongs to a secret age key. It is made of the key (HKDF), so there is one secret to keep; the key cannot be made of it, so a
 * writer may have it and yet not read what it writes.
 *
 * @param identity `AGE-SECRET-KEY-1…`
 */
export function signerOf(identity: string): Signer {
  return derived(identity, "ghost-platform backup signature 1");
}

/**
 * The signer of a writer that may not read: another one, so that what it has signed is told from what the holder of the key has. It may make
 * backups, and cannot say that one was verified.
 */
export function writerOf(identity: string): Signer {
  return derived(identity, "ghost-platform backup writer 1");
}

function derived(identity: string, purpose: string): Signer {
  const seed = Buffer.from(hkdfSync("sha256", identity, "", purpose, 32));
  return signerFrom(createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: "der", type: "pkcs8" }));
}

/** The signer of a private key of Ed25519. */
export function signerFrom(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const id = createHash("sha256").update(`${name}\n`).update(algorithm).update(raw).digest().subarray(0, idBytes);
  return { privateKey, publicKey, id };
}

/** A text as a signed note. */
export function signed(text: string, { id, privateKey }: Signer): string {
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  const signature = signBytes(null, Buffer.from(whole), privateKey);
  return `${whole}\n— ${name} ${Buffer.concat([id, signature]).toString("base64")}\n`;
}

/**
 * What is known of a note:
 * - `proven`: the holder of this key has written this text
 * - `unproven`: there was no key to prove it with
 * - `other key`: the signature says that it is another key's
 * - `changed`: it says that it is this key's, and is not of this text
 */
export type Trust = "proven" | "unproven" | "other key" | "changed";

/**
 * Takes a note apart.
 *
 * @param signers who may have signed it; none proves nothing
 * @returns undefined for what is no signed note, such as one that was cut off
 */
export function opened(note: string, ...signers: readonly Signer[]): { text: string; trust: Trust } | undefined {
  const [, text, encoded] = /^([^]*\n)\n— ghost-platform-backup ([A-Za-z0-9+/]+=*)\n$/.exec(note) ?? [];
  if (text === undefined || encoded === undefined) {
    return undefined;
  }
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) {
    // The last digit has bits that say nothing: one note, one form.
    return undefined;
  }
  if (signers.length === 0) {
    return { text, trust: "unproven" };
  }
  const signer = signers.find(({ id }) => bytes.subarray(0, idBytes).equals(id));
  if (!signer) {
    return { text, trust: "other key" };
  }
  const isGenuine = verifyBytes(null, Buffer.from(text), signer.publicKey, bytes.subarray(idBytes));
  return { text, trust: isGenuine ? "proven" : "changed" };
}
