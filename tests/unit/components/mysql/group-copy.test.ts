import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../../support/temporary-directory";

const components = path.join(__dirname, "../../../../components/mysql");

describe("D2 a copy of a group's data that was complete when the member was stopped", () => {
  it("becomes the data directory, and is known for a group's: its member alone makes no other one of it", () => {
    const folder = temporaryDirectory();
    const [scripts, volume] = [path.join(folder, "scripts"), path.join(folder, "volume")];
    for (const source of ["scripts", "group/scripts"]) {
      fs.cpSync(path.join(components, source), scripts, { recursive: true });
    }
    fs.copyFileSync(path.join(scripts, "commands-kubernetes.sh"), path.join(scripts, "commands.sh"));
    fs.mkdirSync(path.join(volume, "clone.done"), { recursive: true });
    const { status, stderr, stdout } = spawnSync("bash", [path.join(scripts, "group-member.sh")], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        SCRIPTS: scripts,
        DATA_VOLUME: volume,
        MEMBER: "mysql-0",
        MEMBER_HOSTS: ".mysql",
      },
    });
    expect(status, stdout + stderr).to.equal(0);
    expect(stdout).to.contain("the clone is the data directory now");
    expect(fs.readdirSync(volume)).to.deep.equal(["data"]);
    expect(fs.readFileSync(path.join(volume, "data", "group-past"), "utf8")).to.equal("together\n");
  });
});
