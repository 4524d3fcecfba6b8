import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { combinations, Decisions, given, inWords, type Facts } from "../../../support/decision-table";
import { isLong } from "../../../support/long";

const decisions = new Decisions("scripts", "decide.sh");
const { script } = decisions;
const inShell = decisions.inShell.bind(decisions);
const linesOf = decisions.linesOf.bind(decisions);

describe("what a member does at its start", () => {
  const source = {
    ordinal: "0",
    volume: "empty",
    installed: "no",
    recoverFrom: "",
    members: "known",
    withData: "",
    silent: "",
    ahead: "",
    unsure: "",
  };
  const replica = { ...source, ordinal: "2", installed: "yes" };
  const lost = { ...source, installed: "yes" };
  const table: [Facts, string][] = [
    // A new set.
    [source, "initialise"],
    [{ ...replica, installed: "no" }, "clone"],
    // Complete data is never touched, whatever the others say, or do not say.
    [{ ...source, volume: "data" }, "start"],
    [{ ...lost, volume: "data", withData: "1,2" }, "start"],
    [{ ...lost, volume: "data", recoverFrom: "1", withData: "1,2" }, "start"],
    [{ ...lost, volume: "data", installed: "unknown", members: "unknown", silent: "10.0.0.2" }, "start"],
    [{ ...replica, volume: "data" }, "start"],
    [{ ...replica, volume: "data", withData: "0,1" }, "start"],
    // A replica without data, or with data too old to catch up, gets a clone.
    [{ ...replica, withData: "0,1" }, "clone"],
    [{ ...replica, volume: "stale", withData: "0,1" }, "clone"],
    [{ ...lost, volume: "stale" }, "start"],
    // The source's data is gone: never an empty source beside data, nor beside members that do not answer.
    [{ ...source, withData: "1" }, "refuse others-have-data"],
    [{ ...source, withData: "1", members: "unknown", silent: "10.0.0.3" }, "refuse others-have-data"],
    [lost, "refuse source-lost"],
    [{ ...lost, withData: "1,2" }, "refuse source-lost"],
    // What is not known is not "no".
    [{ ...source, silent: "10.0.0.2" }, "refuse others-unknown"],
    [{ ...source, members: "unknown" }, "refuse others-unknown"],
    [{ ...source, installed: "unknown" }, "refuse others-unknown"],
    // A person says from whom to recover.
    [{ ...lost, recoverFrom: "1", withData: "1,2" }, "recover 1"],
    [{ ...source, recoverFrom: "2", withData: "2" }, "recover 2"],
    [{ ...lost, recoverFrom: "1", withData: "2" }, "wait 1"],
    [{ ...lost, recoverFrom: "1", withData: "11" }, "wait 1"],
    [{ ...lost, recoverFrom: "1", withData: "1,2", ahead: "2" }, "refuse recover-from-behind"],
    [{ ...lost, recoverFrom: "1", withData: "1,2", ahead: "2", unsure: "3" }, "refuse recover-from-behind"],
    [{ ...lost, recoverFrom: "1", withData: "1", unsure: "2" }, "refuse recover-unsure"],
    [{ ...lost, recoverFrom: "1", withData: "1", members: "unknown" }, "refuse recover-unsure"],
    [{ ...lost, recoverFrom: "0", withData: "1,2" }, "refuse recover-from-itself"],
    [{ ...lost, recoverFrom: "1x", withData: "1,2" }, "refuse recover-from-nobody"],
    [{ ...lost, recoverFrom: "mysql-1", withData: "1,2" }, "refuse recover-from-nobody"],
    [{ ...replica, recoverFrom: "1", withData: "1" }, "clone"],
    // Somebody else's files are nobody's to remove.
    [{ ...source, volume: "foreign" }, "refuse foreign-files"],
    [{ ...source, volume: "foreign", recoverFrom: "1", withData: "1" }, "refuse foreign-files"],
    [{ ...replica, volume: "foreign" }, "refuse foreign-files"],
    [{ ...source, volume: "unknown" }, "refuse unreadable-volume"],
    [{ ...replica, volume: "unknown" }, "refuse unreadable-volume"],
    // A fact that could not be found out is no reason to act.
    [{ ...source, volume: "" }, "refuse unknown-facts"],
    [{ ...source, installed: "" }, "refuse unknown-facts"],
    [{ ...source, members: "" }, "refuse unknown-facts"],
    [{ ...replica, ordinal: "mysql" }, "refuse unknown-facts"],
    [{ ...replica, ordinal: "" }, "refuse unknown-facts"],
  ];
  const verdictOf = linesOf(
    "decide_data",
    table.map(([facts]) => given(facts)),
  );
  table.forEach(([facts, verdict], index) => {
    it(`M3 M5 ${verdict}: ${inWords(facts)}`, () => {
      expect(verdictOf(index)).to.equal(verdict);
    });
  });

  const further = (...values: string[]) => (isLong ? values : []);
  it("M5 D6 initialises, recovers and clones in no case but those in which all is known", () => {
    const values = {
      ordinal: ["0", "1", ...further("")],
      volume: ["empty", "data", "stale", "unknown", ...further("foreign", "")],
      installed: ["yes", "no", "unknown", ...further("")],
      recoverFrom: ["", "1", ...further("0", "x")],
      members: ["known", "unknown"],
      withData: ["", "1", ...further("1,2")],
      silent: ["", "10.0.0.3"],
      ahead: ["", "2"],
      unsure: ["", "2"],
    };
    const cases = combinations(values);
    const lines = cases.map((facts) => given(facts).join(" ")).join("\n");
    const verdicts = inShell(
      "each() { while read -r line; do decide_data $line; done; }; each",
      [],
      `${lines}\n`,
    ).split("\n");
    expect(verdicts).to.have.length(cases.length);
    const which = (verdict: string) => cases.filter((_, index) => verdicts[index] === verdict);
    for (const facts of which("initialise")) {
      expect(facts).to.include({
        ordinal: "0",
        volume: "empty",
        installed: "no",
        recoverFrom: "",
        members: "known",
        withData: "",
        silent: "",
      });
    }
    for (const facts of which("recover 1")) {
      expect(facts).to.include({ ordinal: "0", volume: "empty", members: "known", ahead: "", unsure: "" });
      expect(facts["withData"]).to.match(/^1/);
    }
    for (const facts of which("clone")) {
      expect(facts["ordinal"]).to.equal("1");
      expect(facts["volume"]).to.be.oneOf(["empty", "stale"]);
    }
    expect(new Set(verdicts.filter((verdict) => !verdict.startsWith("refuse")))).to.deep.equal(
      new Set(["start", "clone", "initialise", "recover 1", "wait 1"]),
    );
  });
});

