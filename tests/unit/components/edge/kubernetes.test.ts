import { expect } from "chai";
import { mergeConfig, type RawConfig } from "../../../../config/files/machine";
import { parseStackConfig } from "../../../../config/parse";
import type { KubernetesStackConfig } from "../../../../config/schema";
import { kubernetesSummary } from "../../../../deploy/summary";
import { KubernetesCluster } from "../../../../engines/kubernetes-cluster";
import type { Manifest } from "../../../../render/kubernetes";
import { neededImages } from "../../../../stacks/images";
import { configurationHash, container, manifestsOf, object, podSpecs } from "../../../support/kubernetes";

const raw: RawConfig = {
  edge: {},
  sites: {
    blog: { url: "https://blog.example.com", aliases: ["www.blog.example.com"], ingress: { className: "nginx" } },
    news: { url: "https://blog.example.com/news", route: { parentRefs: [{ name: "web" }] } },
  },
};
const withEdge = (over: RawConfig = {}) => manifestsOf(mergeConfig(raw, over));
const fileOf = (manifests: readonly Manifest[]) =>
  (object(manifests, "ConfigMap", "edge")["data"] as Record<string, string>)["Caddyfile"] ?? "";
const specOf = (manifests: readonly Manifest[], kind: string, name: string) => object(manifests, kind, name)["spec"];

