import { expect } from "chai";
import type { RawConfig } from "../../../config/files/machine";
import { mistakesOver } from "../../support/refusal";

describe("E4 the ActivityPub server of a stack in the configuration", () => {
  const url = "https://blog.example.com";
  const swarm: RawConfig = {
    platform: "swarm",
    edge: { email: "me@example.com" },
    sites: { blog: { url, activityPub: "self" }, news: { url: "https://news.example.com" } },
  };
  const site = (own: RawConfig) => mistakesOver(swarm, { sites: { blog: own } }).join("\n");

  it("goes with a site that others reach over https, and a server of the stack of any topology", () => {
    expect(mistakesOver(swarm, {})).to.deep.equal([]);
    for (const topology of ["replicated", "group"]) {
      expect(mistakesOver(swarm, { mysql: { topology } }), topology).to.deep.equal([]);
    }
    const own = { memory: "1Gi", placement: ["node.hostname==worker1"], service: { cpu: { limit: "1" } } };
    expect(mistakesOver(swarm, { activityPub: own, secrets: { generations: { activitypub: 2 } } })).to.deep.equal([]);
  });

  it("says why it cannot speak for a site, with the key", () => {
    expect(site({ url: "http://blog.example.com" })).to.match(
      /^sites\.blog\.activityPub: the server asks the site at its url, .* begin with https/m,
    );
    expect(site({ url: "https://blog.internal" })).to.match(/^sites\.blog\.activityPub: the server asks the site/m);
    expect(mistakesOver(swarm, { edge: { certificates: "internal", email: undefined } }).join("\n")).to.match(
      /^sites\.blog\.activityPub: .* not of the edge itself/m,
    );
    expect(site({ url: `${url}/news` })).to.match(/^sites\.blog\.activityPub: .* below a path/m);
  });

  it("is refused on Kubernetes, and where the database server is somebody else's, in words that say what to do", () => {
    const kubernetes: RawConfig = {
      platform: "kubernetes",
      kubernetes: { context: "test" },
      edge: {},
      sites: { blog: { url, activityPub: "self" } },
    };
    expect(mistakesOver(kubernetes, {}).join("\n")).to.equal(
      "sites.blog.activityPub: self runs on Swarm alone. Set it to hosted or off, or name the address of a server of your own",
    );
    const external = { host: "db.example.com", adminUser: "admin", adminPasswordFile: "/nowhere" };
    expect(mistakesOver(swarm, { mysql: { external } }).join("\n")).to.match(
      /^sites\.blog\.activityPub: self wants a database of the stack's own server/m,
    );
  });

  it("needs a name of its own among those with a database, and a site for which it speaks", () => {
    expect(mistakesOver(swarm, { sites: { activitypub: { url: "https://ap.example.com" } } }).join("\n")).to.match(
      /^sites\.activitypub: the database of the ActivityPub server has this name\. Rename/m,
    );
    const { sites: _sites, ...none } = swarm;
    const hosted = { ...none, sites: { blog: { url } } };
    expect(mistakesOver(hosted, { activityPub: { memory: "1Gi" } }).join("\n")).to.match(
      /^activityPub: without effect: no site .* set sites\.<name>\.activityPub to self/m,
    );
    expect(mistakesOver(hosted, { secrets: { generations: { activitypub: 2 } } }).join("\n")).to.match(
      /^secrets\.generations\.activitypub: there is no site of this name/m,
    );
  });

  it("asks for a node where its pictures stay, in a swarm of several", () => {
    const nodes = { swarm: { singleNode: false, placement: [] } };
    expect(mistakesOver(swarm, nodes).join("\n")).to.match(
      /^activityPub\.placement: a local volume cannot follow its service/m,
    );
  });
});
