import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { UserError } from "../../../../errors";
import { configMapContent } from "../../../../platforms/kubernetes/files/config-map";
import { laidOut, ourAnswer, recordedCases } from "../../../support/config-maps";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("ConfigMaps", () => {
  const scratch = temporaryDirectory();

  recordedCases.forEach((recorded, index) => {
    const { answer, what } = recorded;
    it(`P4 as kubectl ${answer === "refused" ? "refuses" : "makes"} it: ${what}`, () => {
      const folder = path.join(scratch, String(index));
      fs.mkdirSync(folder);
      expect(ourAnswer(laidOut(recorded, folder))).to.deep.equal(answer);
    });
  });

  it("P4 tell every mistake at once, with the file, the line and what to do", () => {
    const folder = temporaryDirectory();
    fs.writeFileSync(path.join(folder, "game.env"), "export A=1\nB =2\nC=3\nC=4\n");
    fs.writeFileSync(path.join(folder, "c"), "");
    const file = (name: string) => path.join(folder, name);
    const message = refusal({ envFiles: [file("game.env"), file("none.env"), folder], files: [file("c")] });
    expect(message.split("\n").slice(1)).to.have.members([
      "  - envFiles: cannot stand beside other sources. Make a ConfigMap of their own",
      `  - ${file("game.env")}, line 1: "export A" is no name of a variable: an env file has no \`export\`, remove the word`,
      `  - ${file("game.env")}, line 2: "B " is no name of a variable: there may be no space before =`,
      `  - key C: comes from ${file("game.env")}, line 3 and from ${file("game.env")}, line 4. Keep one, or give one another key`,
      `  - ${file("none.env")}: does not exist`,
      `  - ${folder}: is a folder: name it under directories`,
    ]);
  });

  it("P4 are refused above the API server's 1 MiB, which kubectl leaves to the server", () => {
    const literals = { a: "x".repeat(1024 * 1024 - 1), b: "y" };
    expect(configMapContent({ literals }).data).to.have.keys("a", "b");
    expect(refusal({ literals: { ...literals, c: "z" } })).to.contain("the values have 1048577 bytes together");
  });

  it("P4 are refused with a line at which kubectl would stop reading without a word", () => {
    const file = path.join(scratch, "long.env");
    fs.writeFileSync(file, `A=1\nB=${"x".repeat(65_534)}\nC=3\n`);
    expect(refusal({ envFiles: [file] })).to.contain("long.env, line 2: is longer than 64 KiB");
  });
});

function refusal(sources: Parameters<typeof configMapContent>[0]): string {
  try {
    configMapContent(sources, {});
  } catch (error) {
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("accepted");
}
