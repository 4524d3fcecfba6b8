import { expect } from "chai";
import { referenceFiles } from "../../../config/reference";
import { projectFile } from "../../support/kubernetes";

describe("the configuration reference", () => {
  for (const [file, content] of Object.entries(referenceFiles())) {
    it(`${file} is what the schema says (after a change: npm run docs)`, () => {
      expect(projectFile(...file.split("/"))).to.equal(content);
    });
  }

  it("documents every key", () => {
    const page = referenceFiles()["docs/reference/configuration.md"] ?? "";
    const undocumented = page.split("\n").filter((line) => /^\| `.*\|\s+\|$/.test(line));
    expect(undocumented).to.deep.equal([]);
  });
});
