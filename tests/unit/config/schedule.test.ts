import { expect } from "chai";
import { backupPromise } from "../../../config/backups/backup-promise";
import { parseStackConfig } from "../../../config/parse";
import { calendarText, longestGap, parseSchedule, scheduleMistake } from "../../../config/backups/schedule";

const hour = 3600;
const day = 24 * hour;

describe("B3 a schedule", () => {
  const gaps: [string, number][] = [
    ["hourly", hour],
    ["daily", day],
    ["weekly", 7 * day],
    ["monthly", 31 * day],
    ["30 3 * * *", day],
    ["*/15 * * * *", hour / 4],
    ["0 9-17/4 * * 1-5", 64 * hour],
    ["0 0 31 * *", 61 * day],
    ["0 6,18 * * *", 12 * hour],
  ];
  for (const [text, seconds] of gaps) {
    it(`${text}: at most ${seconds} s lie between two`, () => {
      const schedule = parseSchedule(text);
      expect(schedule && longestGap(schedule)).to.equal(seconds);
      expect(scheduleMistake(text)).to.equal(undefined);
    });
  }

  for (const text of [
    ...["", "often", "@daily", "60 * * * *", "* * * * 7", "0 0 0 * *", "5-1 * * * *", "*/0 * * * *", "0 0 * * MON"],
    ...["* * * *", "* * * * * *", "5/10 * * * *", "0 0 30 2 *", "0 0 1 1 *", "0 0 1 * 1", "0,, * * * *", "١ * * * *"],
  ]) {
    it(`${JSON.stringify(text)} is refused`, () => {
      expect(scheduleMistake(text)).to.match(/^must /);
    });
  }

  it("is the same for a timer of systemd", () => {
    expect(calendarText("daily")).to.equal("*-*-* 0:0:00 UTC");
    expect(calendarText("30 3 * * 1-5")).to.equal("Mon,Tue,Wed,Thu,Fri *-*-* 3:30:00 UTC");
    expect(calendarText("*/20 * 1 */6 *")).to.equal("*-1,7-1 *:0,20,40:00 UTC");
  });
});

describe("B3 what a stack file promises", () => {
  const stack = (backup: object, more: object = {}) =>
    parseStackConfig({ platform: "swarm", sites: { blog: { url: "http://localhost:2368" } }, backup, ...more });

  it("is nothing without a schedule, and an alarm a quarter after the next is due", () => {
    expect(backupPromise(stack({ keep: 3 }))).to.equal(undefined);
    expect(backupPromise(stack({ schedule: "daily" }))?.overdueAfter).to.equal(30 * hour);
    expect(backupPromise(stack({ schedule: "hourly" }))?.overdueAfter).to.equal(2 * hour);
    expect(backupPromise(stack({ schedule: "daily", overdueAfter: "2d" }))?.overdueAfter).to.equal(2 * day);
  });

  it("is refused where it cannot be kept", () => {
    expect(() => stack({ schedule: "daily", overdueAfter: "23h" })).to.throw("backup.overdueAfter: must be as long as");
    expect(() => stack({ overdueAfter: "23h" })).to.throw("backup.overdueAfter: without effect");
    expect(() => stack({ schedule: "at night" })).to.throw("backup.schedule: must be hourly");
    expect(() => stack({ schedule: "daily", verify: "at night" })).to.throw("backup.verify: must be hourly");
    expect(() => stack({ verify: "weekly" })).to.throw("backup.verify: without effect");
    expect(() => stack({ schedule: 5 })).to.throw("backup.schedule: must be");
  });
});
