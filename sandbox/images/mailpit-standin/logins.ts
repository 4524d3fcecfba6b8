import { createHash, timingSafeEqual } from "node:crypto";
import fs from "node:fs";

/** Who may sign in, as a password file of Mailpit's says: a line `user:password` each, plain or as `{SHA}` and `{SSHA}` of it. */
export class Logins {
  private constructor(private readonly passwords: ReadonlyMap<string, string>) {}

  /** Reads a password file. Throws for a file without anybody, and for a hash that the stand-in cannot check. */
  static read(path: string): Logins {
    const lines = fs
      .readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"));
    const entries = lines.map((line) => {
      const [, user, password] = /^([^:]+):(.+)$/.exec(line) ?? [];
      if (user === undefined || password === undefined) {
        throw new Error(`${path} has a line that is not user:password`);
      }
      if (/^(\$|\{(?!S?SHA\}))/.test(password)) {
        throw new Error(`${path} has a hash for ${user} that this stand-in cannot check: use the password or {SSHA}`);
      }
      return [user, password] as const;
    });
    if (entries.length === 0) {
      throw new Error(`${path} names nobody`);
    }
    return new Logins(new Map(entries));
  }

  accepts(user: string, password: string): boolean {
    const stored = this.passwords.get(user);
    if (stored === undefined) {
      return false;
    }
    const [, salted, hash = ""] = /^\{(S?)SHA\}(.+)$/.exec(stored) ?? [];
    if (salted === undefined) {
      return same(Buffer.from(stored), Buffer.from(password));
    }
    const bytes = Buffer.from(hash, "base64");
    return same(bytes.subarray(0, 20), sha1(Buffer.concat([Buffer.from(password), bytes.subarray(20)])));
  }

  /** Whether an Authorization header of the Basic scheme names one of them. */
  acceptsHeader(header: string | undefined): boolean {
    const [, encoded = ""] = /^Basic (\S+)$/i.exec(header ?? "") ?? [];
    const [, user, password] = /^([^:]*):([^]*)$/.exec(Buffer.from(encoded, "base64").toString()) ?? [];
    return user !== undefined && password !== undefined && this.accepts(user, password);
  }
}

/** Compares the digests, so that the time it takes tells nothing. */
function same(left: Buffer, right: Buffer): boolean {
  return timingSafeEqual(sha1(left), sha1(right));
}

function sha1(bytes: Buffer): Buffer {
  return createHash("sha1").update(bytes).digest();
}
