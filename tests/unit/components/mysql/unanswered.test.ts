import { expect } from "chai";
import { isLong } from "../../../support/long";
import { Container, type Failure, type World } from "../../../support/mysql-world";

interface Scenario {
  script: string[];
  world: World;
  /** What has changed once everybody has answered; empty: nothing may. */
  reaches: string;
  /** What its last words must contain. */
  says?: RegExp;
  /** What else may have changed when a question goes wrong: a step on the way that harms nobody. */
  onTheWay?: string[];
  /** Questions that it can do without. */
  spare?: RegExp;
  /** Questions that another scenario has go wrong. */
  elsewhere?: RegExp;
  /** How often it may sleep until it has said what it has to. */
  patience?: number;
  /** The same where a question goes wrong. Default: 3. */
  hasty?: number;
}

const names = (...others: string[]) => ({
  "mysql-0": ["10.0.0.1"],
  mysql: ["10.0.0.1", ...others],
});
const source: World = { member: "mysql-0", names: names("10.0.0.2", "10.0.0.3"), set: { members: "3" } };
const lost: World = {
  ...source,
  set: { members: "3", installed: "This set has been up." },
  servers: { "10.0.0.2": "1 no u:1-9", "10.0.0.3": "2 no u:1-7" },
};
const recovering = (more: World["set"] = {}): World => ({ ...lost, set: { ...lost.set, recoverFrom: "1", ...more } });
const replica: World = {
  member: "mysql-2",
  names: { "mysql-2": ["10.0.0.3"], mysql: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] },
  servers: { "10.0.0.1": "0 no u:1-9", "10.0.0.2": "1 yes u:1-9" },
  set: { members: "3" },
};
const running: World = { ...replica, volume: { data: "old" }, own: "u:1-5", source: "u:1-9;" };
const replicating: World = {
  ...running,
  servers: { "mysql-0.mysql": "0 no u:1-9" },
  own: "u:1-9",
  status: ["Replica_IO_Running: Yes", "Replica_SQL_Running: Yes", "Seconds_Behind_Source: 0"].join("\n"),
  environment: { COMPARE_SECONDS: "0" },
};
/** A member of a group that is in none. */
const outside = (transactions: string) => `OFFLINE|majority|absent|0|0|${transactions}`;
const inside = (transactions: string, listed = "absent") => `ONLINE|majority|${listed}|2|2|${transactions}`;
const others = (one: string, two: string): World["servers"] => ({ "mysql-0.mysql": one, "mysql-2.mysql": two });
const member: World = {
  member: "mysql-1",
  volume: { data: "old" },
  files: { "data/group-past": "together\n" },
  set: { members: "3", installed: "This set has been up." },
  ownMember: outside("u:1-9"),
};
const firstMember: World = {
  member: "mysql-0",
  set: { members: "3" },
  servers: { "mysql-1.mysql": "down", "mysql-2.mysql": "down" },
};
/** Goes on without: which password others take, and that bootstrapping is off again, which it is after a restart anyway. */
const sparedByGroup = /^(login|reset)/;
const server = (says: string): World["servers"] => ({ "mysql-0.mysql": says });
/** Its clone goes on without them: a moment in words, which password the donor knows, how a server is stopped whose data is thrown away. */
const sparedByClone = /^(last|login|serve|ping)/;

/** Of a clone, which has a scenario of its own. */
const ofAClone = /^(initialise|serve|ping|login|clone)/;