describe("E5 an edge in a stack on Kubernetes", function () {
  this.timeout(30_000);

  it("is none where nobody asks for it", async () => {
    const manifests = await manifestsOf({ sites: { blog: { url: "https://blog.example.com", ingress: {} } } });
    expect(manifests.filter(({ metadata }) => metadata.name === "edge")).to.deep.equal([]);
    expect(JSON.stringify(object(manifests, "Ingress", "ghost-blog"))).to.contain('"name":"ghost-blog","port"');
  });

  it("is where every Ingress and route leads, and alone reaches the sites", async () => {
    const manifests = await withEdge();
    const { rules } = specOf(manifests, "Ingress", "ghost-blog") as {
      rules: { host: string; http: { paths: { backend: unknown }[] } }[];
    };
    expect(rules.map(({ host }) => host)).to.deep.equal(["blog.example.com", "www.blog.example.com"]);
    expect(rules.flatMap(({ http }) => http.paths.map(({ backend }) => backend))).to.deep.equal(
      rules.map(() => ({ service: { name: "edge", port: { number: 80 } } })),
    );
    const route = specOf(manifests, "HTTPRoute", "ghost-news") as { rules: { backendRefs: unknown[] }[] };
    expect(route.rules[0]?.backendRefs).to.deep.equal([{ name: "edge", port: 80 }]);
    const policy = specOf(manifests, "NetworkPolicy", "ghost-blog") as {
      ingress: { from: { podSelector: { matchLabels: object } }[] }[];
    };
    expect(policy.ingress.flatMap(({ from }) => from.map(({ podSelector }) => podSelector.matchLabels))).to.deep.equal([
      object(manifests, "Deployment", "edge").metadata["labels"],
    ]);
    const images = neededImages(parseStackConfig(mergeConfig({ ...smallest, platform: "kubernetes" }, raw)));
    expect(images.map(({ name }) => name)).to.include("caddy");
  });

  it("is two pods without rights, of which one is replaced after the other", async () => {
    const manifests = await withEdge();
    const { replicas, strategy } = specOf(manifests, "Deployment", "edge") as { replicas: number; strategy: object };
    expect(replicas).to.equal(2);
    expect(strategy).to.deep.equal({ type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    expect(specOf(manifests, "PodDisruptionBudget", "edge")).to.include({ maxUnavailable: 1 });
    const { edge } = podSpecs(manifests);
    const caddy = edge && container(edge, "caddy");
    expect(edge?.securityContext).to.include({ runAsNonRoot: true, runAsUser: 65532 });
    expect(caddy?.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
    });
    expect(caddy?.ports).to.deep.equal([{ name: "http", containerPort: 8080 }]);
  });

  it("gives who waits the time to wait when it is told to stop, and takes requests until everybody knows that it goes", async () => {
    for (const [wait, seconds] of [
      ["90s", 90],
      ["5m", 300],
    ] as const) {
      const manifests = await withEdge({ edge: { wait } });
      const [, leave] = /shutdown_delay (\d+)s/.exec(fileOf(manifests)) ?? [];
      expect(Number(leave)).to.be.at.least(5);
      expect(fileOf(manifests)).to.contain(`lb_try_duration ${seconds}s`).and.contain(`grace_period ${seconds}s`);
      expect(podSpecs(manifests)["edge"]?.terminationGracePeriodSeconds).to.be.greaterThan(Number(leave) + seconds);
    }
  });

  it("replaces its pods when its sites change, and for nothing else", async () => {
    const hash = async (over: RawConfig) => configurationHash(await withEdge(over), "Deployment", "edge");
    expect(await hash({ mysql: { memory: "3Gi" } })).to.equal(await hash({}));
    expect(await hash({ sites: { more: { url: "http://more.example.com" } } })).to.not.equal(await hash({}));
  });

  it("speaks http with who stands in front, and says to sites what they need to know of their readers", async () => {
    const text = fileOf(await withEdge({ edge: { trustedProxies: ["10.42.0.0/16"] } }));
    expect(text)
      .to.contain("auto_https off")
      .and.not.match(/^https:/m)
      .and.not.contain("Strict-Transport-Security");
    expect(text).to.contain("trusted_proxies static 10.42.0.0/16").and.contain("trusted_proxies_strict");
    expect(text)
      .to.contain("header_up X-Forwarded-For {client_ip}")
      .and.contain("header_up X-Forwarded-Host {http.request.hostport}")
      .and.contain("header_up X-Forwarded-Proto https");
    expect(text).to.match(/^http:\/\/blog\.example\.com \{[^]*reverse_proxy http:\/\/ghost-news:80/m);
    expect(text).to.match(
      /^http:\/\/www\.blog\.example\.com \{[^}]*\}\s+redir https:\/\/blog\.example\.com\{uri\} 308/m,
    );
    const plain = await manifestsOf({ edge: {} });
    expect(fileOf(plain)).to.contain("header_up X-Forwarded-Proto http\n").and.not.contain("@plain");
  });

  it("E4 hands ActivityPub to its server, which its network policy lets it reach", async () => {
    const site = (activityPub?: string) => ({ blog: { url: "https://blog.example.com", activityPub } });
    const servers = async (stack: RawConfig) =>
      [...fileOf(await manifestsOf(stack)).matchAll(/reverse_proxy (\S+activitypub\S*|\S+ap\.ghost\.org)/g)].map(
        ([, server]) => server,
      );
    expect(await servers(raw)).to.deep.equal(["https://ap.ghost.org"]);
    expect(await servers({ edge: {}, sites: site() }), "published by nobody").to.deep.equal([]);
    const own = await manifestsOf({ edge: {}, sites: site("http://activitypub.fediverse:8080") });
    expect(fileOf(own)).to.contain("reverse_proxy http://activitypub.fediverse:8080");
    const { egress } = specOf(own, "NetworkPolicy", "edge") as {
      egress: { ports?: { port: number }[]; to: object[] }[];
    };
    expect(egress.map(({ ports }) => ports?.map(({ port }) => port))).to.deep.include.members([[2368], [8080]]);
    const hosted = (
      specOf(await withEdge(), "NetworkPolicy", "edge") as { egress: { ports?: { port: number }[]; to: object[] }[] }
    ).egress.find(({ ports }) => ports?.[0]?.port === 443);
    expect(JSON.stringify(hosted?.to)).to.contain('"10.0.0.0/8"');
  });

  it("takes requests from the controller's namespace and its own, where that is known", async () => {
    const { ingress } = specOf(
      await withEdge({ kubernetes: { ingressNamespace: "ingress-nginx" } }),
      "NetworkPolicy",
      "edge",
    ) as { ingress: { from?: object[] }[] };
    expect(ingress.map(({ from }) => from)).to.deep.equal([
      [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } }],
      [{ podSelector: { matchLabels: {} } }],
    ]);
  });

  it("is where the monitoring asks, and where a port is forwarded to", async () => {
    const stack = { edge: {}, sites: { blog: { url: "http://localhost:2368" } }, mailpit: { enabled: false } };
    const manifests = await manifestsOf({ ...stack, monitoring: { dashboards: false } });
    const prometheus = JSON.stringify(manifests.filter(({ kind }) => kind === "ConfigMap"));
    expect(prometheus).to.contain("http://edge/ghost/api/admin/").and.not.contain("http://ghost-blog/");
    const config = parseStackConfig(
      mergeConfig({ ...smallest, platform: "kubernetes" }, stack),
    ) as KubernetesStackConfig;
    const cluster = new KubernetesCluster({ context: "test" }, "ghost-test");
    expect(kubernetesSummary("test", config, cluster).join("\n")).to.match(/port-forward service\/edge 2368:80/);
  });

  it("runs where its own words say", async () => {
    const { edge } = podSpecs(await withEdge({ edge: { pod: { nodeSelector: { role: "front" } }, memory: "128Mi" } }));
    expect(edge?.nodeSelector).to.deep.equal({ role: "front" });
    expect(edge && container(edge, "caddy").resources?.limits).to.deep.equal({ memory: "128Mi" });
    expect(edge?.topologySpreadConstraints).to.have.length(1);
  });
});

const smallest: RawConfig = { kubernetes: { context: "test" } };
