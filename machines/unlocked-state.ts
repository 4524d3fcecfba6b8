import { createPrivateKey } from "node:crypto";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { UserError } from "../errors";

/**
 * The key file of a manager (`certificates/swarm-node.key`) as it would be without autolock. An engine cannot make a new swarm of a state
 * that is locked: `docker swarm init --force-new-cluster` takes no key (moby/moby#36852). Once it leads the new swarm, the manager finds
 * there that its key file is to be locked, and locks it again with the same key.
 *
 * The file is PEM: the private key as PKCS #8, encrypted with the key that unlocks, and in a header the key of the raft log, encrypted
 * likewise.
 *
 * @param unlockKey `SWMKEY-1-…`
 * @returns the file as it is, when it is not locked
 * @throws UserError for a key that does not fit
 */
export function unlockedKeyFile(pem: string, unlockKey: string): string {
  if (!isLocked(pem)) {
    return pem;
  }
  const [, headers = "", body = ""] = /^-+BEGIN [A-Z ]+-+\n((?:[\w-]+: .*\n)*)\n?([^-]+)-+END/m.exec(pem) ?? [];
  const key = Buffer.from(unlockKey.replace(/^SWMKEY-1-/, ""), "base64");
  try {
    const unlocked = createPrivateKey({
      key: Buffer.from(body, "base64"),
      format: "der",
      type: "pkcs8",
      passphrase: key,
    });
    const plain = unlocked.export({ format: "der", type: "pkcs8" }).toString("base64");
    // Version 0 is older than any, so the manager takes the swarm's own setting over.
    const open = headers
      .replace(/^kek-version: .*$/m, "kek-version: 0")
      .replace(
        /^(raft-dek(?:-pending)?: )(.*)$/gm,
        (_, name: string, value: string) => `${name}${opened(Buffer.from(value, "base64"), key).toString("base64")}`,
      );
    return `-----BEGIN PRIVATE KEY-----\n${open}\n${(plain.match(/.{1,64}/g) ?? []).join("\n")}\n-----END PRIVATE KEY-----\n`;
  } catch (error) {
    throw new UserError(
      `The key that unlocks the managers does not open the state in this backup (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** Whether a manager's key file is locked. */
export function isLocked(pem: string): boolean {
  return pem.includes("BEGIN ENCRYPTED PRIVATE KEY");
}

/** Fields of a record as swarmkit writes it, in the wire format of protocol buffers: how it is encrypted, the data, the nonce. */
const fields = { algorithm: 1, data: 2, nonce: 3 } as const;
const secretBox = 1;

/** A record of swarmkit that is encrypted, as one that is not. */
function opened(record: Buffer, key: Buffer): Buffer {
  let algorithm = 0;
  let data: Uint8Array = new Uint8Array();
  let nonce: Uint8Array = new Uint8Array();
  for (let at = 0; at < record.length;) {
    const field = (record[at] ?? 0) >> 3;
    const value = record[at + 1] ?? 0;
    if (field === fields.algorithm) {
      algorithm = value;
      at += 2;
    } else {
      const bytes = record.subarray(at + 2, at + 2 + value);
      data = field === fields.data ? bytes : data;
      nonce = field === fields.nonce ? bytes : nonce;
      at += 2 + value;
    }
  }
  if (algorithm !== secretBox) {
    throw new Error(`its log is encrypted in a way that is not known here (${algorithm})`);
  }
  const plain = xsalsa20poly1305(key, nonce).decrypt(data);
  return Buffer.concat([Buffer.from([(fields.data << 3) | 2, plain.length]), plain]);
}
