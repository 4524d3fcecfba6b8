import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { readStackFile } from "../../config/stack-file";
import { collect } from "../../render/collect";
import { composeStack } from "../../render/compose";

/**
 * What the stack on Swarm becomes, as a compose file. Scripts and the server's options show by the hash in their names. After an intended
 * change: `UPDATE_GOLDEN=1 npm test -- --grep golden`, then read the difference.
 */
describe("golden compose file", () => {
  it("A4 golden: stack swarm renders what review has seen", async () => {
    const { resources } = await collect(readStackFile(path.join(__dirname, "..", ".."), "swarm", {}), "swarm");
    const now = stringify(composeStack(resources).document, { lineWidth: 0, aliasDuplicateObjects: false });
    const file = path.join(__dirname, "swarm.compose.yaml");
    if (process.env["UPDATE_GOLDEN"]) {
      fs.writeFileSync(file, now);
    }
    expect(now).to.equal(fs.readFileSync(file, "utf8"));
  });
});