describe("whether a replica joins", () => {
  const uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  const here = { source: "here", own: `${uuid}:1-9`, errant: "", purged: "" };
  const table: [Facts, string][] = [
    [here, "join"],
    [{ ...here, source: "away" }, "wait"],
    [{ ...here, source: "away", own: "" }, "wait"],
    [{ ...here, purged: `${uuid}:10-20` }, "reclone"],
    [{ ...here, errant: `${uuid}:8-9` }, "refuse errant"],
    // What differs is kept for a person to look at, even when a clone would be needed anyway.
    [{ ...here, errant: `${uuid}:8-9`, purged: `${uuid}:1-3` }, "refuse errant"],
    [{ ...here, own: "" }, "refuse no-transactions"],
    [{ ...here, own: "", purged: `${uuid}:1-3` }, "refuse no-transactions"],
    // What is not known is not "nothing".
    [{ ...here, source: "unknown" }, "wait"],
    [{ ...here, source: "" }, "wait"],
    [{ ...here, own: "unknown" }, "wait"],
    [{ ...here, errant: "unknown" }, "wait"],
    [{ ...here, errant: "unknown", purged: `${uuid}:1-3` }, "wait"],
    [{ ...here, purged: "unknown" }, "wait"],
    [{ ...here, errant: `${uuid}:8-9`, purged: "unknown" }, "refuse errant"],
  ];
  const verdictOf = linesOf(
    "decide_replication",
    table.map(([facts]) => given(facts)),
  );
  table.forEach(([facts, verdict], index) => {
    it(`M3 M5 ${verdict}: ${inWords(facts)}`, () => {
      expect(verdictOf(index)).to.equal(verdict);
    });
  });
});

