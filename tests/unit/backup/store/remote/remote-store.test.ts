import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { holderOf } from "../../../../../backup/store/holder";
import type { BackupKey } from "../../../../../backup/format/key";
import { withRemoteStore, type Use } from "../../../../../backup/store/remote/open";
import { Rclone, type Limits } from "../../../../../backup/store/remote/rclone";
import { RemoteStore } from "../../../../../backup/store/remote/remote-store";
import { isGood, prune } from "../../../../../backup/retention";
import { findBackup, nextSequence, readBackups } from "../../../../../backup/store/stack-folder";
import { verify } from "../../../../../backup/contents/trial";
import { UserError } from "../../../../../errors";
import { silently } from "../../../../../terminal/progress";
import { fakePrograms } from "../../../../support/fake-programs";
import { isLong } from "../../../../support/long";
import { rejection } from "../../../../support/rejection";
import { temporaryDirectory } from "../../../../support/temporary-directory";
import { madeBackup, newKey, type Wanted } from "../../made-backup";

const script = path.join(__dirname, "..", "..", "..", "..", "support", "fake-rclone.sh");
const day = 24 * 60 * 60 * 1000;

describe("B2 backups in remote storage", () => {
  const stack = "press";
  const target = { remote: "offsite", path: "backups" };
  let home: string;
  let place: string;
  let folder: string;
  let work: string;
  let key: BackupKey;

  beforeEach(async () => {
    home = temporaryDirectory();
    place = path.join(home, "store", "backups");
    folder = path.join(place, stack);
    work = path.join(home, "work");
    fs.mkdirSync(place, { recursive: true });
    fs.writeFileSync(path.join(home, "count"), "0");
    process.env["FAKE_RCLONE"] = home;
    fakePrograms({ rclone: `exec sh ${script} "$@"` });
    key = await newKey(home);
  });
  afterEach(() => {
    for (const name of ["FAKE_RCLONE", "FAKE_RCLONE_AT", "FAKE_RCLONE_MODE"]) {
      Reflect.deleteProperty(process.env, name);
    }
  });

  /** From now on, the call of this number goes wrong. */
  const failAt = (call: number, mode: string) => {
    fs.writeFileSync(path.join(home, "count"), "0");
    Object.assign(process.env, { FAKE_RCLONE_AT: String(call), FAKE_RCLONE_MODE: mode });
  };
  const made = (sequence: number, wanted: Wanted = {}) =>
    madeBackup(place, key, { stack, contents: [], sequence, ...wanted }).then((backup) => path.basename(backup));
  const opened = async (limits?: Limits) => {
    fs.mkdirSync(work, { recursive: true });
    return new RemoteStore(await Rclone.find(undefined, limits), target, stack, work, undefined);
  };
  const looked = async () => {
    const store = await opened();
    await store.refresh();
    return store;
  };
  const underLock = async <Result>(command: string, act: (store: RemoteStore) => Promise<Result>, limits?: Limits) => {
    const store = await opened(limits);
    try {
      await store.lock(command);
      await store.refresh();
      return await silently(() => act(store));
    } finally {
      await store.unlock();
    }
  };
  const filesBelow = (root: string): Record<string, string> =>
    Object.fromEntries(
      (fs.existsSync(root) ? fs.readdirSync(root, { recursive: true, encoding: "utf8" }) : [])
        .filter((name) => fs.statSync(path.join(root, name)).isFile())
        .sort()
        .map((name) => [
          name,
          createHash("sha256")
            .update(fs.readFileSync(path.join(root, name)))
            .digest("hex"),
        ]),
    );
  /** Takes a backup out of the store, to where one is made. */
  const unfinished = async (sequence: number) => {
    const id = await made(sequence);
    const backup = await findBackup(folder, stack, id, key);
    const aside = path.join(home, "made");
    fs.rmSync(aside, { recursive: true, force: true });
    fs.renameSync(path.join(folder, id), aside);
    return { aside, backup };
  };

  it("holds in the end what a folder would, and restores from there", async () => {
    const { aside, backup } = await unfinished(1);
    const before = filesBelow(aside);
    await underLock("create", (store) => store.publish(aside, backup));
    expect(filesBelow(path.join(folder, backup.id))).to.deep.equal(before);
    expect(fs.readdirSync(folder)).to.deep.equal([backup.id, ".locks"].sort());
    expect(Object.keys(filesBelow(folder)).filter((name) => name.startsWith(".locks/"))).to.deep.equal([]);
    expect(Object.keys(filesBelow(work)).every((name) => name.endsWith(".signed"))).to.equal(true);
    fs.rmSync(work, { recursive: true });
    await underLock("restore", async (store) => {
      const found = await findBackup(store.folder, stack, undefined, key);
      expect(await isGood(store, found)).to.equal(true);
      await store.fetch(found);
      const asked = fs.readFileSync(path.join(home, "count"), "utf8");
      await store.fetch(found);
      expect(fs.readFileSync(path.join(home, "count"), "utf8"), "what is here already").to.equal(asked);
      await verify(found, found.folder, key, undefined);
      store.forgetFetched();
    });
  });

  it("whatever the store answers wrong, and at whichever step: nothing is lost, and nothing half is a backup", async () => {
    const others = await madeBackup(place, key, { stack: "other", contents: [] });
    const [oldest, kept] = [await made(1), await made(2)];
    const { aside, backup } = await unfinished(3);
    const template = path.join(home, "template");
    fs.cpSync(place, template, { recursive: true });
    const whole = { ...prefixed(oldest), ...prefixed(kept), ...prefixed(backup.id, aside) };
    function prefixed(id: string, from = path.join(folder, id)) {
      return Object.fromEntries(Object.entries(filesBelow(from)).map(([name, hash]) => [`${id}/${name}`, hash]));
    }
    const created = async () => {
      fs.rmSync(place, { recursive: true });
      fs.rmSync(work, { recursive: true, force: true });
      fs.cpSync(template, place, { recursive: true });
      const own = path.join(home, "work", `.unfinished-${backup.id}`);
      fs.cpSync(aside, own, { recursive: true });
      await underLock("create", async (store) => {
        await store.publish(own, backup);
        await prune(store, stack, 2, key);
      });
    };
    failAt(0, "");
    await created();
    const steps = Number(fs.readFileSync(path.join(home, "count"), "utf8"));
    expect(fs.readdirSync(folder).sort()).to.deep.equal([".locks", kept, backup.id].sort());
    for (let call = 1; call <= steps; call += 1) {
      const modes = ["refuse", "lost", "half"];
      for (const mode of isLong ? modes : modes.slice(call % modes.length).slice(0, 1)) {
        failAt(call, mode);
        const where = `call ${call} ${mode}`;
        const failure = await created().then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(failure === undefined || failure instanceof UserError, `${where}: ${String(failure)}`).to.equal(true);
        const now = filesBelow(folder);
        const ids = fs.readdirSync(folder).filter((name) => fs.existsSync(path.join(folder, name, "manifest.signed")));
        for (const id of ids) {
          const own = ([name]: [string, string]) => name.startsWith(`${id}/`);
          // Half a manifest is none.
          const isManifestWhole = now[`${id}/manifest.signed`] === whole[`${id}/manifest.signed`];
          if (isManifestWhole) {
            expect(Object.entries(now).filter(own), `${where}: ${id}`).to.deep.equal(Object.entries(whole).filter(own));
          } else {
            expect([id, failure === undefined], where).to.deep.equal([backup.id, false]);
          }
        }
        expect(ids, where).to.include(kept);
        // The oldest goes once there is another in its place, and no sooner.
        expect(ids.includes(oldest) || ids.includes(backup.id), where).to.equal(true);
        expect(failure !== undefined || ids.includes(backup.id), where).to.equal(true);
        expect(Object.keys(filesBelow(others)), where).to.have.length(3);
      }
    }
  });

  it("half an answer, none or one too late is no answer: nothing is listed, let go of or overwritten", async () => {
    await made(1);
    await made(2);
    const before = filesBelow(place);
    for (const mode of ["half", "refuse"]) {
      failAt(1, mode);
      expect((await rejection(looked())).message).to.contain("cannot be known, so nothing is done");
    }
    failAt(4, "hang");
    const late = underLock("prune", (store) => prune(store, stack, 1, key), { question: 2, transfer: 2 });
    expect(await rejection(late)).to.be.instanceOf(UserError);
    expect(filesBelow(place)).to.deep.equal(before);
  });

  it("a place that is not there is told from one that holds nothing", async () => {
    const store = await opened();
    expect(await store.hasAny()).to.equal(false);
    await store.mustExist();
    fs.rmdirSync(place);
    expect((await rejection(store.mustExist())).message).to.contain("offsite:backups does not exist there. Make it");
    failAt(1, "refuse");
    expect((await rejection(store.mustExist())).message).to.contain("connection refused");
  });

  it("B5 a part that lacks bytes or is gone makes its backup count for nothing", async () => {
    const ids = [await made(1), await made(2), await made(3)];
    const part = (id: string) => path.join(folder, id, "1-deployment.age");
    fs.appendFileSync(part(ids[1] ?? ""), "!");
    fs.rmSync(part(ids[2] ?? ""));
    const result = await underLock("prune", (store) => prune(store, stack, 1, key));
    expect(result).to.deep.equal({ kept: [ids[0]], removed: [], notGood: [ids[2], ids[1]], notProven: [] });
  });

  it("B5 what the store changed of a manifest is not believed, and one that does not come is told", async () => {
    const [id, other] = [await made(1), await made(2)];
    fs.appendFileSync(path.join(folder, id, "manifest.signed"), "!");
    fs.truncateSync(path.join(folder, other, "manifest.signed"), 65 * 2 ** 20);
    const store = await looked();
    const { backups, notProven } = await readBackups(store.folder, stack, key);
    expect([backups, notProven.map((one) => one.id)]).to.deep.equal([[], [other, id]]);
  });

  it("parts without a manifest are told, their number is not given again, and they go once nothing came for a day", async () => {
    const id = await made(1);
    for (const [name, age] of [
      ["20260102T000000Z-2", 0.5 * day],
      ["20260103T000000Z-3", 2 * day],
    ] as const) {
      fs.mkdirSync(path.join(folder, name));
      const file = path.join(folder, name, "1-deployment.age");
      fs.writeFileSync(file, "12345");
      const at = new Date(Date.now() - age);
      fs.utimesSync(file, at, at);
    }
    fs.writeFileSync(path.join(folder, "notes.txt"), "somebody's\n");
    await underLock("prune", async (store) => {
      expect(store.incomplete.map((one) => [one.id, one.bytes])).to.deep.equal([
        ["20260102T000000Z-2", 5],
        ["20260103T000000Z-3", 5],
      ]);
      const taken = store.incomplete.map((one) => one.id);
      expect(await nextSequence(store.folder, stack, key, taken)).to.equal(4);
      await prune(store, stack, 1, key);
    });
    expect(fs.readdirSync(folder).sort()).to.deep.equal([".locks", "20260102T000000Z-2", id, "notes.txt"].sort());
  });

  describe("for a command", () => {
    const done: string[] = [];
    const command = (use: Use) =>
      silently(() =>
        withRemoteStore(target, stack, { command: "test", folder: work, use }, async (store) => {
          done.push(...(await readBackups(store.folder, stack, key)).backups.map((backup) => backup.id));
        }),
      );
    beforeEach(() => {
      done.length = 0;
      process.env["RCLONE_CONFIG"] = path.join(home, "rclone.conf");
      fs.writeFileSync(process.env["RCLONE_CONFIG"], "[offsite]\ntype = s3\n", { mode: 0o600 });
    });
    afterEach(() => Reflect.deleteProperty(process.env, "RCLONE_CONFIG"));

    it("that only reads a store is enough that can be read, and for one that changes it is not", async () => {
      const id = await made(1);
      const copyto = 2;
      failAt(copyto, "refuse");
      await command("read");
      expect(done).to.deep.equal([id]);
      failAt(copyto, "refuse");
      expect((await rejection(command("change"))).message).to.contain(
        "rclone copyto failed: connection refused. Nothing was changed",
      );
      expect(done).to.deep.equal([id]);
    });

    it("what does not exist is told, and not taken for a place without backups", async () => {
      for (const use of ["look", "read", "change"] as const) {
        await (use === "look" ? command(use) : rejection(command(use)));
      }
      expect((await rejection(command("change"))).message).to.contain("There is no backup of stack press");
      fs.rmdirSync(place);
      for (const use of ["look", "read", "change", "make"] as const) {
        expect((await rejection(command(use))).message, use).to.contain("does not exist there. Make it");
      }
      expect(fs.existsSync(place)).to.equal(false);
    });
  });

  describe("C3 the lock", () => {
    const locks = () => fs.readdirSync(path.join(folder, ".locks"));
    const put = (holder: object, name = `${holderOf("x").token}.json`) => {
      fs.mkdirSync(path.join(folder, ".locks"), { recursive: true });
      fs.writeFileSync(path.join(folder, ".locks", name), JSON.stringify(holder));
    };
    const refused = () => rejection(underLock("prune", (store) => prune(store, stack, 1, key)));

    it("of somebody who works is not taken, and ours is withdrawn", async () => {
      await made(1);
      put(holderOf("create"));
      expect((await refused()).message).to.contain("in use by `create`");
      expect(locks()).to.have.length(1);
    });

    it("of another machine is the person's to judge, and so is what does not say its name", async () => {
      await made(1);
      put({ ...holderOf("create"), machine: "another", host: "elsewhere" });
      expect((await refused()).message).to.match(
        /on elsewhere[^]*\n {2}rclone deletefile offsite:backups\/press\/\.locks\//,
      );
      expect(locks()).to.have.length(1);
      fs.rmSync(path.join(folder, ".locks"), { recursive: true });
      put({}, "x; echo evil");
      const { message } = await refused();
      expect(message).to.contain("that this program has not written").and.to.not.contain("evil");
      expect(locks()).to.have.length(1);
    });

    it("of a process of this machine that has ended is taken", async () => {
      await made(1);
      put({ ...holderOf("create"), pid: 2 ** 22 + 1 });
      await underLock("prune", () => Promise.resolve());
      expect(locks()).to.deep.equal([]);
      const { boot, ...others } = holderOf("create");
      put({ ...others, boot: boot.replace(/^\S+/, "before-it-was-started-anew") });
      await underLock("prune", () => Promise.resolve());
      expect(locks()).to.deep.equal([]);
    });

    it("once somebody has removed it, nothing more is removed", async () => {
      await made(1);
      await made(2);
      const before = fs.readdirSync(folder).filter((name) => name !== ".locks");
      const failure = underLock("prune", (store) => {
        fs.rmSync(path.join(folder, ".locks"), { recursive: true });
        return prune(store, stack, 1, key);
      });
      expect((await rejection(failure)).message).to.contain("is not there any more");
      expect(fs.readdirSync(folder)).to.deep.equal(before);
    });
  });
});
