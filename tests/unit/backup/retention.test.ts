import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import * as fc from "fast-check";
import { lockFolder } from "../../../backup/store/folder-lock";
import type { BackupKey } from "../../../backup/format/key";
import { prune, retention, unneeded } from "../../../backup/retention";
import { GtidSet } from "../../../backup/format/gtid";
import type { Segment } from "../../../backup/binlog/read-statement";
import { nextSequence, readBackups, unfinishedFolder } from "../../../backup/store/stack-folder";
import { FolderStore } from "../../../backup/store/store";
import { rejection } from "../../support/rejection";
import { temporaryDirectory } from "../../support/temporary-directory";
import { madeBackup, newKey, type Wanted } from "./made-backup";

describe("S9 the retention of backups", () => {
  const cases: [string, boolean[], number, string[]][] = [
    ["keeps the newest", [true, true, true], 2, ["2"]],
    ["keeps all while there are fewer", [true, true], 7, []],
    ["does not count what is not good", [false, true, false, true, true], 2, ["4"]],
    ["keeps the last good one, however old", [false, false, false, true], 1, []],
    ["removes nothing where nothing is good", [false, false], 1, []],
  ];
  for (const [name, good, keep, removed] of cases) {
    it(name, () => {
      const backups = good.map((isGood, index) => ({ id: String(index), good: isGood }));
      expect(retention(backups, keep).removed).to.deep.equal(removed);
    });
  }

  it("never removes a good one unless as many newer good ones stay", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), fc.integer({ min: 1, max: 5 }), (good, keep) => {
        const backups = good.map((isGood, index) => ({ id: String(index), good: isGood }));
        const { removed } = retention(backups, keep);
        const left = backups.filter(({ good: isGood, id }) => isGood && !removed.includes(id)).length;
        expect(left).to.equal(Math.min(keep, good.filter(Boolean).length));
      }),
    );
  });

  describe("in a folder", () => {
    const stack = "swarm";
    let place: string;
    let folder: string;
    let key: BackupKey;
    const made = (sequence: number, wanted: Omit<Wanted, "sequence"> = {}) =>
      madeBackup(place, key, { sequence, contents: [], ...wanted }).then((backup) => path.basename(backup));
    const pruned = async (keep: number, name = stack) => {
      const lock = await lockFolder(path.join(place, name), "prune");
      try {
        return lock && (await prune(new FolderStore(path.join(place, name), lock), name, keep, key));
      } finally {
        lock?.release();
      }
    };
    const left = (name = stack) => fs.readdirSync(path.join(place, name)).sort();
    beforeEach(async () => {
      const home = temporaryDirectory();
      place = path.join(home, "backups");
      folder = path.join(place, stack);
      key = await newKey(home);
    });

    it("a copy that was damaged since does not push out one that is whole", async () => {
      const ids = [await made(1), await made(2), await made(3)];
      const [part = ""] = fs.readdirSync(path.join(folder, ids[2] ?? "")).filter((name) => name.endsWith(".age"));
      fs.appendFileSync(path.join(folder, ids[2] ?? "", part), "!");
      expect(await pruned(1)).to.deep.equal({ kept: [ids[1]], removed: [ids[0]], notGood: [ids[2]], notProven: [] });
      expect(left()).to.deep.equal(ids.slice(1));
    });

    it("a copy that was never verified, or whose manifest is gone, pushes out nothing", async () => {
      const ids = [await made(1), await made(2, { verified: false }), await made(3)];
      fs.rmSync(path.join(folder, ids[2] ?? "", "manifest.signed"));
      const result = await pruned(1);
      expect(result?.removed).to.deep.equal([]);
      expect(result?.notProven[0]?.why).to.contain("manifest.signed is missing");
      expect(left()).to.deep.equal(ids);
    });

    it("B5 what was made last stays, and what was made before it goes, whatever the clocks said", async () => {
      // By a machine whose clock was a year ahead, then by one whose clock was lost.
      const ids = [
        await made(1, { at: "2027-01-01T00:00:00Z" }),
        await made(2, { at: "2026-01-01T00:00:00Z" }),
        await made(3, { at: "1970-01-01T00:00:00Z" }),
      ];
      expect(await pruned(1)).to.deep.equal({ kept: [ids[2]], removed: [ids[1], ids[0]], notGood: [], notProven: [] });
      expect(await nextSequence(folder, stack, key)).to.equal(4);
    });

    it("B5 C2 looks at one stack, though others keep theirs in the same place with the same key", async () => {
      await made(1);
      await made(2);
      const others = [await made(1, { stack: "press" }), await made(2, { stack: "press" })];
      expect((await pruned(1))?.removed).to.have.length(1);
      expect(left("press")).to.deep.equal(others);
      expect((await readBackups(path.join(place, "press"), "press", key)).backups).to.have.length(2);
    });

    it("B4 the archive keeps what follows the oldest backup that is left, or everything", () => {
      const server = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
      const segment = (holds: string, day: number) =>
        ({
          holds: GtidSet.parse(`${server}:${holds}`),
          until: Date.parse(`2026-11-${day}T12:00:00Z`) * 1000,
        }) as Segment;
      const segments = [segment("1-5", 20), segment("6-9", 22), segment("10-12", 22), segment("13", 23)];
      const base = (day: number, gtids: string) => ({
        id: "one",
        createdAt: `2026-11-${day}T13:00:00Z`,
        gtids: GtidSet.parse(`${server}:${gtids}`),
      });
      const gone = (...bases: ReturnType<typeof base>[]) =>
        unneeded(segments, bases).map(({ holds }) => holds.toString());
      expect(gone(base(23, "1-13"), base(22, "1-9"))).to.deep.equal([`${server}:1-5`, `${server}:6-9`]);
      expect(gone()).to.deep.equal([]);
    });

    it("a name that something else has is not given again", async () => {
      await made(1);
      fs.mkdirSync(path.join(folder, "20260101T000000Z-2"));
      expect(await nextSequence(folder, stack, key)).to.equal(3);
    });

    it("what a killed run has left goes, of a backup that was on its way in or out", async () => {
      const id = await made(1);
      fs.mkdirSync(path.join(folder, ".unfinished-20260104T000000Z-2"));
      fs.mkdirSync(path.join(folder, ".removed-20260104T000000Z-2"));
      fs.writeFileSync(path.join(folder, "notes.txt"), "somebody's\n");
      await pruned(1);
      expect(left()).to.deep.equal([id, "notes.txt"]);
    });

    it("B5 C3 a backup that is being made is not pruned, and nothing goes once the lock is lost", async () => {
      await made(1);
      await made(2);
      const creating = await lockFolder(folder, "create");
      const unfinished = unfinishedFolder(folder, "20260104T000000Z-3");
      fs.mkdirSync(unfinished);
      expect((await rejection(pruned(1))).message).to.contain("in use by `create`");
      expect(fs.existsSync(unfinished)).to.equal(true);
      fs.rmSync(path.join(folder, ".lock"));
      const before = left();
      if (creating) {
        const failure = await rejection(prune(new FolderStore(folder, creating), stack, 1, key));
        expect(failure.message).to.contain("is not ours any more");
      }
      expect(left()).to.deep.equal(before);
      creating?.release();
    });
  });
});
