import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { RawConfig } from "../../../config/files/machine";
import { mistakesOver } from "../../support/refusal";
import { temporaryDirectory } from "../../support/temporary-directory";

const base: RawConfig = {
  platform: "swarm",
  edge: { email: "me@example.com" },
  sites: { blog: { url: "https://blog.example.com" } },
};

const mistakes = (over: RawConfig, under = base): string[] => mistakesOver(under, over);

describe("E1 an edge in the configuration", () => {
  let directory: string;
  const at = (file: string) => path.join(directory, file);
  before(() => {
    directory = temporaryDirectory();
    for (const [file, more] of [
      ["root.pem", ["-addext", "basicConstraints=critical,CA:TRUE"]],
      ["server.pem", ["-addext", "basicConstraints=critical,CA:FALSE"]],
    ] as const) {
      const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x", ...more];
      execFileSync("openssl", [...request, "-keyout", at("key"), "-out", at(file)], { stdio: "ignore" });
    }
    fs.writeFileSync(at("mac"), "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajV\n");
    fs.writeFileSync(at("not-mac"), 'a"} evil {');
  });

  it("takes sites with https and no port, several below one host, and names that only it has", () => {
    expect(mistakes({})).to.deep.equal([]);
    const sites = {
      news: { url: "https://blog.example.com/news" },
      local: { url: "https://blog.localhost" },
      inside: { url: "https://wiki.internal" },
      plain: { url: "http://localhost" },
    };
    expect(mistakes({ sites })).to.deep.equal([]);
    expect(
      mistakes({ edge: { httpsPort: 8443 }, sites: { other: { url: "https://a.example.com:8443" } } }),
    ).to.deep.equal([]);
  });

  it("needs no mail address where no public authority is asked", () => {
    const without = { ...base, edge: {} };
    expect(mistakes({}, without).join()).to.match(/^edge\.email: missing/);
    expect(mistakes({ edge: { certificates: "internal" } }, without)).to.deep.equal([]);
    expect(mistakes({ sites: { blog: { url: "https://blog.localhost" } } }, without)).to.deep.equal([]);
    const acme = { directory: "https://10.0.0.1:14000/dir", caFile: at("root.pem") };
    expect(mistakes({ edge: { acme } }, without)).to.deep.equal([]);
    expect(mistakes({ edge: { acme: { directory: acme.directory } } }, without).join()).to.match(/^edge\.email/);
  });

  it("tells every mistake with its key, all at once", () => {
    const told = mistakes({
      edge: {
        wait: "1h",
        acme: { caFile: at("server.pem"), externalAccount: { keyId: "k", macKeyFile: at("not-mac") } },
      },
      sites: {
        same: { url: "https://blog.example.com/" },
        numbered: { url: "https://192.0.2.1" },
        port: { url: "https://other.example.com:8443" },
        plain: { url: "http://blog.example.com/plain" },
        inside: { url: "https://wiki.lan" },
      },
      mailpit: { host: "blog.example.com" },
      shop: { port: 443 },
    }).map((mistake) => mistake.split(": ", 1)[0]);
    expect(told).to.have.members([
      "edge.wait",
      "edge.acme.caFile",
      "edge.acme.externalAccount.macKeyFile",
      "edge.acme.directory",
      "edge.acme.directory",
      "sites.same.url",
      "sites.numbered.url",
      "sites.port.url",
      "sites.plain.url",
      "mailpit.host",
      "shop.port",
    ]);
  });

  it("refuses names that no public authority issues for", () => {
    for (const host of ["wiki.lan", "wiki", "blog.test"]) {
      expect(mistakes({ sites: { blog: { url: `https://${host}` } } }).join(), host).to.match(
        /^sites\.blog\.url: no public authority issues/,
      );
    }
  });

  it("refuses text that would mean something in its own configuration", () => {
    for (const email of ['a"@example.com', "{$HOME}@example.com", "a\\@example.com", "a`@example.com"]) {
      expect(mistakes({ edge: { email } }).join(), email).to.match(/^edge\.email: must be a mail address/);
    }
    expect(mistakes({ edge: { acme: { directory: 'https://a.test/"' } } }).join()).to.match(/^edge\.acme\.directory/);
    const externalAccount = { keyId: "{x}", macKeyFile: at("mac") };
    expect(mistakes({ edge: { acme: { externalAccount } } }).join()).to.contain("edge.acme.externalAccount.keyId");
  });

  it("leaves no port to others, and nothing without effect", () => {
    expect(mistakes({ sites: { blog: { port: 2368 } } })).to.deep.equal([
      "sites.blog.port: without effect: the edge has the ports of the stack. Remove the key",
    ]);
    expect(mistakes({ mailpit: { port: 8025 } }).join()).to.match(/^mailpit\.port: without effect/);
    expect(mistakes({ monitoring: { port: 3000 } }).join()).to.match(/^monitoring\.port: without effect/);
    expect(mistakes({ edge: { certificates: "internal" } }).join()).to.match(/^edge\.email: without effect/);
    const { edge: _edge, ...without } = base;
    const ported = { ...without, sites: { blog: { url: "http://localhost:2368" } } };
    expect(mistakes({ mailpit: { host: "mail.example.com" } }, ported).join()).to.match(
      /^mailpit\.host: without effect/,
    );
    expect(mistakes({ monitoring: { host: "d.example.com" } }, ported).join()).to.match(/^monitoring\.host/);
  });

  it("is named where https has nobody to end it", () => {
    const { edge: _edge, ...without } = base;
    expect(mistakes({}, without)).to.deep.equal([
      "sites.blog.port: missing. Nothing of this stack ends https for https://blog.example.com: add edge, or name the port here that your own proxy leads to",
    ]);
    // The port of such an address is not one that Ghost could publish, which speaks http.
    const named = { ...without, sites: { blog: { url: "https://blog.example.com:8443" } } };
    expect(mistakes({}, named).join()).to.match(/^sites\.blog\.port: missing/);
    expect(mistakes({ sites: { blog: { port: 2368 } } }, without)).to.deep.equal([]);
  });

  it("E2 gives each host to one alone", () => {
    const sites = (more: object) => ({ sites: { other: { url: "https://other.example.com" }, ...more } });
    const blog = (more: object) => mistakes(sites({ blog: { url: "https://blog.example.com", ...more } }));
    expect(
      blog({ aliases: ["www.blog.example.com", "example.com"], adminUrl: "https://admin.example.com" }),
    ).to.deep.equal([]);
    expect(blog({ aliases: ["other.example.com"] })).to.deep.equal([
      "sites.blog.aliases.0: other.example.com is also the host of sites.other.url. Give each its own",
    ]);
    expect(blog({ aliases: ["blog.example.com", "a.example.com", "a.example.com"] })).to.have.length(2);
    expect(blog({ adminUrl: "https://other.example.com" }).join()).to.match(
      /^sites\.blog\.adminUrl: .*sites\.other\.url/,
    );
    expect(blog({ adminUrl: "https://a.example.com", aliases: ["a.example.com"] })).to.have.length(1);
    expect(
      mistakes({ mailpit: { host: "m.example.com" }, sites: { blog: { aliases: ["m.example.com"] } } }),
    ).to.have.length(1);
    expect(blog({ aliases: ["wiki.lan"] }).join()).to.match(/^sites\.blog\.aliases\.0: no public authority/);
    expect(blog({ adminUrl: "https://a.example.com/x" }).join()).to.match(/^sites\.blog\.adminUrl: must have no path/);
    expect(blog({ settings: { admin__url: "https://a.example.com" } }).join()).to.match(
      /^sites\.blog\.settings\.admin__url/,
    );
    expect(blog({ adminUrl: "http://a.example.com" })).to.deep.equal([
      "sites.blog.adminUrl: must begin with https:// as sites.blog.url does (got http://a.example.com): Ghost asks for both the same way",
    ]);
    expect(blog({ url: "http://blog.example.com", adminUrl: "https://a.example.com" }).join()).to.match(
      /^sites\.blog\.adminUrl: must begin with http:\/\//,
    );
  });

  it("E2 is needed for what it alone can do", () => {
    const ported = { platform: "swarm", sites: { blog: { url: "http://localhost:2368" } } };
    for (const keys of [{ aliases: ["a.test"] }, { adminUrl: "http://a.test" }, { maxUpload: "2Gi" }]) {
      expect(mistakes({ sites: { blog: keys } }, ported).join()).to.match(
        /^sites\.blog\.\w+: without effect: .* add edge/,
      );
    }
  });

  it("keeps its certificates on one node where there are several", () => {
    const swarm = { singleNode: false };
    expect(mistakes({ swarm }).filter((mistake) => mistake.startsWith("edge.placement"))).to.have.length(1);
    const placement = ["node.hostname==front"];
    expect(mistakes({ swarm, edge: { placement } }).join()).to.not.contain("edge.placement");
  });

  it("E6 takes networks for the admin, and nothing that is none", () => {
    const wrong = (adminFrom: string[]) => mistakes({ sites: { blog: { adminFrom } } }).join();
    expect(wrong(["10.8.0.0/24", "203.0.113.7/32", "2001:db8::/32"])).to.equal("");
    for (const none of ["10.8.0.1", "office", "10.8.0.0/33", "0.0.0.0/0 }"]) {
      expect(wrong([none]), none).to.contain("sites.blog.adminFrom.0: must be a network such as 10.20.0.0/16");
    }
  });

  it("E4 refuses an ActivityPub server that cannot speak for the site", () => {
    const wrong = (site: object, edge: object = {}) =>
      mistakes({ edge, sites: { blog: { url: "https://blog.example.com", ...site } } });
    expect(wrong({ activityPub: "hosted" })).to.deep.equal([]);
    expect(wrong({ activityPub: "http://activitypub:8080" })).to.deep.equal([]);
    expect(wrong({ activityPub: "hosted", url: "https://blog.internal" }).join()).to.contain(
      "sites.blog.activityPub: https://ap.ghost.org asks the site at its url, which has to be a public one",
    );
    expect(wrong({ activityPub: "hosted" }, { certificates: "internal" }).join()).to.contain("certificate of a public");
    expect(wrong({ activityPub: "https://ap.test", url: "https://blog.example.com/news" }).join()).to.contain(
      "sites.blog.activityPub: Ghost does not speak ActivityPub for a site below a path",
    );
    for (const address of [
      "activitypub:8080",
      "https://ap.test/path",
      "https://ap.test {",
      "ftp://ap.test",
      "hosting",
    ]) {
      expect(wrong({ activityPub: address }).join(), address).to.contain("must be hosted, self, off, or the address");
    }
  });
});
