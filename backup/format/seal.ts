import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { createGunzip, createGzip } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import { UserError } from "../../errors";
import { openRegular } from "./files";
import type { BackupKey } from "./key";

/** A sealed file, as the manifest binds it. */
export interface Sealed {
  /** Of the file as it lies there, in hexadecimal, as `sha256sum` has it. */
  sha256: string;
  bytes: number;
  /** SHA-256 of each block of it, so that what is read is proven before it is used, however large the file is. */
  blocks: string[];
}

/** Size of a block; that much of a file is in the memory at once. */
export const blockBytes = 4 * 2 ** 20;

/**
 * Compresses and encrypts data into a new file, in the format of age: `age --decrypt --identity KEY FILE | gunzip` reads it without this
 * program.
 */
export async function seal(data: Readable, file: string, { recipient }: Pick<BackupKey, "recipient">): Promise<Sealed> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const compressed = data.pipe(createGzip({ level: 6 }));
  data.on("error", (error) => compressed.destroy(error));
  const hashes = new Hashes();
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hashes.add(chunk);
      done(undefined, chunk);
    },
  });
  const encrypted = await encrypter.encrypt(Readable.toWeb(compressed) as globalThis.ReadableStream<Uint8Array>);
  const sealed = fs.createWriteStream(file, { mode: 0o600, flags: "wx", flush: true });
  try {
    await pipeline(Readable.fromWeb(encrypted as unknown as ReadableStream), counted, sealed);
  } catch (error) {
    // A file that is just being opened would come into a folder that is being removed.
    if (!sealed.closed) {
      await once(sealed, "close");
    }
    throw error;
  }
  return hashes.sealed();
}

/** The hashes of a file, as its bytes come. */
class Hashes {
  private readonly whole = createHash("sha256");
  private readonly blocks: string[] = [];
  private block = createHash("sha256");
  private bytes = 0;

  add(chunk: Buffer): void {
    this.whole.update(chunk);
    for (let start = 0; start < chunk.length;) {
      const piece = chunk.subarray(start, start + blockBytes - (this.bytes % blockBytes));
      this.block.update(piece);
      this.bytes += piece.length;
      start += piece.length;
      if (this.bytes % blockBytes === 0) {
        this.endBlock();
      }
    }
  }

  sealed(): Sealed {
    if (this.bytes % blockBytes !== 0) {
      this.endBlock();
    }
    return { sha256: this.whole.digest("hex"), bytes: this.bytes, blocks: this.blocks };
  }

  private endBlock(): void {
    this.blocks.push(this.block.digest("hex"));
    this.block = createHash("sha256");
  }
}

/** What is wrong with a sealed file, as it lies there; undefined where it is as the manifest says. */
export async function damage(file: string, sealed: Sealed): Promise<string | undefined> {
  try {
    const blocks = provenBlocks(file, sealed);
    while (!(await blocks.next()).done) {
      // Read to its end.
    }
    return undefined;
  } catch (error) {
    if (error instanceof Damage) {
      return error.what;
    }
    throw error;
  }
}

/** A sealed file that is not what its manifest says. */
class Damage extends UserError {
  constructor(
    file: string,
    readonly what: string,
  ) {
    super(`${file} ${what}. This part cannot be restored; npm run backup -- list shows the other backups`);
  }
}

/** The blocks of a file, each only once it is known to be what the manifest says. */
async function* provenBlocks(file: string, { blocks, bytes }: Sealed): AsyncGenerator<Buffer> {
  const handle = await openRegular(file).catch((error: unknown) => {
    throw error instanceof UserError ? new Damage(file, error.message) : error;
  });
  try {
    const { size } = await handle.stat();
    if (size !== bytes) {
      throw new Damage(file, `has ${size} bytes instead of ${bytes}`);
    }
    for (const [index, hash] of blocks.entries()) {
      const wanted = Math.min(blockBytes, bytes - index * blockBytes);
      const { buffer, bytesRead } = await readFully(handle, Buffer.alloc(wanted), index * blockBytes);
      const block = buffer.subarray(0, bytesRead);
      if (bytesRead !== wanted || createHash("sha256").update(block).digest("hex") !== hash) {
        throw new Damage(file, "has changed since it was written (checksum)");
      }
      yield block;
    }
  } finally {
    await handle.close();
  }
}

/** Fills a buffer, or reads to the end of the file: a read may bring less than it was asked for. */
async function readFully(
  handle: fs.promises.FileHandle,
  buffer: Buffer,
  position: number,
): Promise<{ buffer: Buffer; bytesRead: number }> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) {
      break;
    }
    done += bytesRead;
  }
  return { buffer, bytesRead: done };
}

/**
 * The data in a sealed file. Nothing comes out that the manifest does not bind: each block is checked before it is decrypted, so a file that
 * is exchanged while it is read does not get through either.
 *
 * @throws UserError for a wrong key; the stream fails for a damaged file
 */
export async function unseal(
  file: string,
  sealed: Sealed,
  { file: keyName, identity }: Pick<BackupKey, "file" | "identity">,
): Promise<Readable> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const asUserError = (error: unknown) =>
    error instanceof UserError
      ? error
      : new UserError(
          /no identity matched/i.test(String(error))
            ? `The key in ${keyName} does not open ${file}: it was sealed for another one. Name the right one with --key`
            : `${file} is damaged: ${error instanceof Error ? error.message : String(error)}`,
        );
  try {
    const source = Readable.toWeb(
      Readable.from(provenBlocks(file, sealed), { objectMode: false }),
    ) as globalThis.ReadableStream<Uint8Array>;
    const plain = Readable.fromWeb(await decrypter.decrypt(source));
    const data = createGunzip();
    plain.on("error", (error) => data.destroy(asUserError(error)));
    return plain.pipe(data);
  } catch (error) {
    throw asUserError(error);
  }
}
