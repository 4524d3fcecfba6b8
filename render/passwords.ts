import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";

/** What a password is asked to be; see the arguments of @pulumi/random's RandomPassword. */
export interface PasswordRequest {
  /** Number of characters. */
  length: number;
  /** Whether to use punctuation besides letters and digits. */
  special: boolean;
}

interface StoredPassword extends PasswordRequest {
  value: string;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const lettersAndDigits = `${letters}0123456789`;
const punctuation = "!@#$%&*()-_=+[]{}<>:?";

/**
 * Random passwords by name, the same from run to run: what Pulumi keeps in its state, for a program that is rendered instead. They stand in
 * one file that only its owner can read. Those of what the program has no more stay: it may come back, and a swarm has its secret still.
 */
export class PasswordStore {
  private readonly stored: Map<string, StoredPassword>;

  /** @param file absent: the passwords are forgotten with the object */
  constructor(private readonly file?: string) {
    this.stored = new Map(file ? Object.entries(readPasswords(file)) : []);
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

  /** Writes the passwords to a file (mode 0600), or to the one they were read from. */
  save(file = this.file): void {
    if (file) {
      const sorted = Object.fromEntries([...this.stored].sort(([left], [right]) => (left < right ? -1 : 1)));
      fs.writeFileSync(file, `${JSON.stringify(sorted, undefined, 2)}\n`, { mode: 0o600 });
      fs.chmodSync(file, 0o600);
    }
  }
}

function readPasswords(file: string): Record<string, StoredPassword> {
  if (!fs.existsSync(file)) {
    return {};
  }
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, StoredPassword>;
  } catch (error) {
    throw new UserError(
      `${path.relative(process.cwd(), file)} cannot be read: ${(error as Error).message}. It holds the passwords of the rendered stack: restore it, or delete it and render again (the database takes new passwords over when it restarts)`,
    );
  }
}
