import * as crypto from "node:crypto";
import { z } from "zod";
import { readOwnFile, writeOwnFile, type OwnFileKind } from "../files/own-file";
import { CertificateStore, storedText, type StoredText } from "./certificates";

/** What a password is asked to be; see the arguments of @pulumi/random's RandomPassword. */
export interface PasswordRequest {
  /** Number of characters. */
  length: number;
  /** Whether to use punctuation besides letters and digits. */
  special: boolean;
}

const storedPassword = z.strictObject({ length: z.number(), special: z.boolean(), value: z.string().min(1) });
type StoredPassword = z.output<typeof storedPassword>;

const kind: OwnFileKind<Record<string, StoredPassword | StoredText>> = {
  what: "which holds the passwords and certificates of a rendered stack",
  format: "json",
  schema: z.record(z.string(), z.union([storedPassword, storedText])),
  remedy:
    "Put it back from a backup. Where there is none: npm run destroy for the stack, which keeps the data, delete the file, and deploy again; the database takes over the new passwords",
};

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const lettersAndDigits = `${letters}0123456789`;
const punctuation = "!@#$%&*()-_=+[]{}<>:?";

/**
 * Random passwords by name, the same from run to run: what Pulumi keeps in its state, for a program that is rendered instead. They stand in
 * one file that only its owner can read, with keys and certificates. Those of what the program has no more stay: it may come back, and a swarm has its
 * secret still.
 */
export class PasswordStore {
  readonly certificates: CertificateStore;
  private readonly stored = new Map<string, StoredPassword>();

  /**
   * @param file absent: what is made is forgotten with the object
   * @param now what time it is to certificates
   */
  constructor(
    private readonly file?: string,
    now?: () => Date,
  ) {
    const texts = new Map<string, StoredText>();
    for (const [name, one] of Object.entries((file && readOwnFile(file, kind)) || {})) {
      if ("text" in one) {
        texts.set(name, one);
      } else {
        this.stored.set(name, one);
      }
    }
    this.certificates = new CertificateStore(texts, now);
  }

  /** The password of a name; made on first use, and again when a different kind is asked for. */
  get(name: string, request: PasswordRequest): string {
    const known = this.stored.get(name);
    if (known && known.length === request.length && known.special === request.special) {
      return known.value;
    }
    const alphabet = request.special ? lettersAndDigits + punctuation : lettersAndDigits;
    const value = Array.from({ length: request.length }, () => alphabet[crypto.randomInt(alphabet.length)]).join("");
    this.stored.set(name, { ...request, value });
    return value;
  }

  /** Writes all of it to a file (mode 0600), or to the one it was read from. */
  save(file = this.file): void {
    if (file) {
      const all: [string, StoredPassword | StoredText][] = [...this.stored, ...this.certificates.stored];
      const sorted = Object.fromEntries(all.sort(([left], [right]) => (left < right ? -1 : 1)));
      writeOwnFile(file, kind, sorted);
    }
  }
}
