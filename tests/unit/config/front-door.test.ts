import { expect } from "chai";
import { UserError } from "../../../errors";
import { parseStackConfig } from "../../../config/parse";

const base = { platform: "kubernetes", kubernetes: { context: "test" } };
const url = "https://blog.example.com";
const gateway = { name: "web", namespace: "gateways" };
const [http, https] = ["http", "https"].map((sectionName) => ({ ...gateway, sectionName }));

describe("what stands in front of a site on Kubernetes", () => {
  const mistakes = (blog: object, more: object = {}): string => {
    try {
      parseStackConfig({ ...base, sites: { blog: { url, ...blog }, ...more } });
      return "";
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      return (error as UserError).message;
    }
  };

  it("E3 is an Ingress with an issuer, or a route of a Gateway with redirects", () => {
    expect(mistakes({ ingress: { issuer: { name: "letsencrypt" } }, adminUrl: "https://admin.example.com" })).to.equal(
      "",
    );
    expect(mistakes({ route: { parentRefs: [https], redirectFrom: [http] }, aliases: ["www.example.com"] })).to.equal(
      "",
    );
  });

  it("E3 is one of them", () => {
    expect(mistakes({ ingress: {}, route: { parentRefs: [gateway] } })).to.contain(
      "sites.blog.route: an Ingress publishes",
    );
  });

  it("E3 says what has no effect with which of them", () => {
    expect(mistakes({ adminUrl: "https://admin.example.com" })).to.match(
      /sites\.blog\.adminUrl: without effect: .* add sites\.blog\.ingress or sites\.blog\.route/,
    );
    expect(mistakes({ ingress: {}, aliases: ["www.example.com"] })).to.match(
      /sites\.blog\.aliases: without effect: .*route/,
    );
    expect(mistakes({ ingress: {}, maxUpload: "2Gi" })).to.contain("sites.blog.maxUpload");
  });

  it("E3 refuses https that nobody speaks, addresses, and readers led in a circle", () => {
    const plain = "http://blog.example.com";
    expect(mistakes({ url: plain, ingress: { issuer: { name: "a" } } })).to.contain(
      "when sites.blog.ingress.issuer is set",
    );
    expect(mistakes({ url: plain, route: { parentRefs: [https], redirectFrom: [http] } })).to.contain(
      "sites.blog.route.redirectFrom: leads readers to https",
    );
    expect(mistakes({ url: "http://192.0.2.1", route: { parentRefs: [gateway] } })).to.contain(
      "a route leads by host name",
    );
    expect(mistakes({ route: { parentRefs: [https], redirectFrom: [https] } })).to.contain("in a circle");
    expect(mistakes({ route: { parentRefs: [] } })).to.contain("sites.blog.route.parentRefs");
    expect(mistakes({ ingress: {}, adminUrl: "http://admin.example.com" })).to.contain("must begin with https://");
    expect(mistakes({ ingress: {}, adminUrl: "https://[::1]" })).to.contain("sites.blog.adminUrl: needs a host name");
  });

  it("E3 gives each host to one alone", () => {
    const more = { other: { url: "https://other.example.com" } };
    expect(mistakes({ route: { parentRefs: [gateway] }, aliases: ["other.example.com"] }, more)).to.contain(
      "sites.blog.aliases.0: other.example.com is also the host of sites.other.url",
    );
    expect(mistakes({ ingress: {}, adminUrl: "https://other.example.com" }, more)).to.contain("sites.other.url");
  });
});
