import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { expect } from "chai";
import { unlockedKeyFile } from "../../../machines/unlocked-state";

describe("S9 the key file of a locked manager", () => {
  const unlocking = randomBytes(32);
  const text = `SWMKEY-1-${unlocking.toString("base64").replace(/=+$/, "")}`;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const logKey = randomBytes(32);

  /** As swarmkit writes it. */
  function locked(): string {
    const nonce = randomBytes(24);
    const box = xsalsa20poly1305(unlocking, nonce).encrypt(logKey);
    const record = Buffer.concat([Buffer.from([8, 1, 0x12, box.length]), box, Buffer.from([0x1a, 24]), nonce]);
    const der = privateKey.export({ format: "der", type: "pkcs8", cipher: "aes-256-cbc", passphrase: unlocking });
    const body = (der.toString("base64").match(/.{1,64}/g) ?? []).join("\n");
    return `-----BEGIN ENCRYPTED PRIVATE KEY-----\nkek-version: 12\nraft-dek: ${record.toString("base64")}\n\n${body}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
  }

  it("becomes what it would be without autolock", () => {
    const file = unlockedKeyFile(locked(), text);
    const [head = "", body = ""] = file.split("\n\n");
    expect(head).to.match(/^-----BEGIN PRIVATE KEY-----\nkek-version: 0\nraft-dek: /);
    const record = Buffer.from(/raft-dek: (.*)/.exec(head)?.[1] ?? "", "base64");
    expect(record.equals(Buffer.concat([Buffer.from([0x12, 32]), logKey]))).to.equal(true);
    const own = createPrivateKey(`-----BEGIN PRIVATE KEY-----\n${body}`);
    expect(own.export({ format: "jwk" })).to.deep.equal(privateKey.export({ format: "jwk" }));
  });

  it("stays as it is when it is not locked", () => {
    const file = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    expect(unlockedKeyFile(file, text)).to.equal(file);
  });

  it("is refused with another swarm's key", () => {
    const other = `SWMKEY-1-${randomBytes(32).toString("base64").replace(/=+$/, "")}`;
    expect(() => unlockedKeyFile(locked(), other)).to.throw("does not open the state in this backup");
  });
});
