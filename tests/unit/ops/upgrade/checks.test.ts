import { expect } from "chai";
import { databaseMistakes } from "../../../../ops/upgrade/checks";
import type { DatabaseFacts } from "../../../../ops/upgrade/site-database";
import { differences } from "../../../../ops/upgrade/stack-work";

const mib = 2 ** 20;
const facts: DatabaseFacts = {
  schema: "1",
  tables: 99,
  triggers: 0,
  aside: 0,
  restored: false,
  bytes: 100 * mib,
  space: { free: 1000 * mib, size: 4000 * mib },
};

describe("what an upgrade looks at before it begins", () => {
  it("B7 finds nothing wrong where there is room for the databases once more, here and there", () => {
    expect(databaseMistakes({ databases: { blog: facts }, here: 1000 * mib })).to.deep.equal({
      mistakes: [],
      unknown: [],
    });
    expect(databaseMistakes({ databases: {}, here: 0 }), "nothing is migrated").to.deep.equal({
      mistakes: [],
      unknown: [],
    });
  });

  it("B7 adds the sites up, and says where room is missing", () => {
    const { mistakes } = databaseMistakes({
      databases: { blog: { ...facts, space: { free: 200 * mib, size: 4000 * mib } }, news: facts },
      here: 200 * mib,
    });
    expect(mistakes).to.have.length(2);
    expect(mistakes[0]).to.contain("has 200Mi left").and.to.contain("264Mi");
    expect(mistakes[1]).to.contain("this machine has 200Mi left");
  });

  it("B7 says what is not known, and does not take it for room", () => {
    const { unknown } = databaseMistakes({ databases: { blog: { ...facts, space: undefined } }, here: undefined });
    expect(unknown).to.have.length(2);
  });

  it("B7 finds what could not go aside, and what is there already", () => {
    const { mistakes } = databaseMistakes({
      databases: { blog: { ...facts, triggers: 1 }, news: { ...facts, aside: 3 } },
      here: 9000 * mib,
    });
    expect(mistakes[0]).to.contain("site blog: its database has triggers");
    expect(mistakes[1]).to.contain("site news: a database whose name ends in _undone is there");
  });
});

describe("what is asked after an upgrade", () => {
  const before = {
    blog: { "/": "200", "/ghost/": "302", api: "404", mail: "220", broken: "500", away: "ECONNREFUSED" },
  };

  it("B7 has answered as before, or better", () => {
    const now = { ...before.blog, "/": "301", "/ghost/": "200", broken: "200", away: "220" };
    expect(differences(before, { blog: now })).to.deep.equal([]);
  });

  it("B7 is named with what it answered before and now", () => {
    expect(
      differences(before, { blog: { ...before.blog, "/": "500", api: "200", mail: "no greeting within 20 s" } }),
    ).to.deep.equal([
      "site blog, /: 500; before: 200",
      "site blog, api: 200; before: 404",
      "site blog, mail: no greeting within 20 s; before: 220",
    ]);
    expect(differences(before, {})).to.have.length(4);
  });
});
