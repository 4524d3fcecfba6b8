import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { withSecretsMarked } from "../../../config/encrypted-values";
import { parseStackConfig } from "../../../config/parse";
import { refuseEncrypted } from "../../../deploy/before/encrypted-settings";
import type { RawConfig } from "../../../config/files/machine";
import { mistakesOver, refusal } from "../../support/refusal";
import { temporaryDirectory } from "../../support/temporary-directory";

const workspaceId = "123e4567-e89b-42d3-a456-426614174000";

describe("E4 web analytics in the configuration", () => {
  let directory: string;
  let swarm: RawConfig;
  const file = (name: string, content: string) => {
    const at = path.join(directory, name);
    fs.writeFileSync(at, content);
    return { file: at };
  };
  before(() => {
    directory = temporaryDirectory();
    swarm = {
      platform: "swarm",
      edge: { email: "me@example.com" },
      sites: { blog: { url: "https://blog.example.com" } },
      analytics: { workspaceId, adminToken: file("admin", "p.admin\n"), trackerToken: file("tracker", "p.tracker\n") },
    };
  });

  it("takes tokens from files, encrypted by Pulumi's CLI, and on Kubernetes from a Secret", () => {
    expect(mistakesOver(swarm, {})).to.deep.equal([]);
    const encrypted = { adminToken: { secure: "p.admin" }, trackerToken: { secure: "p.tracker" } };
    expect(mistakesOver({ ...swarm, analytics: { workspaceId, ...encrypted } }, {})).to.deep.equal([]);
    const written = { adminToken: { secure: "v1:of the CLI" } };
    expect(withSecretsMarked("analytics", { adminToken: "p.admin" }, written)).to.deep.equal({
      adminToken: { secure: "p.admin" },
    });
    const stack = parseStackConfig({ ...swarm, analytics: { workspaceId, ...encrypted } });
    expect(refusal(() => refuseEncrypted(stack, "server")))
      .to.contain("analytics.adminToken: put it into a file")
      .and.contain("analytics.trackerToken: put it into a file");
    const clusterSecrets = {
      adminToken: { secretName: "tinybird", key: "admin" },
      trackerToken: { secretName: "tinybird", key: "tracker" },
    };
    const kubernetes = {
      platform: "kubernetes",
      kubernetes: { context: "test" },
      edge: {},
      sites: { blog: { url: "https://blog.example.com" } },
      analytics: { workspaceId, ...clusterSecrets },
    };
    expect(mistakesOver(kubernetes, {})).to.deep.equal([]);
    expect(mistakesOver({ ...swarm, analytics: { workspaceId, ...clusterSecrets } }, {}).join("\n"))
      .to.match(/^analytics\.adminToken\.secretName: .*Name a file/m)
      .and.match(/^analytics\.trackerToken\.secretName: /m);
  });

  it("tells every mistake with its key, all at once", () => {
    const told = mistakesOver(swarm, {
      analytics: { adminToken: file("spaces", "two words"), trackerToken: { file: path.join(directory, "nowhere") } },
      sites: {
        blog: {
          settings: { tinybird__stats__endpoint: "https://elsewhere.example.com" },
          secretSettings: { tinybird__adminToken: file("own", "p.own") },
        },
      },
    });
    expect(told.map((mistake) => mistake.split(": ", 1)[0]).sort()).to.deep.equal([
      "analytics.adminToken",
      "analytics.trackerToken.file",
      "sites.blog.secretSettings.tinybird__adminToken",
      "sites.blog.settings.tinybird__stats__endpoint",
    ]);
    const { analytics: _analytics, ...without } = swarm;
    const settings = { tinybird__stats__endpoint: "https://elsewhere.example.com" };
    expect(mistakesOver(without, { sites: { blog: { settings } } })).to.deep.equal([]);
  });

  it("asks for an address without a path, a workspace, and shows no token that stands there in plain text", () => {
    const told = mistakesOver(swarm, {
      analytics: { endpoint: "https://api.tinybird.co/v0", workspaceId: "mine", trackerToken: "p.in-plain-text" },
    }).join("\n");
    expect(told)
      .to.match(/^analytics\.endpoint: must be .* without a path/m)
      .and.match(/^analytics\.workspaceId: must be the id of a workspace/m)
      .and.match(/^analytics\.trackerToken: must be `file: PATH`/m)
      .and.not.contain("in-plain-text");
  });

  it("takes no admin token for the proxy", () => {
    const same = mistakesOver(swarm, { analytics: { trackerToken: file("again", "p.admin") } });
    expect(same.join()).to.match(/^analytics\.trackerToken: is the same as analytics\.adminToken/);
  });

  it("needs an edge, and a Ghost site that has readers counted", () => {
    const { edge: _edge, ...without } = swarm;
    expect(mistakesOver({ ...without, sites: { blog: { url: "http://localhost" } } }, {}).join()).to.match(
      /^analytics: without effect: the stack has no edge\. Remove the key, or add edge/,
    );
    expect(mistakesOver(swarm, { sites: { blog: { analytics: false } } }).join()).to.match(
      /^analytics: without effect: the stack has no Ghost site whose readers are counted/,
    );
    const { analytics: _analytics, ...plain } = swarm;
    expect(mistakesOver(plain, { sites: { blog: { analytics: false } } }).join()).to.match(
      /^sites\.blog\.analytics: without effect: the stack has no analytics/,
    );
  });

  it("tells of a site whose name is too long for the secret with its token, in a swarm", () => {
    const long = mistakesOver({ ...swarm, sites: { "eighteen-characters": { url: "https://blog.example.com" } } }, {});
    expect(long.join()).to.match(
      /^sites\.eighteen-characters\.analytics: its secret would be called \S+-setting-adminToken /,
    );
  });
});
