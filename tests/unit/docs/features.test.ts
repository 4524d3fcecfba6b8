import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { project } from "./pages";

/** docs/features.md, against the tests. */
describe("the list of features", () => {
  const page = fs.readFileSync(path.join(project, "docs", "features.md"), "utf8");
  const rows = [...page.matchAll(/^\| ([A-Z]\d+) +\|.*\| `([^`]+)` +\|$/gm)].map(([, id = "", file = ""]) => ({
    id,
    file,
  }));

  it("names for each feature a file with tests of its id", () => {
    expect(rows).to.not.be.empty;
    const unproved = rows.filter(({ file, id }) => {
      const found = path.join(project, "tests", file);
      const named = new RegExp(`["\`][^"\`\n]*\\b${id}\\b`);
      return !fs.existsSync(found) || !named.test(fs.readFileSync(found, "utf8"));
    });
    expect(unproved).to.deep.equal([]);
  });
});