describe("whether a replica is found by who reads", () => {
  const late = "leave 31 s behind the source, 30 are allowed";
  const silent = "leave follow.sh has not said anything for a minute";
  const table: [state: string, lag: string, fresh: string, served: string][] = [
    ["joined", "0", "serve", "serve"],
    ["joined", "30", "serve", "serve"],
    ["joined", "31", late, late],
    // How late it is, is not known: as in the moment in which it joins.
    ["joined", "", "leave not replicating (joining); see its log", "serve"],
    ["joined", "3x", "leave not replicating (joining); see its log", "serve"],
    ["alone", "", "serve", "serve"],
    // A moment of every reconnection: not found yet, and no reason to end one that is.
    ["joining", "", "leave not replicating (joining); see its log", "serve"],
    ["refused", "", "leave not replicating (refused); see its log", "leave not replicating (refused); see its log"],
    ["broken", "", "leave not replicating (broken); see its log", "leave not replicating (broken); see its log"],
    ["", "", silent, silent],
  ];
  const verdictOf = linesOf(
    "decide_reads",
    table.flatMap(([state, lag]) => ["no", "yes"].map((found) => given({ state, lag, maxLag: "30", served: found }))),
  );
  table.forEach(([state, lag, fresh, served], index) => {
    it(`M7 ${state || "silent"} ${lag}: ${fresh}; found already: ${served}`, () => {
      expect([0, 1].map((found) => verdictOf(2 * index + found))).to.deep.equal([fresh, served]);
    });
  });
});

describe("the probes of a member", () => {
  let scratch: string;
  beforeEach(() => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "member-probe-"));
    for (const program of ["mysqladmin", "mysql"]) {
      fs.writeFileSync(path.join(scratch, program), `#!/bin/sh\nexit "\${${program}:-0}"\n`, { mode: 0o755 });
    }
  });
  afterEach(() => {
    fs.rmSync(scratch, { recursive: true });
  });
  const says = (state: string) => {
    fs.writeFileSync(path.join(scratch, "replication"), `${state}\n`);
  };
  /** Whether a probe succeeds. */
  const probe = (name: string, environment: NodeJS.ProcessEnv = {}) => {
    const env = {
      ...process.env,
      PATH: `${scratch}:${process.env["PATH"] ?? ""}`,
      RUN: scratch,
      SECRETS: scratch,
      SCRIPTS: path.dirname(script),
      MEMBER: "mysql-1",
      MAX_LAG: "30",
      ...environment,
    };
    return spawnSync("bash", [path.join(path.dirname(script), name)], { env }).status === 0;
  };

  it("M7 a replica is ready when it answers and is not late, the source when it answers", () => {
    expect(probe("member-ready.sh"), "silent").to.equal(false);
    says("joined 3");
    expect(probe("member-ready.sh")).to.equal(true);
    expect(probe("member-ready.sh", { mysql: "1" }), "no answer").to.equal(false);
    says("joined 31");
    expect(probe("member-ready.sh"), "late").to.equal(false);
    expect(probe("member-ready.sh", { MEMBER: "mysql-0" }), "source").to.equal(true);
  });

  it("S5 M7 with one health check, a replica that is late is ended only when readers find it", () => {
    says("joining");
    expect(probe("member-healthy.sh"), "not found before it has caught up").to.equal(false);
    says("joined 31");
    expect(probe("member-healthy.sh")).to.equal(false);
    says("joined 0");
    expect(probe("member-healthy.sh")).to.equal(true);
    says("joining");
    expect(probe("member-healthy.sh"), "the source has restarted").to.equal(true);
    expect(probe("member-healthy.sh", { mysql: "1" }), "no connection left").to.equal(true);
    says("joined 31");
    expect(probe("member-healthy.sh"), "late").to.equal(false);
    says("joined 2");
    expect(probe("member-healthy.sh", { mysqladmin: "1" }), "hangs").to.equal(false);
  });
});

