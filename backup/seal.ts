import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { createGunzip, createGzip } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import { UserError } from "../errors";
import type { BackupKey } from "./key";

/** A sealed file, as the manifest names it. */
export interface Sealed {
  /** Of the file as it lies there, in hexadecimal. */
  sha256: string;
  bytes: number;
}

/**
 * Compresses and encrypts data into a new file, in the format of age: `age --decrypt --identity KEY FILE | gunzip` reads it without this
 * program.
 *
 * @throws UserError when the disk is full
 */
export async function seal(data: Readable, file: string, { recipient }: Pick<BackupKey, "recipient">): Promise<Sealed> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const compressed = data.pipe(createGzip({ level: 6 }));
  data.on("error", (error) => compressed.destroy(error));
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(undefined, chunk);
    },
  });
  try {
    const encrypted = await encrypter.encrypt(Readable.toWeb(compressed) as globalThis.ReadableStream<Uint8Array>);
    await pipeline(
      Readable.fromWeb(encrypted as unknown as ReadableStream),
      counted,
      fs.createWriteStream(file, { mode: 0o600, flags: "wx", flush: true }),
    );
  } catch (error) {
    throw isFull(error) ? diskFull(file) : error;
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** Whether a disk had no more room. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

export function diskFull(file: string): UserError {
  return new UserError(
    `The disk of ${file} is full. What was begun is removed, and the backups that were there are as before. Make room, or name another folder with --directory`,
  );
}

/** What is wrong with a sealed file, as it lies there; undefined where it is as the manifest says. */
export async function damage(file: string, { bytes, sha256 }: Sealed): Promise<string | undefined> {
  if (!fs.existsSync(file)) {
    return "is missing";
  }
  const size = fs.statSync(file).size;
  if (size !== bytes) {
    return `has ${size} bytes instead of ${bytes}`;
  }
  const hash = createHash("sha256");
  await pipeline(fs.createReadStream(file), hash);
  return hash.digest("hex") === sha256 ? undefined : "has changed since it was written (checksum)";
}

/**
 * The data in a sealed file. Nothing comes out that has not been authenticated before.
 *
 * @throws UserError for a wrong key; the stream fails for a damaged file
 */
export async function unseal(file: string, { file: keyName, identity }: BackupKey): Promise<Readable> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    const source = Readable.toWeb(fs.createReadStream(file)) as globalThis.ReadableStream<Uint8Array>;
    const plain = Readable.fromWeb(await decrypter.decrypt(source));
    const data = createGunzip();
    plain.on("error", (error) => data.destroy(new UserError(`${file} is damaged: ${error.message}`)));
    return plain.pipe(data);
  } catch (error) {
    throw new UserError(
      /no identity matched/i.test(String(error))
        ? `The key in ${keyName} does not open ${file}: it is another stack's or an older one. Name the right one with --key`
        : `${file} is damaged: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
