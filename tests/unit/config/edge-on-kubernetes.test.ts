import { expect } from "chai";
import type { RawConfig } from "../../../config/files/machine";
import { mistakesOver } from "../../support/refusal";

const base: RawConfig = {
  platform: "kubernetes",
  kubernetes: { context: "test" },
  edge: {},
  sites: { blog: { url: "https://blog.example.com", ingress: {} } },
};

const mistakes = (over: RawConfig, under = base): string[] => mistakesOver(under, over);

describe("E5 an edge on Kubernetes in the configuration", () => {
  it("needs nothing said, and has what the one on Swarm has", () => {
    expect(mistakes({})).to.deep.equal([]);
    const blog = {
      aliases: ["www.example.com"],
      adminUrl: "https://admin.example.com",
      adminFrom: ["203.0.113.0/24"],
      maxUpload: "2Gi",
      activityPub: "hosted",
    };
    expect(mistakes({ edge: { wait: "2m", memory: "128Mi" }, sites: { blog } })).to.deep.equal([]);
  });

  it("refuses what ends https, by key, and says where that is now", () => {
    const told = mistakes({
      edge: {
        certificates: "internal",
        email: "me@example.com",
        acme: {},
        httpPort: 8080,
        httpsPort: 8443,
        storage: {},
        placement: ["node.role==manager"],
      },
    });
    const keys = ["certificates", "email", "acme", "httpPort", "httpsPort", "storage", "placement"];
    expect(told.map((mistake) => mistake.split(": ", 1)[0])).to.have.members(keys.map((key) => `edge.${key}`));
    expect(mistakes({ edge: { email: "me@example.com" } }).join()).to.match(
      /^edge\.email: only for platform swarm\. On Kubernetes https ends in front of the edge.*sites\.<name>\.ingress\.issuer/,
    );
    expect(mistakes({ edge: { httpsPort: 8443 } }).join()).to.contain("the Ingress controller or the Gateway has");
  });

  it("is refused on Swarm where it says what is of Kubernetes alone", () => {
    const swarm = {
      platform: "swarm",
      edge: { email: "me@example.com" },
      sites: { blog: { url: "https://a.example.com" } },
    };
    expect(mistakes({ edge: { pod: {} } }, swarm).join()).to.contain("only for platform kubernetes");
  });

  it("E4 E6 has what only an edge can do refused without one", () => {
    const { edge: _edge, ...without } = base;
    for (const blog of [{ activityPub: "hosted" }, { adminFrom: ["203.0.113.0/24"] }, { maxUpload: "2Gi" }]) {
      const [key] = Object.keys(blog);
      expect(mistakes({ sites: { blog } }, without).join()).to.contain(
        `sites.blog.${key}: without effect: the stack has no edge`,
      );
    }
    expect(mistakes({ sites: { blog: { aliases: ["www.example.com"] } } }, without).join()).to.contain("add edge");
  });

  it("E4 has no ActivityPub where the server of Ghost's makers cannot reach the site", () => {
    const at = (url: string) => mistakes({ sites: { blog: { url, activityPub: "hosted" } } }).join();
    expect(at("http://blog.example.com")).to.contain("sites.blog.activityPub");
    expect(at("https://blog.internal")).to.contain("sites.blog.activityPub");
    expect(at("https://blog.example.com/news")).to.contain("below a path");
  });

  it("E6 refuses an admin for networks of which every reader, or none, would be", () => {
    const blog = { adminFrom: ["203.0.113.0/24", "10.8.0.0/24"] };
    expect(mistakes({ sites: { blog } }).join()).to.match(
      /^sites\.blog\.adminFrom\.1: 10\.8\.0\.0\/24 is among edge\.trustedProxies \(10\.0\.0\.0\/8\)/,
    );
    expect(mistakes({ edge: { trustedProxies: ["10.42.0.0/16"] }, sites: { blog } })).to.deep.equal([]);
    expect(mistakes({ edge: { trustedProxies: [] } }).join()).to.contain("edge.trustedProxies: must name a network");
  });

  it("refuses two sites that only a port tells apart, and a host with https and without", () => {
    const sites = { one: { url: "http://localhost:2368" }, two: { url: "http://localhost:2369" } };
    expect(mistakes({ sites }).join()).to.contain("sites.two.url");
    expect(mistakes({ sites: { plain: { url: "http://blog.example.com/plain" } } }).join()).to.contain(
      "sites.plain.url",
    );
  });
});
