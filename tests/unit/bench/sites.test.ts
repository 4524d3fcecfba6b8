import { expect } from "chai";
import { declareSites } from "../../../bench/declare-sites";

describe("a further site", () => {
  for (const platform of ["kubernetes", "swarm"]) {
    it(`adds as many objects as the one before it, on ${platform}`, async () => {
      const objects: number[] = [];
      for (const count of [1, 2, 3, 4]) {
        objects.push((await declareSites(platform, count)).objects);
      }
      const added = objects.slice(1).map((count, index) => count - (objects[index] ?? 0));
      expect(new Set(added)).to.have.property("size", 1);
      expect(added[0]).to.be.greaterThan(0);
    });
  }
});