describe("logins of a member while passwords are rotated", () => {
  let scratch: string;
  beforeEach(() => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "member-login-"));
    // Takes the password in $TAKEN alone, and says as what it was called.
    const mysql = `#!/bin/bash
for argument in "$@"; do
  case "$argument" in
    --defaults-file=*) file="\${argument#*=}" ;;
    --defaults-group-suffix=*) suffix="\${argument#*=}" ;;
  esac
done
content=$(cat "$file")
password=$(awk -v group="[client\${suffix:-}]" '$0 == "[client]" || $0 == group {on = 1; next} /^\\[/ {on = 0} on && /^password=/ {print}' <<<"$content" | tail -n 1)
if [ "$AWAY" = silent ]; then exec sleep 60; fi
if [ -n "$AWAY" ]; then echo "ERROR 2003 (HY000): Can't connect" >&2; exit 1; fi
if [ "$password" != "password=$TAKEN" ]; then echo "ERROR 1045 (28000): Access denied" >&2; exit 1; fi
echo answer
if [ -z "$HALF" ]; then echo "(whole answer)"; fi
`;
    fs.writeFileSync(path.join(scratch, "mysql"), mysql, { mode: 0o755 });
  });
  afterEach(() => {
    fs.rmSync(scratch, { recursive: true });
  });
  const inMembers = (command: string, taken: string, away = "") => {
    const { status, stderr, stdout } = spawnSync(
      "bash",
      ["-c", `set -euo pipefail; . "$0"; ${command}`, path.join(path.dirname(script), "members.sh")],
      {
        env: {
          ...process.env,
          PATH: `${scratch}:${process.env["PATH"] ?? ""}`,
          SECRETS: scratch,
          SCRIPTS: path.dirname(script),
          TAKEN: taken,
          AWAY: away === "half" ? "" : away,
          HALF: away === "half" ? "yes" : "",
        },
        encoding: "utf8",
      },
    );
    return { status, stdout: stdout.trim(), stderr: stderr.trim() };
  };
  const optionFile = (former: string) => {
    fs.writeFileSync(path.join(scratch, "monitor.cnf"), `[client]\nuser=monitor\npassword=new\n${former}`);
  };

  it("M6 S7 asks with the former password where the present one is not known yet", () => {
    const ask = 'ask 10.0.0.1 "DO 1"';
    optionFile("[client_former]\npassword=old\n");
    expect(inMembers(ask, "new")).to.include({ status: 0, stdout: "answer", stderr: "" });
    expect(inMembers(ask, "old")).to.include({ status: 0, stdout: "answer", stderr: "" });
    expect(inMembers(ask, "another")).to.include({ status: 1, stdout: "" });
    expect(inMembers(ask, "another").stderr).to.contain("Access denied");
    expect(inMembers(ask, "old", "yes").stderr, "asked once").to.equal("ERROR 2003 (HY000): Can't connect");
    optionFile("");
    expect(inMembers(ask, "new")).to.include({ status: 0, stdout: "answer" });
    expect(inMembers(ask, "old")).to.include({ status: 1, stdout: "" });
  });

  it("M5 M7 takes a server that takes the login and says nothing for one that is away", () => {
    optionFile("");
    const sooner = `#!/bin/bash\nexec "$(PATH=\${PATH#*:} command -v timeout)" 0.1 "\${@:3}"\n`;
    fs.writeFileSync(path.join(scratch, "timeout"), sooner, { mode: 0o755 });
    expect(inMembers('ask 10.0.0.1 "DO 1"', "new", "silent")).to.deep.equal({ status: 124, stdout: "", stderr: "" });
    fs.writeFileSync(path.join(scratch, "clone-password"), "new\nold");
    expect(inMembers("password_for clone 10.0.0.1", "old", "silent"), "its password").to.include({ stdout: "new" });
  });

  it("D6 takes half an answer for none", () => {
    optionFile("");
    expect(inMembers('ask 10.0.0.1 "DO 1"', "new", "half")).to.deep.equal({
      status: 1,
      stdout: "",
      stderr: "half an answer: answer",
    });
  });

  it("M6 S7 replicates and clones with the password that the server takes", () => {
    const password = (lines: string, taken: string, away = "") => {
      fs.writeFileSync(path.join(scratch, "clone-password"), lines);
      return inMembers("password_for clone 10.0.0.1", taken, away);
    };
    expect(password("new\nold", "new")).to.include({ status: 0, stdout: "new", stderr: "" });
    expect(password("new\nold", "old")).to.include({ status: 0, stdout: "old", stderr: "" });
    expect(password("new\nold", "old", "yes"), "nobody says no").to.include({ status: 0, stdout: "new" });
    expect(password("new", "old"), "there is no other").to.include({ status: 0, stdout: "new" });
  });
});

