import { expect } from "chai";
import { count, databaseLines, judgedMembers } from "../../../../ops/mysql";
import { askedMember, type MemberReport } from "../../../../ops/mysql-member";

const uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const source: MemberReport = { member: "mysql-0", role: "source", state: "writable", transactions: `${uuid}:1-120` };
const replica: MemberReport = {
  member: "mysql-1",
  role: "replica",
  state: "replicating",
  lag: 2,
  transactions: `${uuid}:1-100`,
};

describe("ops mysql status", () => {
  it("M7 counts the transactions of a GTID set", () => {
    const other = "4e11fa47-71ca-11e1-9e33-c80aa9429563";
    expect(
      [`${uuid}:1-10`, `${uuid}:1-10:15-16`, `${uuid}:7`, `${uuid}:1-3, ${other}:1-4`, ""].map(count),
    ).to.deep.equal([10, 12, 1, 7, 0]);
  });

  it("M7 says what a replica lacks, and that all is well", () => {
    const status = judgedMembers([replica, source]);
    expect(status.well).to.equal(true);
    expect(status.members.map(({ member, missing }) => [member, missing])).to.deep.equal([
      ["mysql-0", undefined],
      ["mysql-1", 20],
    ]);
    expect(databaseLines(status).join("\n")).to.match(/mysql-1 +replica +replicating +2 s +20 +3e11/);
  });

  it("D2 of a group says who is the primary, and that one without a server is a member", () => {
    const primary: MemberReport = {
      member: "mysql-1",
      role: "primary",
      state: "writable",
      transactions: `${uuid}:1-12`,
    };
    const secondary: MemberReport = { ...primary, member: "mysql-2", role: "secondary", state: "replicating" };
    const filled: MemberReport = { member: "mysql-0", role: "source", state: "clone: copied so far: 300 MiB in 20 s" };
    const status = judgedMembers([primary, filled, { ...secondary, transactions: `${uuid}:1-9` }]);
    expect(status.members.map(({ member, missing, role }) => [member, role, missing])).to.deep.equal([
      ["mysql-0", "member", undefined],
      ["mysql-1", "primary", undefined],
      ["mysql-2", "secondary", 3],
    ]);
    expect(status.problems).to.deep.equal(["mysql-0: clone: copied so far: 300 MiB in 20 s"]);
    expect(judgedMembers([secondary]).problems).to.deep.equal(["There is no primary, so nobody takes writes"]);
  });

  it("D2 a member whose volume is full is not well, in the group or out of it, with a server or without", async () => {
    const saying = async (...lines: string[]) =>
      judgedMembers([
        (await askedMember("mysql-0", () => Promise.resolve(lines.join("\n")))) ?? source,
        { member: "mysql-1", role: "primary", state: "writable", transactions: `${uuid}:1-12` },
      ]);
    const left = await saying("group full", "");
    expect(left.problems).to.deep.equal(["mysql-0: volume full"]);
    expect(left.members[0]).to.deep.equal({ member: "mysql-0", role: "member", state: "volume full" });
    const waits = await saying("group full", `${uuid}:1-9`, "");
    expect(waits.members[0]).to.include({ role: "member", missing: 3 });
    for (const part of ["primary", "secondary"]) {
      const stays = await saying(`group ${part}-full`, `${uuid}:1-12`, "");
      expect(stays.members[0]).to.include({ role: part, state: "volume full" });
      expect(stays.well).to.equal(false);
    }
  });

  it("M7 names every member that is not well", () => {
    const cloning: MemberReport = {
      member: "mysql-2",
      role: "replica",
      state: "clone: copied so far: 300 MiB in 20 s",
    };
    expect(judgedMembers([source, replica, cloning]).problems).to.deep.equal([
      "mysql-2: clone: copied so far: 300 MiB in 20 s",
    ]);
    expect(judgedMembers([{ ...replica, state: "source away" }]).problems).to.deep.equal([
      "There is no source, so nobody takes writes",
      "mysql-1: source away",
    ]);
  });
});
