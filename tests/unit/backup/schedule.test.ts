import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { scheduledUnits, type Schedule } from "../../../backup/schedule";
import { UserError } from "../../../errors";

describe("a backup at given times", () => {
  const units = (more: Partial<Schedule> = {}) =>
    scheduledUnits({ stack: "press", settings: undefined, byCluster: false, keep: 7, options: [], ...more });
  const unit = (name: string, more: Partial<Schedule> = {}) => units(more)[`ghost-platform-backup-press${name}`] ?? "";
  const commands = (text: string) => [...text.matchAll(/^ExecStart=(.*)$/gm)].map(([, command = ""]) => command);

  it("S9 is a timer of systemd, and catches up on what a machine that was off has missed", () => {
    expect(unit(".timer", { onCalendar: "*-*-* 03:30" }))
      .to.contain("OnCalendar=*-*-* 03:30\n")
      .and.to.contain("Persistent=true");
    expect(unit(".timer")).to.contain("OnCalendar=*-*-* 0:0:00 UTC\n");
    expect(unit(".timer", { settings: { schedule: "30 3 * * *", keep: 7 } })).to.contain(
      "OnCalendar=*-*-* 3:30:00 UTC\n",
    );
  });

  it("S9 runs programs that are there, in this checkout, and asks nobody", () => {
    const [command = ""] = commands(unit(".service"));
    const [wait = "", lock = "", program = "", script = "", ...rest] = command.split(" ");
    const [, directory = ""] = /^WorkingDirectory=(.*)$/m.exec(unit(".service")) ?? [];
    const files = [wait, path.dirname(lock), program, script, `${directory}/backup/main.ts`];
    expect(files.filter((file) => !fs.existsSync(file))).to.deep.equal([]);
    expect(rest.join(" ")).to.equal("backup/main.ts create --stack press --yes --keep 7");
  });

  it("S9 takes folders with anything in their names", () => {
    const [command] = commands(unit(".service", { options: ["--directory", "/mnt/my backups/100%/$x"] }));
    expect(command?.endsWith('--directory "/mnt/my backups/100%%/$$x"')).to.equal(true);
  });

  it("B2 names the configuration of rclone, which is looked for in the home of whoever runs it", () => {
    expect(unit(".service", { variables: { RCLONE_CONFIG: "/root/my 50%/rclone.conf" } })).to.contain(
      '\nEnvironment="RCLONE_CONFIG=/root/my 50%%/rclone.conf"\n',
    );
  });

  it("B3 is read back at times of its own, as fast as the line may be used", () => {
    const more = { settings: { schedule: "daily", verify: "0 5 * * 0", keep: 7 }, moving: ["--bwlimit", "2M"] };
    expect(Object.keys(units(more))).to.have.members([
      "ghost-platform-backup-press.service",
      "ghost-platform-backup-press.timer",
      "ghost-platform-backup-press-verify.service",
      "ghost-platform-backup-press-verify.timer",
    ]);
    expect(unit("-verify.timer", more)).to.contain("OnCalendar=Sun *-*-* 5:0:00 UTC\n");
    // Due at one moment, they do not meet.
    const locks = ["", "-verify"].map((of) => /flock (\S+)/.exec(unit(`${of}.service`, more))?.[1]);
    expect(locks[0]).to.be.a("string").and.to.equal(locks[1]);
    const [command, ...others] = commands(unit("-verify.service", more));
    expect(command).to.match(/ backup\/main\.ts verify --stack press --bwlimit 2M$/);
    expect(others).to.deep.equal([]);
  });

  it("B3 of a cluster that makes them itself, it is read back here, and then what is too old is let go", () => {
    const settings = { schedule: "daily", keep: 7 };
    const more = { byCluster: true, settings: { ...settings, verify: "weekly" }, options: ["--key", "/k"] };
    expect(Object.keys(units(more))).to.have.members([
      "ghost-platform-backup-press-verify.service",
      "ghost-platform-backup-press-verify.timer",
    ]);
    expect(commands(unit("-verify.service", more)).map((text) => text.replace(/^.*main\.ts /, ""))).to.deep.equal([
      "verify --stack press --key /k",
      "prune --stack press --keep 7 --key /k",
    ]);
    expect(() => units({ byCluster: true, settings })).to.throw(UserError, "backup.verify in Pulumi.press.yaml");
  });
});
