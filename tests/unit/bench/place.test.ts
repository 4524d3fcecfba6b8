import { expect } from "chai";
import { withImagesBuiltHere } from "../../../bench/place";
import { parseStackConfig } from "../../../config/parse";
import { imageNames } from "../../../sandbox/images";

describe("G2 what is measured with images built here", () => {
  for (const platform of [{ platform: "swarm" }, { platform: "kubernetes", kubernetes: { context: "c" } }]) {
    it(`is a stack that ${platform.platform} takes: it names the images that it runs, and no others`, () => {
      const raw = withImagesBuiltHere({ ...platform, sites: { blog: { url: "http://localhost:2390" } } });
      expect(parseStackConfig(raw).images.ghost).to.equal(imageNames.ghost);
    });
  }
});
