import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { unprivileged } from "../../../support/unprivileged";

const scripts = path.join(__dirname, "../../../../components/mysql/scripts");

describe("H9 a volume of the database server that is another user's", () => {
  for (const script of ["initialise.sh", "member.sh"]) {
    it(`is told by ${script} before anything, with whose it is, whose it must be, and what to do`, () => {
      const folder = temporaryDirectory();
      fs.chmodSync(folder, 0o755);
      const copies = path.join(folder, "scripts");
      const volume = path.join(folder, "volume");
      fs.cpSync(scripts, copies, { recursive: true });
      fs.copyFileSync(path.join(copies, "commands-kubernetes.sh"), path.join(copies, "commands.sh"));
      fs.mkdirSync(volume);
      for (const mode of [0o555, 0o700, 0o311]) {
        fs.chmodSync(volume, mode);
        const { uid = process.getuid?.(), ...as } = unprivileged;
        const owner = fs.statSync(volume);
        if (uid === owner.uid && mode === 0o700) {
          continue;
        }
        const { status, stdout } = spawnSync("bash", [path.join(copies, script)], {
          encoding: "utf8",
          cwd: "/",
          env: { PATH: process.env["PATH"], SCRIPTS: copies, DATA_VOLUME: volume, MEMBER: "mysql-0" },
          uid,
          ...as,
        });
        expect(status, stdout).to.equal(1);
        expect(stdout).to.contain(
          `user ${uid} may not write to ${volume}, which belongs to user ${owner.uid}, group ${owner.gid}, mode ${mode.toString(8)}. Nothing was changed.`,
        );
        expect(stdout).to.contain(`chown ${uid}:`).and.contain("mysql.storage.volumePermissions: true");
        expect(stdout.trim().split("\n")).to.have.length(2);
      }
    });
  }
});
