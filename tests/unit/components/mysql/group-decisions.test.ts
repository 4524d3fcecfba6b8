import { expect } from "chai";
import { combinations, Decisions, given, inWords, type Facts } from "../../../support/decision-table";

const decisions = new Decisions("group", "scripts", "decide-group.sh");

function table(command: string, rows: readonly [Facts, string][]): void {
  const verdictOf = decisions.linesOf(
    command,
    rows.map(([facts]) => given(facts)),
  );
  rows.forEach(([facts, verdict], index) => {
    it(`D2 ${verdict}: ${inWords(facts)}`, () => {
      expect(verdictOf(index)).to.equal(verdict);
    });
  });
}

/** Each combination of facts with its verdict. */
function verdicts(command: string, values: Record<string, readonly string[]>): { facts: Facts; verdict: string }[] {
  const cases = combinations(values);
  const verdictOf = decisions.linesOf(command, cases.map(given));
  return cases.map((facts, index) => ({ facts, verdict: verdictOf(index) ?? "" }));
}

describe("what a member of a group does before its server runs", () => {
  const first = { ordinal: "0", volume: "empty", installed: "no", group: "none", withData: "" };
  const second = { ...first, ordinal: "1" };
  table("decide_group_data", [
    [first, "initialise"],
    [second, "wait group"],
    [{ ...second, group: "here", withData: "0" }, "clone"],
    [{ ...first, group: "here", withData: "1", installed: "yes" }, "clone"],
    // An empty member makes no group where there was one.
    [{ ...first, installed: "yes" }, "wait group"],
    [{ ...first, installed: "unknown" }, "wait installed"],
    [{ ...first, withData: "2" }, "wait others-have-data"],
    [{ ...first, group: "unknown" }, "wait silent"],
    // What is there is started with as it is, whoever answers.
    [{ ...first, volume: "data", group: "unknown", installed: "unknown" }, "start"],
    [{ ...second, volume: "data", group: "here" }, "start"],
    [{ ...first, volume: "foreign" }, "refuse foreign-files"],
    [{ ...second, volume: "unknown", group: "here" }, "refuse unreadable-volume"],
    [{ ...first, volume: "" }, "refuse unknown-facts"],
    [{ ...first, installed: "" }, "refuse unknown-facts"],
    [{ ...first, group: "" }, "refuse unknown-facts"],
  ]);

  it("D2 D6 makes data in one case, and copies where there is a group alone", () => {
    const all = verdicts("decide_group_data", {
      ordinal: ["0", "1", ""],
      volume: ["empty", "data", "stale", "foreign", "unknown", ""],
      installed: ["yes", "no", "unknown", ""],
      group: ["here", "none", "unknown", ""],
      withData: ["", "1,2"],
    });
    expect(all.filter(({ verdict }) => verdict === "initialise").map(({ facts }) => facts)).to.deep.equal([first]);
    for (const { facts } of all.filter(({ verdict }) => verdict === "clone")) {
      expect(facts).to.include({ volume: "empty", group: "here" });
    }
  });
});