describe("whom a member clones from", () => {
  const source = "0\t10.0.0.1\tno\tu:1-9";
  const first = "1\t10.0.0.2\tyes\tu:1-9";
  const second = "2\t10.0.0.3\tyes\tu:1-8";
  const donor = (tries: string, ...members: string[]) => inShell("choose_donor", [tries], `${members.join("\n")}\n`);

  it("M3 a replica that replicates, before the source", () => {
    expect(donor("0", source, first)).to.equal("10.0.0.2");
    expect(donor("0", source)).to.equal("10.0.0.1");
  });

  it("M3 another one at each try, the source at every third", () => {
    expect(["0", "1", "2", "3"].map((tries) => donor(tries, source, first, second))).to.deep.equal([
      "10.0.0.2",
      "10.0.0.3",
      "10.0.0.1",
      "10.0.0.3",
    ]);
  });

  it("M3 nobody who does not replicate, has nothing, or refuses the login", () => {
    expect(donor("0", "1\t10.0.0.2\tno\tu:1-9", "2\t10.0.0.3\tyes\t-", "?\t10.0.0.4\tno\t?")).to.equal("");
    expect(donor("0", "0\t10.0.0.1\tno\t-")).to.equal("");
    expect(inShell("choose_donor", ["0"], "\n")).to.equal("");
  });
});

describe("why a clone failed", () => {
  const table: [message: string, reason: string][] = [
    [
      "ERROR 3862 (HY000) at line 2: Clone Donor Error: 3634 : Too many concurrent clone operations. Maximum allowed - 1.",
      "busy",
    ],
    ["ERROR 3862 (HY000) at line 2: Clone Donor Error: 1045 : Access denied for user 'clone'@'10.0.0.9'.", "password"],
    [
      "ERROR 3873 (HY000) at line 2: Clone estimated database size is 1.25 GiB. Available space 99.34 MiB is not enough.",
      "full",
    ],
    [
      "ERROR 3864 (HY000) at line 2: Clone Donor MySQL version: 9.7.4-2 is different from Recipient MySQL version 8.0.45-1.",
      "version",
    ],
    ["ERROR 3862 (HY000) at line 2: Clone Donor Error: 1524 : Plugin 'clone' is not loaded.", "unknown"],
    ["ERROR 3862 (HY000) at line 2: Clone Donor Error: Connect failed: 2003 : Can't connect to MySQL server.", "gone"],
    ["ERROR 2013 (HY000) at line 2: Lost connection to MySQL server during query", "gone"],
    [
      "ERROR 3862 (HY000) at line 3: Clone Donor Error: Connect failed: 2026 : SSL connection error: error:0A000086:SSL routines::certificate verify failed.",
      "stranger",
    ],
    // Numbers inside others.
    ["ERROR 1105 (HY000) at line 2: after 210453634 bytes from 10.45.20.13, transaction u:1-1045", "unknown"],
    ["ERROR 3868 (HY000) at line 2: Clone system error: 31045 : errno: 2838", "unknown"],
    ["", "unknown"],
  ];
  const reasonOf = linesOf(
    "clone_failure",
    table.map(([message]) => [message]),
  );
  table.forEach(([message, reason], index) => {
    it(`M3 ${reason}: ${message.slice(0, 70)}`, () => {
      expect(reasonOf(index)).to.equal(reason);
    });
  });
});
