import * as fs from "node:fs";
import * as path from "node:path";
import { createHash } from "node:crypto";
import { expect } from "chai";
import * as fc from "fast-check";
import { writeManifest, type Manifest } from "../../../backup/manifest";
import { prune, retention } from "../../../backup/retention";
import { temporaryDirectory } from "../../support/temporary-directory";

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
    let directory: string;
    const made = (id: string, verified: boolean) => {
      const folder = path.join(directory, id);
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, "data"), id);
      const sha256 = createHash("sha256").update(id).digest("hex");
      const manifest: Manifest = {
        version: 1,
        stack: "swarm",
        id,
        createdAt: "2026-01-01T00:00:00Z",
        ...(verified ? { verifiedAt: "2026-01-01T00:00:00Z" } : {}),
        seconds: 1,
        without: [],
        parts: [{ kind: "deployment", file: "data", bytes: id.length, sha256 }],
      };
      writeManifest(folder, manifest);
    };
    const ids = ["20260101T000000Z", "20260102T000000Z", "20260103T000000Z"];
    beforeEach(() => {
      directory = temporaryDirectory();
    });

    it("a copy that was damaged since does not push out one that is whole", async () => {
      ids.forEach((id) => made(id, true));
      fs.appendFileSync(path.join(directory, ids[2] ?? "", "data"), "!");
      expect(await prune(directory, 1)).to.deep.equal({ kept: [ids[1]], removed: [ids[0]], notGood: [ids[2]] });
      expect(fs.readdirSync(directory).sort()).to.deep.equal(ids.slice(1));
    });

    it("a copy that was never verified, or whose manifest is gone, pushes out nothing", async () => {
      made(ids[0] ?? "", true);
      made(ids[1] ?? "", false);
      fs.mkdirSync(path.join(directory, ids[2] ?? ""));
      expect((await prune(directory, 1)).removed).to.deep.equal([]);
    });

    it("what a killed run has left goes", async () => {
      made(ids[0] ?? "", true);
      fs.mkdirSync(path.join(directory, ".unfinished-20260104T000000Z"));
      await prune(directory, 1);
      expect(fs.readdirSync(directory)).to.deep.equal([ids[0]]);
    });
  });
});
