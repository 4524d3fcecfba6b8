import { expect } from "chai";
import type { KnownBackups } from "../../../backup/known/facts";
import { merged, oneLine, parseRecord, recordText } from "../../../backup/known/record";
import { verificationPromise } from "../../../config/backups/backup-promise";
import { judgedVerification, verificationFindings } from "../../../ops/backup-verification";
import { backupFindings, backupLines, backupProblems, judgedBackups } from "../../../ops/backups";

const now = new Date("2026-11-28T12:00:00Z");
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString();
const good = (hours: number) => ({ at: ago(hours), backup: `b-${hours}`, place: "offsite:b/dev", by: "north" });
const failed = (hours: number) => ({ at: ago(hours), by: "north", why: "the store is full" });
const daily = { schedule: "daily", overdueAfter: 30 * 3600 };

describe("B3 whether a backup is overdue", () => {
  const cases: [string, KnownBackups, state: string, state2: string, wellIfPromised: boolean, well: boolean][] = [
    ["a new one", { good: [good(5)], failed: [] }, "good", "good", true, true],
    ["an old one", { good: [good(31)], failed: [] }, "overdue", "good", false, true],
    ["the newest of two counts", { good: [good(100), good(2)], failed: [] }, "good", "good", true, true],
    ["a failure since", { good: [good(5)], failed: [failed(1)] }, "failed", "failed", false, false],
    ["a failure before", { good: [good(1)], failed: [failed(5)] }, "good", "good", true, true],
    ["a failure and nothing good", { good: [], failed: [failed(1)], since: ago(2) }, "failed", "failed", false, false],
    ["nothing, of a new stack", { good: [], failed: [], since: ago(3) }, "none", "none", true, true],
    ["nothing, of an old stack", { good: [], failed: [], since: ago(40) }, "overdue", "none", false, true],
    ["nothing, of a stack of unknown age", { good: [], failed: [] }, "unknown", "none", false, true],
    ["no answer", { unknown: "the cluster does not answer" }, "unknown", "unknown", false, true],
    ["one from tomorrow", { good: [good(-20)], failed: [] }, "unknown", "unknown", false, true],
    ["one from in a minute", { good: [good(-0.02)], failed: [] }, "good", "good", true, true],
    [
      "a schedule that is switched off",
      { good: [good(1)], failed: [], schedule: { what: "CronJob b", suspended: true, run: "kubectl …" } },
      "overdue",
      "good",
      false,
      true,
    ],
  ];
  for (const [what, known, promisedState, freeState, wellIfPromised, well] of cases) {
    it(what, () => {
      const promised = judgedBackups("dev", known, daily, now);
      const free = judgedBackups("dev", known, undefined, now);
      expect([promised.state, free.state]).to.deep.equal([promisedState, freeState]);
      expect([backupProblems(promised).length === 0, backupProblems(free).length === 0]).to.deep.equal([
        wellIfPromised,
        well,
      ]);
      const isWell = (report: typeof promised) => backupFindings(report).every(({ severity }) => severity === "notice");
      expect([isWell(promised), isWell(free)]).to.deep.equal([wellIfPromised, well]);
      backupFindings(promised)
        .filter(({ severity }) => severity === "failure")
        .forEach(({ mend }) => expect(mend).to.not.be.empty);
    });
  }

  it("is said with what there is, and what to do", () => {
    const report = judgedBackups("dev", { good: [good(50)], failed: [] }, daily, now);
    expect(backupLines(report)).to.deep.equal([
      "Backups: A backup is overdue: the last good one is of 2d2h ago (b-50), in offsite:b/dev (backup.schedule daily: one is overdue after 1d6h).",
    ]);
    expect(report.mend).to.deep.equal([
      "On the machine that makes them: journalctl -u ghost-platform-backup-dev --since -2d",
      "npm run backup -- create --stack dev",
    ]);
    expect(backupLines(judgedBackups("dev", { good: [], failed: [] }, undefined, now))).to.deep.equal([]);
  });
});