const scenarios: Record<string, Scenario> = {
  "M5 a new set": {
    script: ["member.sh"],
    world: { ...source, servers: { "10.0.0.2": "down", "10.0.0.3": "down" } },
    reaches: "data: new",
  },
  "M5 a new set on Swarm, where a member is found once it is well": {
    script: ["member.sh"],
    world: {
      member: "mysql-0",
      environment: { MEMBER_NAMES: "tasks.mysql tasks.mysql-replica", INSTALLED: "", RECOVER_FROM: "", MEMBERS: "3" },
    },
    reaches: "data: new",
  },
  "M5 an empty source beside a member with transactions": {
    script: ["member.sh"],
    world: { ...source, servers: { "10.0.0.2": "1 no u:1-9", "10.0.0.3": "down" } },
    reaches: "",
    says: /REFUSED[^]*member 1 at 10.0.0.2: u:1-9/,
  },
  "M5 the same on Swarm": {
    script: ["member.sh"],
    world: {
      member: "mysql-0",
      names: { "tasks.mysql-replica": ["10.0.0.2"] },
      servers: { "10.0.0.2": "1 no u:1-9" },
      environment: { MEMBER_NAMES: "tasks.mysql tasks.mysql-replica", INSTALLED: "", RECOVER_FROM: "", MEMBERS: "3" },
    },
    reaches: "",
    says: /REFUSED[^]*member 1 at 10.0.0.2: u:1-9/,
  },
  "M5 an empty source beside a member that refuses its login": {
    script: ["member.sh"],
    world: { ...source, servers: { "10.0.0.2": "denied", "10.0.0.3": "down" } },
    reaches: "",
    patience: 20,
    says: /these do not say what they have: 10.0.0.2/,
  },
  "M5 the source's data is gone": {
    script: ["member.sh"],
    world: lost,
    reaches: "",
    says: /from member 1, which has all that any of these has/,
  },
  "M5 the source's data is gone, and a member does not answer": {
    script: ["member.sh"],
    world: { ...lost, servers: { "10.0.0.2": "1 no u:1-9", "10.0.0.3": "down" } },
    reaches: "",
    says: /they may have more: 2[.][^]*from a member of your choice/,
  },
  "M5 recovery from a member while another one is ahead": {
    script: ["member.sh"],
    world: { ...recovering(), servers: { "10.0.0.2": "1 no u:1-7", "10.0.0.3": "2 no u:1-9" } },
    reaches: "",
    says: /member 2 has transactions that member 1 lacks/,
  },
  "M5 recovery from the member that has most": {
    script: ["member.sh"],
    world: recovering(),
    reaches: "data: clone of 10.0.0.2",
    spare: sparedByClone,
    elsewhere: ofAClone,
  },
  "M5 recovery while a member does not answer": {
    script: ["member.sh"],
    world: { ...recovering(), names: names("10.0.0.2") },
    reaches: "",
    patience: 20,
    says: /not known whether they have transactions that member 1 lacks: 2\n[^]*recoverFrom=1 --from-literal=recoverWithout=2/,
  },
  "M5 recovery without a member that is given up": {
    script: ["member.sh"],
    world: { ...recovering({ recoverWithout: "2" }), names: names("10.0.0.2") },
    reaches: "data: clone of 10.0.0.2",
    spare: sparedByClone,
    elsewhere: ofAClone,
  },
  "M5 recovery from a member that has still to apply something": {
    script: ["member.sh"],
    world: { ...recovering(), unapplied: "u:9" },
    reaches: "",
    says: /has still to apply u:9/,
  },
  "M5 a source with its data": { script: ["member.sh"], world: { ...lost, volume: { data: "old" } }, reaches: "" },
  "M3 an empty replica": {
    script: ["member.sh"],
    world: replica,
    elsewhere: ofAClone,
    reaches: "data: clone of 10.0.0.2",
    spare: /^(last|login|serve|ping|names|facts 10.0.0.1)/,
    onTheWay: ["data: clone of 10.0.0.1", "clone.done: clone of 10.0.0.1"],
  },
  "M3 a replica whose data is too old": {
    script: ["member.sh"],
    world: { ...replica, volume: { data: "old", stale: null } },
    elsewhere: /^(initialise|serve|ping|login|names)/,
    reaches: "data: clone of 10.0.0.2",
    spare: /^(last|login|serve|ping|names|facts 10.0.0.1)/,
    onTheWay: ["data: clone of 10.0.0.1", "clone.done: clone of 10.0.0.1"],
  },
  "M3 a replica on a volume of another server": {
    script: ["member.sh"],
    world: { ...replica, volume: { ibdata1: null } },
    reaches: "",
    says: /files that this program did not make: ibdata1/,
  },
  "M1 a single server": { script: ["initialise.sh"], world: { member: "mysql" }, reaches: "data: new" },
  "M3 a clone": {
    script: ["clone.sh", "10.0.0.2"],
    world: replica,
    reaches: "clone.done: clone of 10.0.0.2",
    spare: sparedByClone,
  },
  "M3 a replica joins": {
    script: ["follow.sh"],
    world: { ...running, servers: server("0 no u:1-9") },
    reaches: "join",
    spare: /^login/,
  },
  "M5 a replica has what the source lacks": {
    script: ["follow.sh"],
    world: { ...running, own: "u:1-12", servers: server("0 no u:1-9") },
    reaches: "",
    says: /REFUSED to join: .*lacks: u:10-12/,
  },
  "M3 a replica was away for too long": {
    script: ["follow.sh"],
    world: { ...running, source: "u:1-9;u:1-7", servers: server("0 no u:1-9") },
    reaches: "stale, shutdown",
    onTheWay: ["stale"],
    spare: /^shutdown/,
  },
  "M5 a replica whose source is away": {
    script: ["follow.sh"],
    world: { ...running, servers: server("away") },
    reaches: "",
    says: /the source is away; serving what this member has/,
  },
  "M5 a replica that replicates": { script: ["follow.sh"], world: replicating, reaches: "" },
  "M5 somebody writes on a replica that replicates": {
    script: ["follow.sh"],
    world: { ...replicating, own: "u:1-12" },
    reaches: "part",
  },
  "D2 a new group": { script: ["group-member.sh"], world: firstMember, reaches: "data: new" },
  "D2 an empty first member of a set that has been up": {
    script: ["group-member.sh"],
    world: { ...firstMember, set: { members: "3", installed: "This set has been up." } },
    reaches: "",
    says: /waiting for a group to copy the data of/,
  },
  "D2 an empty first member beside one that says nothing": {
    script: ["group-member.sh"],
    world: { ...firstMember, servers: { "mysql-1.mysql": "down", "mysql-2.mysql": "denied" } },
    reaches: "",
    says: /not every member says whether it has data/,
  },
  "D2 an empty member beside a group": {
    script: ["group-member.sh"],
    world: { ...member, volume: {}, files: {}, servers: others(inside("u:1-9"), "down") },
    reaches: "data: clone of mysql-0.mysql",
    elsewhere: ofAClone,
    spare: /^(last|login|serve|ping|member mysql-2)/,
  },
  "D2 the first member of a new group": {
    script: ["join-group.sh"],
    world: { ...firstMember, volume: { data: "new" }, ownMember: outside("-") },
    reaches: "make",
    patience: 4,
    hasty: 4,
    spare: sparedByGroup,
  },
  "D2 the first member of a set that has been up, with data that were in no group": {
    script: ["join-group.sh"],
    world: {
      ...firstMember,
      set: { members: "3", installed: "This set has been up." },
      volume: { data: "restored" },
      ownMember: outside("-"),
    },
    reaches: "make",
    patience: 4,
    hasty: 4,
    spare: sparedByGroup,
  },
  "D2 all are back, and one has everything": {
    script: ["join-group.sh"],
    world: { ...member, servers: others(outside("u:1-7"), outside("u:1-8")) },
    reaches: "make",
    hasty: 4,
    spare: sparedByGroup,
  },
  "D2 all are back, and another one has more": {
    script: ["join-group.sh"],
    world: { ...member, servers: others(outside("u:1-7"), outside("u:1-12")) },
    reaches: "",
    says: /waiting for member 2, which has transactions that this one lacks/,
  },
  "D2 one is not back": {
    script: ["join-group.sh"],
    world: { ...member, servers: others(outside("u:1-7"), "away") },
    reaches: "",
    says: /nobody is in a group yet, and of these it is not known what they have: member 2/,
  },
  "D2 there is a group": {
    script: ["join-group.sh"],
    world: { ...member, servers: others(inside("u:1-12"), "down") },
    // By those that answer: for the name of one that is away the server would wait.
    reaches: "join by mysql-1.mysql:3306,mysql-0.mysql:3306",
    onTheWay: ["join by mysql-1.mysql:3306"],
    spare: /^(login|reset|member mysql-2)/,
  },
  "D2 there is a group that still counts a former life in": {
    script: ["join-group.sh"],
    world: { ...member, servers: others(inside("u:1-12", "listed"), "down") },
    reaches: "",
    says: /still counts a former life of this member in/,
  },
  "D2 the group lacks what this member has": {
    script: ["join-group.sh"],
    world: { ...member, servers: others(inside("u:1-7"), "down") },
    reaches: "",
    says: /REFUSED to join: this member has transactions that the group lacks/,
  },
  "D2 Group Replication has given up": {
    script: ["join-group.sh"],
    world: { ...member, ownMember: "ERROR|majority|listed|0|0|u:1-9", servers: others("down", "down") },
    reaches: "leave",
  },
  "D2 a primary without the stack's databases": {
    script: ["join-group.sh"],
    world: { ...member, ownMember: inside("u:1-9", "listed") },
    // That it has room, it tells at once: its server may have been told otherwise.
    reaches: "tell 50, provision",
    onTheWay: ["tell 50", "provision", "provision, tell 50"],
  },
  "D2 a primary whose volume is full, while the others have room": {
    script: ["join-group.sh"],
    world: {
      ...member,
      room: 9000,
      ownMember: inside("u:1-9", "listed"),
      servers: others(inside("u:1-9"), inside("u:1-9")),
    },
    reaches: "tell 0, leave",
    onTheWay: ["tell 0", "provision", "provision, tell 0"],
    says: /there is no room[^]*leaving the group until this one has/,
    spare: /^(writable|names|login)/,
  },
  "D2 a member whose volume is full, and so is another's": {
    script: ["join-group.sh"],
    world: {
      ...member,
      room: 9000,
      ownMember: inside("u:1-9", "listed"),
      servers: others(inside("u:1-9"), inside("u:1-9")),
      full: ["mysql-2.mysql"],
    },
    reaches: "tell 0",
    // Where nobody says what room there is, it goes on as if there were some.
    onTheWay: ["provision", "provision, tell 0"],
    spare: /^(writable|member mysql|weight|login)/,
    says: /too few of the other members are known to have any[.] Staying in the group/,
  },
  "D2 a member whose volume is full, and another does not answer": {
    script: ["join-group.sh"],
    world: { ...member, room: 9000, ownMember: inside("u:1-9", "listed"), servers: others(inside("u:1-9"), "down") },
    reaches: "tell 0",
    // Where nobody says what room there is, it goes on as if there were some.
    onTheWay: ["provision", "provision, tell 0"],
    spare: /^(writable|member mysql|weight|login)/,
    says: /Staying in the group/,
  },
  "D2 a member that is in no group, and has no room": {
    script: ["join-group.sh"],
    world: { ...member, room: 9000, servers: others(inside("u:1-12"), inside("u:1-12")) },
    reaches: "",
    onTheWay: ["join by mysql-1.mysql:3306,mysql-0.mysql:3306,mysql-2.mysql:3306"],
    says: /Joining the group once there are 64 MiB/,
  },
  "D2 a server that would start without room": {
    script: ["start-group-member.sh"],
    world: { ...member, room: 9000, servers: others(inside("u:1-12"), inside("u:1-12")) },
    reaches: "",
    onTheWay: ["serve", "serve, join by mysql-1.mysql:3306,mysql-0.mysql:3306,mysql-2.mysql:3306"],
    says: /The server starts once there are 64 MiB/,
  },
  "M7 a replica starts": {
    script: ["start-member.sh"],
    world: { ...running, servers: server("0 no u:1-9") },
    reaches: "serve, join",
    onTheWay: ["serve", "join"],
    spare: /^(login|serve)/,
  },
};

