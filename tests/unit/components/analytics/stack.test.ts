import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { mergeConfig, type RawConfig } from "../../../../config/files/machine";
import { parseStackConfig } from "../../../../config/parse";
import type { StackConfig, SwarmStackConfig } from "../../../../config/schema";
import { publishedAddresses } from "../../../../deploy/wait/published-addresses";
import { watchedPages } from "../../../../stacks/apps";
import { neededImages } from "../../../../stacks/images";
import { container, manifestsOf, object, podSpecs } from "../../../support/kubernetes";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";
import { temporaryDirectory } from "../../../support/temporary-directory";

const workspaceId = "123e4567-e89b-42d3-a456-426614174000";
const adminToken = "p.admin-7d1f";
const trackerToken = "p.tracker-93ac";
const endpoint = "https://api.us-east.tinybird.co";

const fileOf = (content: string) => {
  const file = path.join(temporaryDirectory(), "token");
  fs.writeFileSync(file, `${content}\n`);
  return { file };
};
const sites = {
  blog: { url: "https://blog.example.com", adminUrl: "https://admin.example.com" },
  news: { url: "https://blog.example.com/news" },
  quiet: { url: "https://quiet.example.com", analytics: false },
};
const common = () => ({
  analytics: { endpoint, workspaceId, adminToken: fileOf(adminToken), trackerToken: fileOf(trackerToken) },
  sites,
});
const onSwarm = (over: RawConfig = {}): RawConfig =>
  mergeConfig({ platform: "swarm", edge: { email: "me@example.com" }, ...common() }, over);
const onKubernetes = (over: RawConfig = {}): RawConfig => {
  const { adminUrl: _adminUrl, ...blog } = sites.blog;
  return mergeConfig({ edge: {}, ...common(), sites: { ...sites, blog } }, over);
};
const settingsOf = (url: string) => ({
  tinybird__workspaceId: workspaceId,
  tinybird__tracker__endpoint: `${url}/.ghost/analytics/api/v1/page_hit`,
  tinybird__tracker__datasource: "analytics_events",
  tinybird__stats__endpoint: endpoint,
  tinybird__adminToken_FILE: "/run/secrets/ghost-settings/tinybird__adminToken",
});

