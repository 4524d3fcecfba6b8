import * as fs from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import { makeKey, readKey, type BackupKey } from "../../../backup/key";
import { damage, seal, unseal } from "../../../backup/seal";
import { rejection } from "../../support/rejection";
import { temporaryDirectory } from "../../support/temporary-directory";

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

  const plain = async (opened: BackupKey) => buffer(await unseal(file, opened));

  it("comes back as it was, and holds nothing readable", async () => {
    await seal(Readable.from([content]), file, key);
    expect((await plain(key)).equals(content)).to.equal(true);
    expect(fs.readFileSync(file).includes("Hello")).to.equal(false);
    expect(fs.readFileSync(file, "latin1")).to.match(/^age-encryption\.org\/v1\n/);
    expect(fs.statSync(file).mode & 0o777).to.equal(0o600);
  });

  it("does not open with another key, and says so", async () => {
    await seal(Readable.from([content]), file, key);
    const failure = await rejection(plain(await newKey("other")));
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
    await rejection(plain(key));
    fs.writeFileSync(file, good.subarray(0, good.length - 10));
    expect(await damage(file, sealed)).to.contain(`has ${good.length - 10} bytes instead of ${good.length}`);
    fs.rmSync(file);
    expect(await damage(file, sealed)).to.equal("is missing");
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