describe("what a member of a group does while it is in none", () => {
  const facts = { ordinal: "1", own: "known", past: "together", order: "no", room: "enough", others: "" };
  const first = { ...facts, ordinal: "0", past: "never" };
  table("decide_group", [
    // There is a group.
    [{ ...facts, others: "0:group 2:group" }, "join"],
    [{ ...facts, others: "0:group 2:unknown" }, "join"],
    [{ ...facts, others: "0:listed 2:group" }, "wait listed 0"],
    [{ ...facts, others: "0:errant 2:errant" }, "refuse errant 0,2"],
    [{ ...facts, others: "0:errant 2:group" }, "refuse errant 0"],
    [{ ...facts, others: "0:waiting 2:down" }, "wait majority 0"],
    [{ ...facts, others: "0:waiting 2:less", order: "yes" }, "wait majority 0"],
    // All were lost, and all are back: whoever has everything makes the group.
    [{ ...facts, others: "0:less 2:less" }, "bootstrap"],
    [{ ...facts, others: "0:more 2:less" }, "wait more 0"],
    [{ ...facts, others: "0:same 2:same" }, "wait before 0"],
    [{ ...facts, others: "0:less 2:same" }, "bootstrap"],
    [{ ...facts, ordinal: "0", others: "1:same 2:same" }, "bootstrap"],
    [{ ...facts, others: "0:apart 2:less" }, "refuse apart 0"],
    // Who does not answer may have more than all of these.
    [{ ...facts, others: "0:less 2:down" }, "wait silent 2"],
    [{ ...facts, others: "0:unknown 2:down" }, "wait silent 0,2"],
    [{ ...facts, others: "0:less 2:nonsense" }, "wait silent 2"],
    // A person says that they are lost.
    [{ ...facts, others: "0:unknown 2:down", order: "yes" }, "bootstrap"],
    [{ ...facts, others: "0:more 2:unknown", order: "yes" }, "bootstrap"],
    [{ ...facts, others: "0:group 2:unknown", order: "yes" }, "join"],
    [{ ...facts, others: "0:errant 2:unknown", order: "yes" }, "refuse errant 0"],
    // The first member alone has data, which were in no group: a new set, another topology before, or a backup brought back.
    [{ ...first, others: "1:down 2:down" }, "bootstrap"],
    [{ ...first, past: "alone", others: "1:down 2:less" }, "bootstrap"],
    [{ ...first, past: "together", others: "1:down 2:down" }, "wait silent 1,2"],
    [{ ...first, others: "1:unknown 2:down" }, "wait silent 1,2"],
    [{ ...first, ordinal: "1", others: "0:down 2:down" }, "wait silent 0,2"],
    [{ ...first, others: "1:more 2:down" }, "wait silent 2"],
    // Who has no room is of no use to a group; who does not know goes on as if there were some.
    [{ ...facts, room: "none", others: "0:group 2:group" }, "wait room"],
    [{ ...facts, room: "none", others: "0:less 2:less" }, "wait room"],
    [{ ...facts, room: "none", others: "0:errant 2:group" }, "refuse errant 0"],
    [{ ...facts, room: "unknown", others: "0:group 2:group" }, "join"],
    [{ ...facts, room: "", others: "0:group 2:group" }, "wait unknown-facts"],
    // What is not known is no reason to act.
    [{ ...facts, own: "unknown", others: "0:group 2:group" }, "wait own"],
    [{ ...facts, own: "unknown", others: "0:down 2:down", order: "yes" }, "wait own"],
    [{ ...facts, others: "" }, "wait unknown-facts"],
    [{ ...facts, past: "", others: "0:less 2:less" }, "wait unknown-facts"],
  ]);

  it("D2 D6 makes a group only where all is known, where it is new, or where a person says so", () => {
    const states = ["group", "listed", "errant", "waiting", "same", "less", "more", "apart", "down", "unknown", ""];
    const all = verdicts("decide_group", {
      ordinal: ["0", "1"],
      own: ["known", "unknown"],
      past: ["never", "alone", "together"],
      order: ["yes", "no"],
      room: ["enough", "none", "unknown"],
      others: states.flatMap((one) => states.map((two) => `2:${one} 3:${two}`)),
    });
    const made = all.filter(({ verdict }) => verdict === "bootstrap");
    expect(made).to.not.be.empty;
    for (const { facts: known } of made) {
      expect(known["own"]).to.equal("known");
      expect(known["room"]).to.not.equal("none");
      expect(known["others"]).to.not.match(/group|listed|errant|waiting/);
      if (known["order"] === "no" && /:(unknown|down|)( |$)/.test(known["others"] ?? "")) {
        expect(known["ordinal"]).to.equal("0");
        expect(known["past"]).to.not.equal("together");
        expect(known["others"]).to.match(/^2:(down|same|less) 3:(down|same|less)$/);
      }
      if (known["order"] === "no") {
        expect(known["others"]).to.not.match(/more|apart/);
      }
    }
    for (const { facts: known } of all.filter(({ verdict }) => verdict === "join")) {
      expect(known["others"])
        .to.match(/group/)
        .and.not.match(/errant|listed/);
    }
  });
});

describe("what a member of a group does whose volume is full", () => {
  const facts = { room: "none", others: "0:room 2:room" };
  table("decide_room", [
    [facts, "leave"],
    [{ ...facts, room: "enough" }, "stay"],
    [{ ...facts, room: "unknown" }, "stay"],
    [{ ...facts, room: "" }, "stay"],
    // Without it, those that have room would be no majority.
    [{ ...facts, others: "0:room 2:full" }, "stay"],
    [{ ...facts, others: "0:room 2:unknown" }, "stay"],
    [{ ...facts, others: "0:room 2:" }, "stay"],
    [{ ...facts, others: "" }, "stay"],
    [{ ...facts, others: "0:room 2:room 3:room 4:full" }, "leave"],
    [{ ...facts, others: "0:room 2:room 3:full 4:unknown" }, "stay"],
  ]);

  it("D2 D6 leaves only where more than half of all members have room without it", () => {
    const states = ["room", "full", "unknown", "", "nonsense"];
    const all = verdicts("decide_room", {
      room: ["enough", "none", "unknown", ""],
      others: [
        ...states.flatMap((one) => states.map((two) => `0:${one} 2:${two}`)),
        ...states.flatMap((one) => states.map((two) => `0:room 2:${one} 3:room 4:${two}`)),
      ],
    });
    for (const { facts: known, verdict } of all) {
      const others = (known["others"] ?? "").split(" ");
      const able = others.filter((other) => other.endsWith(":room")).length;
      expect(verdict, inWords(known)).to.equal(
        known["room"] === "none" && able * 2 > others.length + 1 ? "leave" : "stay",
      );
    }
  });
});
