import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("group-healthy.sh, which Swarm asks of a member of a group", () => {
  const script = path.join(__dirname, "..", "..", "..", "..", "components/mysql/group/scripts/group-healthy.sh");
  let folder: string;
  beforeEach(() => {
    folder = temporaryDirectory();
    is("alive", false);
    is("group-ready", false);
  });
  /** What another script says. */
  const is = (name: string, well: boolean) =>
    fs.writeFileSync(path.join(folder, `${name}.sh`), `echo ${name} >>"$RUN/asked"; exit ${well ? 0 : 1}\n`);
  const well = () =>
    spawnSync("bash", [script], { env: { ...process.env, RUN: folder, SCRIPTS: folder } }).status === 0;
  const asked = () => fs.readFileSync(path.join(folder, "asked"), "utf8").split("\n");

  it("S5 D2 names no member to others, and updates no other, before it is in the group", () => {
    expect(well()).to.equal(false);
    is("alive", true);
    expect(well()).to.equal(false);
    is("group-ready", true);
    expect(well()).to.equal(true);
  });

  it("S5 D2 names it where nobody is in a group, so that they find each other", () => {
    fs.writeFileSync(path.join(folder, "waiting"), "");
    expect(well()).to.equal(true);
  });

  it("S5 D2 ends no member that was well once, and still has one that hangs killed", () => {
    is("group-ready", true);
    expect(well()).to.equal(true);
    is("group-ready", false);
    expect(well()).to.equal(true);
    expect(asked().filter((name) => name === "alive")).to.have.length(2);
  });
});
