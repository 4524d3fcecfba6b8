import * as fs from "node:fs";
import { expect } from "chai";
import { timerUnits } from "../../../backup/schedule";

describe("a backup at given times", () => {
  const unit = (name: string, ...options: string[]) => {
    const units = timerUnits("press", "*-*-* 03:30", options);
    return units[`ghost-platform-backup-press.${name}`] ?? "";
  };

  it("S9 is a timer of systemd, and catches up on what a machine that was off has missed", () => {
    expect(unit("timer")).to.contain("OnCalendar=*-*-* 03:30\n").and.to.contain("Persistent=true");
  });

  it("S9 runs programs that are there, in this checkout, and asks nobody", () => {
    const [, command = ""] = /^ExecStart=(.*)$/m.exec(unit("service", "--keep", "7")) ?? [];
    const [program = "", script = "", ...rest] = command.split(" ");
    const [, directory = ""] = /^WorkingDirectory=(.*)$/m.exec(unit("service")) ?? [];
    expect([program, script, `${directory}/backup/main.ts`].filter((file) => !fs.existsSync(file))).to.deep.equal([]);
    expect(rest.join(" ")).to.equal("backup/main.ts create --stack press --yes --keep 7");
  });

  it("S9 takes folders with anything in their names", () => {
    const command = unit("service", "--directory", "/mnt/my backups/100%/$x");
    expect(command).to.contain('--directory "/mnt/my backups/100%%/$$x"\n');
  });

  it("B2 names the configuration of rclone, which is looked for in the home of whoever runs it", () => {
    const units = timerUnits("press", "daily", [], { RCLONE_CONFIG: "/root/my 50%/rclone.conf" });
    expect(units["ghost-platform-backup-press.service"]).to.contain(
      '\nEnvironment="RCLONE_CONFIG=/root/my 50%%/rclone.conf"\n',
    );
  });
});
