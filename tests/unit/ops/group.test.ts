import { expect } from "chai";
import { CommandError, UserError } from "../../../errors";
import { handOver, planRecovery } from "../../../ops/group";
import { MemberAway, memberNames, type GroupPlace } from "../../../ops/group-place";

/** What a member is: its state, and its transactions as numbers up to which it has all. */
interface Member {
  state: "ONLINE" | "OFFLINE" | "RECOVERING";
  has: number;
  primary?: boolean;
  /** Whether this machine gets into its container. Default true. */
  inReach?: boolean;
}

/** Members that answer as the scripts in their containers would; one that is absent answers nobody. */
class Members implements GroupPlace {
  readonly names = memberNames({ replicas: 3 });
  readonly done: string[] = [];

  constructor(private readonly members: Partial<Record<string, Member>>) {}

  inMember(name: string, command: readonly string[]): Promise<string> {
    const member = this.members[name];
    if (!member) {
      return Promise.reject(new CommandError("exit 1", 1, "no container"));
    }
    if (member.inReach === false) {
      return Promise.reject(new MemberAway(`${name} is not in reach`));
    }
    const text = command.join(" ");
    const [, other] = /host_of (\d+)/.exec(text) ?? [];
    if (text.includes("hand-over.sh")) {
      this.done.push(`${name} to ${command.at(-1) ?? ""}`);
      Object.entries(this.members).forEach(([of, one]) => one && (one.primary = of === command.at(-1)));
      return Promise.resolve("");
    }
    if (text.includes("PRIMARY")) {
      const [primary = ""] = Object.entries(this.members).find(([, one]) => one?.primary) ?? [];
      return Promise.resolve(member.state === "ONLINE" ? primary : "");
    }
    const [, from, lacking] = /GTID_SUBTRACT\('u:1-(\d+)', 'u:1-(\d+)'\)/.exec(text) ?? [];
    if (from !== undefined) {
      return Promise.resolve(Number(from) > Number(lacking) ? "u:more" : "");
    }
    const asked = other === undefined ? member : this.members[`mysql-${other}`];
    return asked
      ? Promise.resolve(`${asked.state}|majority|absent|3|3|u:1-${asked.has}`)
      : Promise.reject(new CommandError("exit 1", 1, "does not answer"));
  }
}

describe("ops mysql switchover and recover", () => {
  const inGroup: Member = { state: "ONLINE", has: 9 };
  const outside: Member = { state: "OFFLINE", has: 9 };
  const refused = (work: Promise<unknown>) => work.then(String, String);

  it("D2 hands over to the one that is named, or to the first, and to nobody outside the group", async () => {
    const three = () =>
      new Members({ "mysql-0": { ...inGroup }, "mysql-1": { ...inGroup, primary: true }, "mysql-2": { ...inGroup } });
    expect(await handOver(three(), "dev", "mysql-2")).to.include({ from: "mysql-1", to: "mysql-2" });
    expect(await handOver(three(), "dev")).to.include({ to: "mysql-0" });
    const two = new Members({ "mysql-0": { ...inGroup, primary: true }, "mysql-1": inGroup, "mysql-2": outside });
    expect(await refused(handOver(two, "dev", "mysql-2"))).to.contain("These are: mysql-1");
    expect(await refused(handOver(two, "dev", "mysql-0"))).to.contain("is the primary already");
    expect(two.done).to.deep.equal([]);
    expect(await refused(handOver(new Members({ "mysql-0": outside }), "dev"))).to.contain("There is no primary");
  });

  it("D2 asks a member that is not in reach by another one, and says so where it would have to act there", async () => {
    const away = { ...inGroup, inReach: false };
    const members = new Members({
      "mysql-0": { ...inGroup, primary: true },
      "mysql-1": { ...away },
      "mysql-2": { ...away },
    });
    expect(await handOver(members, "dev", "mysql-2")).to.include({ to: "mysql-2" });
    expect(await refused(handOver(members, "dev", "mysql-0"))).to.contain("mysql-2 is not in reach");
  });

  it("D2 has the member that has everything make the group, and names those that say nothing", async () => {
    const fuller = { ...outside, has: 12 };
    const plan = await planRecovery(new Members({ "mysql-0": outside, "mysql-1": fuller }), "dev");
    expect(plan).to.deep.equal({ member: "mysql-1", has: ["mysql-0"], lacks: [], silent: ["mysql-2"] });
    const other = await planRecovery(new Members({ "mysql-0": outside, "mysql-1": fuller }), "dev", "mysql-0");
    expect(other).to.deep.include({ member: "mysql-0", lacks: ["mysql-1"] });
  });

  it("D2 does not call a member silent that answers another one", async () => {
    const away = { ...outside, has: 12, inReach: false };
    const plan = await planRecovery(new Members({ "mysql-0": outside, "mysql-1": away }), "dev");
    expect(plan).to.deep.equal({ member: "mysql-1", has: ["mysql-0"], lacks: [], silent: ["mysql-2"] });
  });

  it("D2 recovers nothing where there is a group, even one that only another member knows of", async () => {
    const members = new Members({ "mysql-0": outside, "mysql-1": { ...inGroup, inReach: false } });
    const said = await planRecovery(members, "dev").catch((error: unknown) => error);
    expect(said).to.be.instanceOf(UserError);
    expect(String(said)).to.contain("mysql-1 is ONLINE");
  });
});