/** Runs work for each of a list, some at a time. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

/** In which ways a question goes wrong: once, or each time it is asked. */
const ways = ["fails", "hangs", "half", "always fails"] as const;
/** How often a question was let go wrong, and kinds of questions of which one was. */
let turn = 0;
const met = new Set<string>();

/**
 * How a question goes wrong, where it first stands in what was asked: in each way where every combination is tried. Otherwise every eighth one in one
 * way, by turns through all scenarios, since most questions stand in several; and each kind that a script asks once.
 */
function failures(script: string, question: string, asked: readonly string[]): Failure[] {
  const all = ways.map((how): Failure => ({
    question: how === "always fails" ? question : asked.indexOf(question) + 1,
    how: how === "always fails" ? "fails" : how,
  }));
  const kind = `${script} ${question.replace(/ .*/, "")}`;
  const isNew = !met.has(kind);
  met.add(kind);
  turn += 1;
  return isLong ? all : all.filter((_, way) => (isNew || turn % 8 === 1) && way === (turn >> 3) % ways.length);
}

describe("a member whose question is not answered", function () {
  // Seconds on an idle machine.
  this.timeout(300_000);
  let container: Container;
  before(() => {
    container = new Container();
  });
  after(() => container.remove());

  for (const [name, scenario] of Object.entries(scenarios)) {
    const { elsewhere, hasty = 3, onTheWay = [], patience, reaches, says, script, spare, world } = scenario;
    it(`D6 ${name}: it waits or refuses, whichever question fails, hangs, or gets half an answer`, async () => {
      const [file = ""] = script;
      const run = (failure?: Failure, naps = patience) => container.run(script, world, failure, naps);
      const whole = await run();
      expect(whole.changed, whole.output).to.equal(reaches);
      if (says) {
        expect(whole.output).to.match(says);
      }
      // Complete, and not yet in its place.
      const nearly = reaches.replace(/^data: clone/, "clone.done: clone");
      const questions = [...new Set(whole.questions)].filter((question) => !elsewhere?.test(question));
      const all = questions.flatMap((question) => failures(file, question, whole.questions));
      await eachOf(all, async (failure) => {
        const { changed, output, status } = await run(failure, hasty);
        const what = `question ${failure.question} ${failure.how}: ${output}`;
        // The server notes its version in new data itself.
        const noted = failure.question === "version" && /^(data|clone)/.test(reaches);
        const necessary = typeof failure.question === "string" && !noted && !spare?.test(failure.question);
        expect(changed, what).to.be.oneOf(["", ...onTheWay, ...(necessary ? [] : [reaches, nearly])]);
        expect(status, `deaf to a stop: ${what}`).to.not.equal(null);
      });
    });
  }
});
