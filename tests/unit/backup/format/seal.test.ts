import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import { makeKey, readKey, type BackupKey } from "../../../../backup/format/key";
import { blockBytes, damage, seal, unseal, type Sealed } from "../../../../backup/format/seal";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("S9 a sealed file", () => {
  const content = Buffer.from("Hello from the swarm\n".repeat(20_000));
  let folder: string;
  let file: string;
  let key: BackupKey;

  async function newKey(name: string): Promise<BackupKey> {
    const place = path.join(folder, name);
    await makeKey(place);
    return readKey(place);
  }

  beforeEach(async () => {
    folder = temporaryDirectory();
    file = path.join(folder, "data.gz.age");
    key = await newKey("key");
  });

  const plain = async (sealed: Sealed, opened: BackupKey) => buffer(await unseal(file, sealed, opened));

  it("comes back as it was, and holds nothing readable", async () => {
    const sealed = await seal(Readable.from([content]), file, key);
    expect((await plain(sealed, key)).equals(content)).to.equal(true);
    expect(fs.readFileSync(file).includes("Hello")).to.equal(false);
    expect(fs.readFileSync(file, "latin1")).to.match(/^age-encryption\.org\/v1\n/);
    expect(fs.statSync(file).mode & 0o777).to.equal(0o600);
  });

  it("does not open with another key, and says so", async () => {
    const sealed = await seal(Readable.from([content]), file, key);
    const failure = await rejection(plain(sealed, await newKey("other")));
    expect(failure.message).to.contain("does not open").and.contain("--key");
  });

  it("is known to be damaged: a byte, the end, all of it", async () => {
    const sealed = await seal(Readable.from([content]), file, key);
    expect(await damage(file, sealed)).to.equal(undefined);
    const good = fs.readFileSync(file);
    const bad = Buffer.from(good);
    bad[bad.length - 40] = (bad[bad.length - 40] ?? 0) ^ 1;
    fs.writeFileSync(file, bad);
    expect(await damage(file, sealed)).to.contain("has changed since it was written");
    await rejection(plain(sealed, key));
    fs.writeFileSync(file, good.subarray(0, good.length - 10));
    expect(await damage(file, sealed)).to.contain(`has ${good.length - 10} bytes instead of ${good.length}`);
    fs.rmSync(file);
    expect(await damage(file, sealed)).to.equal("is missing");
  });

  it("B5 lets nothing out that the manifest does not bind, though the key seals it: not even the blocks before", async () => {
    const large = randomBytes(blockBytes + 1000);
    const sealed = await seal(Readable.from([large]), file, key);
    expect(sealed.blocks).to.have.length(2);
    expect((await plain(sealed, key)).equals(large)).to.equal(true);
    // Another file for the same key, as whoever knows the public half can make it.
    fs.rmSync(file);
    const other = await seal(Readable.from([randomBytes(blockBytes + 1000)]), file, key);
    expect(await damage(file, other)).to.equal(undefined);
    let seen = 0;
    const failure = await rejection(
      (async () => {
        for await (const chunk of await unseal(file, { ...sealed, bytes: other.bytes }, key)) {
          seen += (chunk as Buffer).length;
        }
      })(),
    );
    expect([failure.message.includes("has changed since it was written"), seen]).to.deep.equal([true, 0]);
  });

  it("fails when what it is made from fails, instead of ending early", async () => {
    const broken = new Readable({
      read() {
        this.push(content);
        this.destroy(new Error("the engine went away"));
      },
    });
    expect((await rejection(seal(broken, file, key))).message).to.contain("the engine went away");
  });

  it("has a key that others cannot read, and that is not made twice", async () => {
    expect(await makeKey(key.file)).to.equal(false);
    fs.chmodSync(key.file, 0o644);
    expect((await rejection(readKey(key.file))).message).to.contain("chmod 600");
    fs.writeFileSync(key.file, "nothing", { mode: 0o600 });
    fs.chmodSync(key.file, 0o600);
    expect((await rejection(readKey(key.file))).message).to.contain("holds no key");
    expect((await rejection(readKey(path.join(folder, "none")))).message).to.contain("is not here");
  });
});