describe("E4 web analytics in a stack", function () {
  this.timeout(30_000);

  it("tells each site where its page hits go and whose figures it shows, and one that is not counted nothing", async () => {
    const { resources } = await declared(onSwarm());
    const env = (name: string) => service(resources, name).container.env ?? {};
    expect(env("ghost-blog")).to.include(settingsOf("https://blog.example.com"));
    expect(env("ghost-news")).to.include(settingsOf("https://blog.example.com/news"));
    expect(Object.keys(env("ghost-quiet")).filter((name) => name.startsWith("tinybird"))).to.deep.equal([]);
    const pods = podSpecs(await manifestsOf(onKubernetes()));
    const ghost = pods["ghost-news"] && container(pods["ghost-news"], "ghost");
    expect(ghost?.env).to.deep.include.members(
      Object.entries(settingsOf("https://blog.example.com/news")).map(([name, value]) => ({ name, value })),
    );
  });

  it("has each token in a secret of its own, in nothing else, and in no container but the one that needs it", async () => {
    const { resources } = await declared(onSwarm());
    const secrets = (name: string) =>
      (service(resources, name).container.secrets ?? []).map(({ secretName }) => secretName);
    const holding = (token: string) => ofKind(resources, "Secret").filter((one) => contentOf(one) === token);
    expect(holding(adminToken).map(({ name }) => name.replace(/-[^-]+$/, ""))).to.have.members(
      ["ghost-blog-setting-tinybird__adminToken", "ghost-news-setting-tinybird__adminToken"].map((name) =>
        name.replace("tinybird__", ""),
      ),
    );
    expect(holding(trackerToken).map(({ name }) => name.replace(/-[^-]+$/, ""))).to.deep.equal([
      "analytics-tracker-token",
    ]);
    expect(secrets("analytics").join()).to.match(/^ghost-test_analytics-tracker-token-\w+$/);
    expect(secrets("ghost-blog").join()).to.not.contain("tracker-token");
    const others = resources.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).to.not.contain(adminToken).and.not.contain(trackerToken);

    const manifests = await manifestsOf(onKubernetes());
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const having = (token: string) =>
      manifests
        .filter((manifest) => JSON.stringify(manifest).includes(base64(token)))
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(having(trackerToken).join()).to.match(/^Secret analytics-token-\w+$/);
    expect(having(adminToken).map((name) => name.replace(/-\w+$/, ""))).to.have.members([
      "Secret ghost-blog-settings",
      "Secret ghost-news-settings",
    ]);
    expect(JSON.stringify(manifests)).to.not.contain(adminToken).and.not.contain(trackerToken);
  });

  it("mounts the Secret that somebody else fills", async () => {
    const tokens = {
      adminToken: { secretName: "tinybird", key: "admin" },
      trackerToken: { secretName: "tinybird", key: "tracker" },
    };
    const pods = podSpecs(await manifestsOf({ ...onKubernetes(), analytics: { workspaceId, ...tokens } }));
    const sources = (pod: string, volume: string) =>
      pods[pod]?.volumes.find(({ name }) => name === volume)?.projected.sources;
    expect(sources("analytics", "token")).to.deep.equal([
      { secret: { name: "tinybird", items: [{ key: "tracker", path: "tracker-token" }] } },
    ]);
    expect(sources("ghost-blog", "settings")).to.deep.equal([
      { secret: { name: "tinybird", items: [{ key: "admin", path: "tinybird__adminToken" }] } },
    ]);
  });

  it("runs the makers' proxy without rights, and with nothing that it could write to", async () => {
    const { resources } = await declared(onSwarm());
    const { container: task, inputs, networksAdvanceds } = service(resources, "analytics");
    expect(task).to.deep.include({ readOnly: true, user: "1000:1000", capDrops: ["ALL"], mounts: [] });
    expect(task.image).to.equal(parsed(onSwarm()).images.trafficAnalytics);
    expect(networksAdvanceds).to.have.length(1);
    expect(inputs.endpointSpec.ports ?? []).to.deep.equal([]);
    expect(task.env).to.include({ PROXY_TARGET: `${endpoint}/v0/events`, SALT_STORE_TYPE: "memory" });

    const { analytics } = podSpecs(await manifestsOf(onKubernetes()));
    const proxy = analytics && container(analytics, "proxy");
    expect(analytics?.securityContext).to.include({ runAsNonRoot: true, runAsUser: 1000 });
    expect(proxy?.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(proxy?.volumeMounts.every(({ readOnly }) => readOnly)).to.equal(true);
    expect(proxy?.resources).to.deep.equal({ requests: { cpu: "20m", memory: "256Mi" }, limits: { memory: "384Mi" } });
  });

  it("hands page hits of each counted site to it, without cookies and logins, and no more than 64 KB", async () => {
    const { resources } = await declared(onSwarm());
    const [caddy] = ofKind(resources, "ServiceConfig").filter(({ name }) => name.startsWith("edge-Caddyfile"));
    if (!caddy) {
      throw new Error("the edge has no configuration");
    }
    const swarmFile = contentOf(caddy);
    const data = object(await manifestsOf(onKubernetes()), "ConfigMap", "edge")["data"] as Record<string, string>;
    for (const [text, upstream] of [
      [swarmFile, "analytics:3000"],
      [data["Caddyfile"] ?? "", "analytics:80"],
    ] as const) {
      const routes = [...text.matchAll(/@analytics\d+ path (\S+)\n\s+handle @analytics\d+ \{([\s\S]*?)\n\t\t\}/g)];
      expect(routes.map(([, taken]) => taken)).to.deep.equal(["/news/.ghost/analytics/*", "/.ghost/analytics/*"]);
      for (const [, taken = "", steps = ""] of routes) {
        expect(steps)
          .to.contain("max_size 65536")
          .and.contain(`uri strip_prefix ${taken.slice(0, -2)}\n`)
          .and.contain(`reverse_proxy http://${upstream} {`)
          .and.contain("header_up -Cookie")
          .and.contain("header_up -Authorization");
      }
      // Before the site itself, which would take them, too.
      expect(text.lastIndexOf("@analytics")).to.be.lessThan(text.indexOf("reverse_proxy http://ghost-news"));
    }
    expect(swarmFile.slice(swarmFile.indexOf("https://admin.example.com {")).split("\n}", 1)[0]).to.not.contain(
      "analytics",
    );
  });

  it("is reached by the edge alone on Kubernetes, and reaches Tinybird and names", async () => {
    const manifests = await manifestsOf(onKubernetes());
    const policy = object(manifests, "NetworkPolicy", "analytics")["spec"] as {
      ingress: object[];
      egress: { ports?: { port: number }[] }[];
    };
    expect(policy.ingress).to.deep.equal([
      {
        ports: [{ port: 3000 }],
        from: [{ podSelector: { matchLabels: object(manifests, "Deployment", "edge").metadata["labels"] } }],
      },
    ]);
    expect(policy.egress.flatMap(({ ports = [] }) => ports.map(({ port }) => port))).to.deep.equal([
      53, 53, 53, 53, 443,
    ]);
    const edge = object(manifests, "NetworkPolicy", "edge")["spec"] as { egress: object[] };
    expect(edge.egress).to.deep.include({
      ports: [{ port: 3000 }],
      to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "analytics" } } }],
    });
  });

  it("is known to the tools: its image, the way to it, and what watches it", () => {
    const config = parsed(onSwarm());
    expect(neededImages(config).map(({ name }) => name)).to.include("trafficAnalytics");
    const asked = publishedAddresses(config as SwarmStackConfig).filter(({ app }) => app === "analytics");
    expect(
      asked.map(({ request, secure, what }) => [what, request.headers["Host"], request.path, secure]),
    ).to.deep.equal([
      ["web analytics of site blog", "blog.example.com", "/.ghost/analytics/", true],
      ["web analytics of site news", "blog.example.com", "/news/.ghost/analytics/", true],
    ]);
    expect(watchedPages(config).services.map(({ app }) => app)).to.include("analytics");
    const { analytics: _analytics, ...without } = onSwarm({ sites: { quiet: { analytics: true } } });
    expect(neededImages(parsed({ ...without, sites: { blog: sites.blog } })).map(({ name }) => name)).to.not.include(
      "trafficAnalytics",
    );
  });
});

function parsed(raw: RawConfig): StackConfig {
  return parseStackConfig(raw, "test");
}
