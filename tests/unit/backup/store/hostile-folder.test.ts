import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { expect } from "chai";
import * as fc from "fast-check";
import type { TryInContainer } from "../../../../backup/contents/container";
import type { BackupJob } from "../../../../backup/create";
import { lockFolder } from "../../../../backup/store/folder-lock";
import type { BackupKey } from "../../../../backup/format/key";
import { digestOf } from "../../../../backup/format/manifest";
import { containersOf } from "../../../../backup/swarm/containers";
import { swarmPlatform } from "../../../../backup/swarm/platform";
import { verify } from "../../../../backup/contents/trial";
import { carryOutRestore, planRestore } from "../../../../backup/restore/restore";
import { prune } from "../../../../backup/retention";
import { seal } from "../../../../backup/format/seal";
import { signed } from "../../../../backup/format/signature";
import { findBackup, readBackups, stackFolder } from "../../../../backup/store/stack-folder";
import { FolderStore } from "../../../../backup/store/store";
import { DockerEngine } from "../../../../engines/docker-engine";
import { parseStackConfig } from "../../../../config/parse";
import type { SwarmStackConfig } from "../../../../config/schema";
import { UserError } from "../../../../errors";
import { isLong } from "../../../support/long";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { fakeDocker, type FakeDocker } from "../swarm/fake-docker";
import { database, madeBackup, newKey, siteFiles } from "../made-backup";
import { silently } from "../../../../terminal/progress";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Whoever writes in the folder of the backups without the key gets nothing run, and nothing removed. */
describe("B5 C1 a hostile folder of backups", () => {
  const stack = "swarm";
  const config = parseStackConfig({
    platform: "swarm",
    swarm: { host: "unix:///nowhere/docker.sock" },
    sites: { blog: { url: "http://localhost:2368" } },
  }) as SwarmStackConfig;
  const engine = new DockerEngine(config.swarm.host);
  const trial: TryInContainer = (part, work) => containersOf(engine, part, part.target)(work);
  let docker: FakeDocker;
  let place: string;
  let folder: string;
  let victim: string;
  let key: BackupKey;
  let attacker: BackupKey;
  let backup: string;
  let job: BackupJob;

  beforeEach(async () => {
    docker = fakeDocker();
    const home = temporaryDirectory();
    place = path.join(home, "backups");
    folder = path.join(place, stack);
    victim = path.join(home, "victim");
    fs.mkdirSync(victim);
    fs.writeFileSync(path.join(victim, "precious"), "kept\n");
    key = await newKey(home);
    attacker = await newKey(home, "attacker.txt");
    backup = await madeBackup(place, key);
    const platform = swarmPlatform({ stack, config, cluster: undefined });
    job = { stack, platform, store: new FolderStore(folder, undefined), key };
  });
  afterEach(() => {
    docker.remove();
    expect(fs.readFileSync(path.join(victim, "precious"), "utf8"), "what is outside").to.equal("kept\n");
  });

  const manifestFile = () => path.join(backup, "manifest.signed");
  const note = () => fs.readFileSync(manifestFile(), "utf8");
  const textOf = (whole: string) => whole.slice(0, whole.indexOf("\n\n— ") + 1);
  const manifest = () => JSON.parse(textOf(note())) as { [key: string]: Json };
  const verified = async (id?: string) => {
    const found = await findBackup(folder, stack, id, key);
    await silently(() => verify(found, found.folder, key, trial));
  };
  const restored = () => silently(async () => carryOutRestore(job, await planRestore(job, undefined, { place: {} })));
  const pruned = async () => {
    const lock = await lockFolder(folder, "prune");
    try {
      return lock && (await prune(new FolderStore(folder, lock), stack, 1, key));
    } finally {
      lock?.release();
    }
  };
  /** Neither command does anything. Returns what `verify` says. */
  const refusedBeforeAnything = async () => {
    const failure = await rejection(verified());
    expect(failure).to.be.instanceOf(UserError);
    expect(await rejection(restored())).to.be.instanceOf(UserError);
    expect(docker.calls()).to.deep.equal([]);
    return failure.message;
  };

  it("is none while nobody has touched it: its database is loaded in the image that it names", async () => {
    await rejection(verified());
    expect(docker.calls().join("\n")).to.match(/^run .*registry\.test\/mysql:9/m);
  });

  it("each value of the manifest in turn, changed by whoever has no key", async () => {
    const original = note();
    const [, signature = ""] = /\n(— .*\n)$/.exec(original) ?? [];
    for (const [where_, hostile] of mutations(manifest())) {
      const text = `${JSON.stringify(hostile, undefined, 2)}\n`;
      // With the signature that was there, and with one of the attacker's own.
      for (const forged of [`${text}\n${signature}`, signed(text, attacker.signer)]) {
        fs.writeFileSync(manifestFile(), forged);
        const failure = await rejection(verified());
        expect(failure, where_).to.be.instanceOf(UserError);
        expect(failure.message, where_).to.match(/has changed since it was signed|was signed with another key/);
      }
    }
    expect(docker.calls()).to.deep.equal([]);
    fs.writeFileSync(manifestFile(), original);
    expect((await findBackup(folder, stack, undefined, key)).proven).to.equal(true);
  });

  it("an image that runs as root with / mounted is told, by verify and restore, and not run", async () => {
    const hostile = manifest();
    const [, files] = hostile["parts"] as { image: string; target: string; volume: { options: object } }[];
    Object.assign(files ?? {}, { image: "evil.test/root:1", target: "/" });
    Object.assign(files?.volume ?? {}, { options: { type: "none", o: "bind", device: "/" } });
    fs.writeFileSync(manifestFile(), signed(JSON.stringify(hostile), attacker.signer));
    expect(await refusedBeforeAnything())
      .to.contain("was signed with another key")
      .and.contain("--key");
    fs.writeFileSync(manifestFile(), JSON.stringify(hostile));
    expect(await refusedBeforeAnything()).to.contain("no signed manifest");
    fs.writeFileSync(manifestFile(), note().replace("evil", "EVIL"));
    await refusedBeforeAnything();
  });

  it("is refused for what is no plain name and no place for data, even where the key has signed it", async () => {
    const part = { ...siteFiles, file: "2-files.age" };
    const bind = (device: string) => ({ ...siteFiles.volume, options: { type: "none", o: "bind", device } });
    const hostile: { [key: string]: unknown }[] = [
      ...["../victim", "a/b", "/etc/passwd", "..", ".age", "-rf.age", "a\nb.age"].map((file) => ({ ...part, file })),
      ...["..", "../../victim", "/", "a b", "-v", "$(id)"].map((name) => ({
        ...part,
        volume: { ...siteFiles.volume, name },
      })),
      ...["/", "/etc", "/proc/1", "/dev", "relative", "/a/../etc", "/data:/x", "/data/"].map((target) => ({
        ...part,
        target,
      })),
      ...["--privileged", "a b", "UPPER", "a:b:c", "", "x@sha256:1"].map((image) => ({ ...part, image })),
      ...["/", "/etc", "/root/.ssh", "/var/lib/docker", "/srv/../etc", "relative"].map((device) => ({
        ...part,
        volume: bind(device),
      })),
      ...["../node", "a;b", ""].map((node) => ({ ...part, node })),
      { ...part, blocks: [] },
      { ...part, bytes: -1 },
      { ...part, sha256: "" },
      { ...part, privileged: true },
      { ...database, file: "3-mysql.age", data: "/etc" },
    ];
    for (const one of hostile) {
      const original = manifest();
      const [first = null, second = {}] = original["parts"] as Json[];
      const changed = { ...original, parts: [first, { ...(second as object), ...one }] };
      fs.writeFileSync(manifestFile(), signed(JSON.stringify(changed), key.signer));
      const failure = await rejection(verified());
      expect(failure.message, JSON.stringify(one)).to.contain("says what no backup of this program says");
      fs.writeFileSync(manifestFile(), signed(JSON.stringify(original), key.signer));
    }
    expect(docker.calls()).to.deep.equal([]);
  });

  it("any byte of the manifest, and anything in its place", async () => {
    const original = fs.readFileSync(manifestFile());
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), async (index, change) => {
        const changed = Buffer.from(original);
        changed[index] = (changed[index] ?? 0) ^ change;
        fs.writeFileSync(manifestFile(), changed);
        expect((await readBackups(folder, stack, key)).backups).to.deep.equal([]);
      }),
      { numRuns: isLong ? 25 : 10 },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string({ unit: "binary" })), async (text) => {
        fs.writeFileSync(manifestFile(), text);
        expect(await rejection(verified())).to.be.instanceOf(UserError);
        // Without the key nobody is led to believe it either.
        expect((await readBackups(folder, stack, undefined)).backups.filter(({ proven }) => proven)).to.deep.equal([]);
      }),
      { numRuns: isLong ? 25 : 10 },
    );
    expect(docker.calls()).to.deep.equal([]);
  });

  describe("a part", () => {
    const ran = () => docker.calls().filter((call) => !/^(version|volume ls)\b/.test(call));
    const hostileParts: [string, (file: string, other: string) => Promise<void> | void, RegExp][] = [
      ["of another backup", (file, other) => fs.copyFileSync(path.join(other, path.basename(file)), file), /has /],
      ["cut off", (file) => fs.truncateSync(file, fs.statSync(file).size - 1), /bytes instead of/],
      ["made longer", (file) => fs.appendFileSync(file, "!"), /bytes instead of/],
      ["missing", (file) => fs.rmSync(file), /is missing/],
      ["a folder", (file) => (fs.rmSync(file), fs.mkdirSync(file), undefined), /is no file/],
      ["a link", (file) => (fs.renameSync(file, `${file}.x`), fs.symlinkSync(`${file}.x`, file)), /is a link/],
      ["a pipe", (file) => (fs.rmSync(file), execFileSync("mkfifo", [file]), undefined), /is no file/],
      [
        "sealed for the same key by somebody else",
        async (file) => {
          fs.rmSync(file);
          await seal(Readable.from([Buffer.from("DROP DATABASE blog; -- Dump completed\n")]), file, key);
        },
        /has (changed|\d+ bytes)/,
      ],
      [
        "with one byte changed",
        (file) => {
          const bytes = fs.readFileSync(file);
          bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
          fs.writeFileSync(file, bytes);
        },
        /has changed since it was written/,
      ],
    ];
    for (const [name, spoil, words] of hostileParts) {
      it(`${name} is found before a database is loaded or a volume made`, async () => {
        const other = await madeBackup(place, key, { sequence: 2, verified: false });
        for (const file of fs.readdirSync(backup).filter((one) => one.endsWith(".age"))) {
          const spoilt = path.join(backup, file);
          const kept = `${spoilt}.kept`;
          fs.copyFileSync(spoilt, kept);
          await spoil(spoilt, other);
          const failure = await rejection(restored());
          expect(failure, file).to.be.instanceOf(UserError);
          expect(failure.message, file).to.contain(spoilt).and.match(words);
          expect(ran(), file).to.deep.equal([]);
          fs.rmSync(spoilt, { recursive: true, force: true });
          fs.renameSync(kept, spoilt);
        }
      });
    }

    it("exchanged for another of the same backup is found", async () => {
      const names = fs.readdirSync(backup).filter((one) => one.endsWith(".age"));
      const [first = "", second = ""] = names.map((name) => path.join(backup, name));
      fs.renameSync(first, `${first}.x`);
      fs.renameSync(second, first);
      fs.renameSync(`${first}.x`, second);
      expect(await rejection(restored())).to.be.instanceOf(UserError);
      expect(ran()).to.deep.equal([]);
    });
  });

  describe("a backup", () => {
    it("played back under a newer name is told", async () => {
      fs.cpSync(backup, path.join(folder, "20270101T000000Z-9"), { recursive: true });
      const { backups, notProven } = await readBackups(folder, stack, key);
      expect(backups.map(({ id }) => id)).to.deep.equal([path.basename(backup)]);
      expect(notProven[0]?.why).to.contain("it was copied or renamed");
      expect((await rejection(verified("20270101T000000Z-9"))).message).to.contain("copied or renamed");
    });

    it("of another stack is told, though the key is the same", async () => {
      const other = await madeBackup(place, key, { stack: "press" });
      fs.rmSync(backup, { recursive: true });
      fs.cpSync(other, path.join(folder, path.basename(other)), { recursive: true });
      expect(await refusedBeforeAnything()).to.contain("is a backup of stack press, not of swarm");
    });

    it("of a newer format is told", async () => {
      fs.writeFileSync(manifestFile(), signed(JSON.stringify({ ...manifest(), version: 2 }), key.signer));
      expect(await refusedBeforeAnything())
        .to.contain("of format 2")
        .and.contain("newer");
    });

    it("does not count as verified on the word of another's verification, or of nobody's", async () => {
      const other = await madeBackup(place, key, { sequence: 2 });
      fs.copyFileSync(path.join(other, "verified.signed"), path.join(backup, "verified.signed"));
      const state = async () => {
        const { backups } = await readBackups(folder, stack, key);
        return backups.find(({ sequence }) => sequence === 1)?.verifiedAt;
      };
      expect(await state()).to.equal(undefined);
      const text = `${JSON.stringify({ format: "ghost-platform backup verification", version: 1, manifest: digestOf(textOf(note())), verifiedAt: new Date().toISOString() })}\n`;
      fs.writeFileSync(path.join(backup, "verified.signed"), signed(text, attacker.signer));
      expect(await state()).to.equal(undefined);
      fs.writeFileSync(path.join(backup, "verified.signed"), signed(text, key.signer));
      expect(await state()).to.be.a("string");
    });
  });

  describe("and prune", () => {
    it("removes nothing outside, whatever stands in the folder", async () => {
      await madeBackup(place, key, { sequence: 3, at: "2026-01-03T00:00:00Z" });
      const before = note();
      const hostile = { ...manifest(), id: "../victim" };
      const named = path.join(folder, "20251231T000000Z-2");
      fs.mkdirSync(named);
      fs.writeFileSync(
        path.join(named, "manifest.signed"),
        `${JSON.stringify(hostile)}\n${before.slice(textOf(before).length)}`,
      );
      fs.symlinkSync(victim, path.join(folder, "20251230T000000Z-1"));
      fs.symlinkSync(victim, path.join(folder, ".unfinished-20251229T000000Z-1"));
      fs.symlinkSync(victim, path.join(folder, ".removed-..%2fvictim"));
      const result = await pruned();
      expect(result?.removed).to.deep.equal([path.basename(backup)]);
      expect(result?.notProven.map(({ id }) => id)).to.deep.equal(["20251231T000000Z-2", "20251230T000000Z-1"]);
      expect(fs.existsSync(named)).to.equal(true);
    });

    it("follows no link in the place of the stack's folder", () => {
      const elsewhere = path.join(victim, stack);
      fs.renameSync(folder, elsewhere);
      fs.symlinkSync(elsewhere, folder);
      expect(() => stackFolder(place, stack)).to.throw(UserError, "is a link");
      for (const name of ["..", ".", "a/b", "", "-x"]) {
        expect(() => stackFolder(place, name), name).to.throw(UserError);
      }
    });
  });
});

/** A document with one of its values changed, for each of its values and some changes, with the place of the change. */
function mutations(document: Json): [where: string, document: Json][] {
  if (Array.isArray(document)) {
    return [
      ["[]", document.slice(1)],
      ...document.flatMap((value, index): [string, Json][] =>
        mutations(value).map(([where, one]) => [
          `${index}.${where}`,
          document.map((old, at) => (at === index ? one : old)),
        ]),
      ),
    ];
  }
  if (typeof document === "object" && document !== null) {
    return [
      ["+", { ...document, more: true }],
      ...Object.entries(document).flatMap(([name, value]): [string, Json][] => {
        const without = Object.entries(document).filter(([other]) => other !== name);
        return [
          [`-${name}`, Object.fromEntries(without)],
          ...mutations(value).map(([where, one]): [string, Json] => [`${name}.${where}`, { ...document, [name]: one }]),
        ];
      }),
    ];
  }
  switch (typeof document) {
    case "string":
      return ["../victim", "/", "evil.test/root:1"].map((value) => [value, value]);
    case "number":
      return [["+1", document + 1]];
    case "boolean":
      return [["!", !document]];
    default:
      return [["null", 0]];
  }
}