describe("B3 whether a backup was read back", () => {
  const weekly = verificationPromise({ backup: { schedule: "daily", verify: "weekly", keep: 7 } });
  if (!weekly) {
    throw new Error("a stack file with backup.verify promises it");
  }
  const verified = (hours: number) => ({ at: ago(hours), backup: `b-${hours}`, by: "north" });
  const days = (count: number) => count * 24;
  const cases: [string, KnownBackups, state: string, severity: string | undefined][] = [
    ["one this week", { good: [], failed: [], verified: verified(days(3)) }, "good", undefined],
    ["one too long ago", { good: [], failed: [], verified: verified(days(9)) }, "overdue", "failure"],
    [
      "one that failed since",
      { good: [good(1)], failed: [], verified: verified(days(3)), notVerified: failed(1) },
      "failed",
      "failure",
    ],
    ["none, of a new stack", { good: [], failed: [], since: ago(days(3)) }, "none", "notice"],
    ["none, of an old stack", { good: [good(1)], failed: [], since: ago(days(9)) }, "overdue", "failure"],
    ["none, of a stack of unknown age", { good: [], failed: [] }, "unknown", "waiting"],
    ["no answer", { unknown: "the cluster does not answer" }, "unknown", "waiting"],
  ];
  for (const [what, known, state, severity] of cases) {
    it(what, () => {
      const report = judgedVerification("dev", known, weekly, now);
      expect(report.state).to.equal(state);
      expect(verificationFindings(report).map((finding) => finding.severity)).to.deep.equal(severity ? [severity] : []);
      const status = { ...judgedBackups("dev", { good: [good(1)], failed: [] }, daily, now), verification: report };
      expect(backupProblems(status).length).to.equal(severity === undefined || severity === "notice" ? 0 : 1);
    });
  }

  it("is said with what there is, and what to do", () => {
    const known = { good: [good(1)], failed: [], verified: verified(days(9)) };
    const verification = judgedVerification("dev", known, weekly, now);
    expect(backupLines({ ...judgedBackups("dev", known, daily, now), verification })).to.deep.equal([
      "Backups: The last good one is of 1h ago (b-1), in offsite:b/dev; overdue after 1d6h.",
      "Read back: Reading a backup back is overdue: the last one that was is b-216, 9d ago by north (backup.verify weekly: overdue after 8d18h).",
    ]);
    expect(verification.mend.at(-1)).to.equal("npm run backup -- verify --stack dev");
  });
});

describe("B3 what the platform keeps of it", () => {
  it("a failure forgets no good one, and a good one ends a failure", () => {
    const first = merged(undefined, { good: good(3) });
    const then = merged({ version: 1, ...first }, { failed: failed(1) });
    expect([then.good?.backup, then.failed?.why]).to.deep.equal(["b-3", "the store is full"]);
    expect(merged({ version: 1, ...then }, { good: good(0) })).to.deep.equal({ good: good(0) });
  });

  it("what was read back is kept beside it, and ends a failure to do so, and no other", () => {
    const verified = { at: ago(2), backup: "b-3", by: "south" };
    const first = merged({ version: 1, good: good(3), failed: failed(1) }, { notVerified: failed(4) });
    expect(first).to.deep.equal({ good: good(3), failed: failed(1), notVerified: failed(4) });
    const then = merged({ version: 1, ...first }, { verified });
    expect(then).to.deep.equal({ good: good(3), failed: failed(1), verified });
    expect(merged({ version: 1, ...then }, { good: good(0) })).to.deep.equal({ good: good(0), verified });
    expect(parseRecord(recordText(first))).to.deep.equal({ version: 1, ...first });
  });

  it("comes back as it was, and what this program has not written is none", () => {
    const record = { good: good(3), failed: failed(1) };
    expect(parseRecord(recordText(record))).to.deep.equal({ version: 1, ...record });
    for (const text of ["", "{}", "[]", '{"version":2}', '{"version":1,"good":{"at":"yesterday"}}', "\u001b[2J"]) {
      expect(parseRecord(text), text).to.equal(undefined);
    }
    const escape = JSON.stringify({ version: 1, failed: { at: ago(1), by: "x", why: "\u001b[2J" } });
    expect(parseRecord(escape)).to.equal(undefined);
    expect(oneLine("a\n\u001b[2Jb\tc")).to.equal("a [2Jb c");
  });
});
