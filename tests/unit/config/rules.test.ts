import { expect } from "chai";
import { ghostEnvironment } from "../../../components/ghost/settings";
import { ownMailSettings, ownSettings } from "../../../config/ghost-settings";
import { isImageReference } from "../../../config/values/image-reference";
import { mergeConfig, type RawConfig } from "../../../config/files/machine";
import { isQualifiedName } from "../../../config/values/names";
import { parseStackConfig } from "../../../config/parse";
import { placementMistake } from "../../../config/swarm/placement";

const bases: Record<string, RawConfig> = {
  kubernetes: { platform: "kubernetes", kubernetes: { context: "test" }, sites: { a: { url: "http://a.test" } } },
  swarm: { platform: "swarm", sites: { a: { url: "http://a.test:2368" } } },
};

/** What a stack is refused with that has one thing more. */
function refusal(platform: string, more: RawConfig): string {
  try {
    parseStackConfig(mergeConfig(bases[platform] ?? {}, more));
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

const site = (keys: object) => ({ sites: { a: keys } });

describe("F5 F6 what an engine would refuse", () => {
  const refused: Record<string, Record<string, [more: RawConfig, key: string][]>> = {
    kubernetes: {
      hosts: [
        "http://my_b.test",
        "http://a.test.",
        "http://-a.test",
        "http://a..test",
        `http://${"a".repeat(64)}.test`,
      ].map((url) => [site({ url }), "sites.a.url"]),
      paths: ["/a%2Fb", "/%2e%2e/x", "/a//b", "/../a", "/a;b", "/ü", "/a\\b"].map((path) => [
        site({ url: `http://a.test${path}` }),
        "sites.a.url",
      ]),
      "names of objects": [
        [site({ url: "https://a.test", ingress: { tlsSecret: "Foo_Bar" } }), "sites.a.ingress.tlsSecret"],
        [site({ ingress: { className: "a b" } }), "sites.a.ingress.className"],
        [site({ storage: { storageClass: "A B" } }), "sites.a.storage.storageClass"],
        [{ mysql: { storage: { storageClass: "x_" } } }, "mysql.storage.storageClass"],
        [{ mailpit: { host: "Mail.test", ingress: {} } }, "mailpit.host"],
        [{ mailpit: { storage: { nfs: { server: "a b", path: "/" } } } }, "mailpit.storage.nfs.server"],
        [{ kubernetes: { namespace: "-a" } }, "kubernetes.namespace"],
        [{ kubernetes: { namespace: "A" } }, "kubernetes.namespace"],
        [{ kubernetes: { priorityClass: "a_b" } }, "kubernetes.priorityClass"],
        [{ kubernetes: { context: " " } }, "kubernetes.context"],
      ],
      annotations: ["a b", "-a", "a/b/c", "A.test/x_", "a_b/c", "x".repeat(64), ""].map((name) => [
        site({ ingress: { annotations: { [name]: "x" } } }),
        `sites.a.ingress.annotations.${name}`,
      ]),
      presets: [
        [{ podPresets: [{ name: "p", selector: { matchLabels: { "a b": "c" } } }] }, "matchLabels.a b"],
        [{ podPresets: [{ name: "p", selector: { matchLabels: { a: "b c" } } }] }, "matchLabels.a"],
        [
          { podPresets: [{ name: "p", selector: { matchExpressions: [{ key: "a", operator: "In" }] } }] },
          "matchExpressions.0",
        ],
      ].map(([kubernetes, key]) => [{ kubernetes }, `kubernetes.podPresets.0.selector.${key as string}`]),
      "sizes and counts": [
        [{ mysql: { memory: "99999999999999999999Gi" } }, "mysql.memory"],
        [{ mailpit: { memory: "1Ki" } }, "mailpit.memory"],
        [{ mailpit: { maxMessages: 9e15 } }, "mailpit.maxMessages"],
        [{ mysql: { storage: { size: "1Ki" } } }, "mysql.storage.size"],
        [site({ storage: { size: "9999999Ti" } }), "sites.a.storage.size"],
        [{ mysql: { topology: "replicated", maxLag: 1e9 } }, "mysql.maxLag"],
      ],
      settings: ["1a", "a-b", "a b"].map((name) => [site({ settings: { [name]: "x" } }), `sites.a.settings.${name}`]),
    },
    swarm: {
      images: ["Ghost:6", "ghost", "ghost:", "a//b:1", "ghost:6@sha256:abc", "-a/b:1", `${"a/".repeat(140)}b:1`].map(
        (ghost) => [{ images: { ghost } }, "images.ghost"],
      ),
      placement: [
        "node.hostname",
        "node.color==red",
        "node.role==boss",
        "node.ip==x",
        "node.hostname=a",
        "node.id==ü",
      ].map((constraint) => [site({ placement: [constraint] }), "sites.a.placement.0"]),
      volumes: [
        [site({ storage: { driver: "a b" } }), "sites.a.storage.driver"],
        [site({ storage: { driverOptions: { o: "bind" } } }), "sites.a.storage.driverOptions.o"],
        [site({ storage: { driverOptions: { type: "nfs" } } }), "sites.a.storage.driverOptions.type"],
        [site({ storage: { driverOptions: { server: "x" } } }), "sites.a.storage.driverOptions.server"],
      ],
      files: [
        ["/scripts/x", "its own"],
        ["/run/secrets/ghost/database-password", "its own"],
        ["/proc/x", "its own"],
        ["/etc/hosts", "its own"],
        ["/a/../b", "bad name"],
        ["/a//b", "bad name"],
        ["relative", "bad name"],
      ].map(([target = "", why = ""]) => [
        site({ secrets: { [target]: { file: "package.json" } } }),
        `sites.a.secrets.${target}: ${why === "its own" ? "the container has files of its own" : why}`,
      ]),
      "files at one place": [
        [
          site({ secrets: { "/run/x": { file: "package.json" } }, configs: { "/run/x/y": { file: "package.json" } } }),
          "sites.a.configs./run/x/y: cannot be there together with sites.a.secrets./run/x",
        ],
      ],
      ports: [2377, 7946].map((port) => [site({ port }), "sites.a.port"]),
      counts: [
        [{ wordpress: { w: { url: "http://w.test:1", replicas: 9e15 } } }, "wordpress.w.replicas"],
        [{ shop: { replicas: 101 } }, "shop.replicas"],
      ],
      durations: [
        [{ monitoring: { interval: "3m" } }, "monitoring.interval"],
        [{ monitoring: { retention: "999999999d" } }, "monitoring.retention"],
        [{ monitoring: { retention: "99999999999999999999d" } }, "monitoring.retention"],
        [{ monitoring: { alerts: { to: ["a@b"], repeat: "30d" } } }, "monitoring.alerts.repeat"],
        [{ monitoring: { alerts: { to: ["a@b"], every: "1h", repeat: "5m" } } }, "monitoring.alerts.repeat"],
        [{ monitoring: { alerts: { to: ["a@b"], slow: 11 } } }, "monitoring.alerts.slow"],
      ],
    },
  };
  for (const [platform, kinds] of Object.entries(refused)) {
    for (const [kind, examples] of Object.entries(kinds)) {
      it(`${platform}: ${kind}`, () => {
        for (const [more, key] of examples) {
          expect(refusal(platform, more), JSON.stringify(more)).to.contain(`- ${key}`);
        }
      });
    }
  }

  it("takes what is allowed", () => {
    for (const reference of [
      "ghost:6",
      "docker.io/library/ghost:6.65.0-alpine_1",
      "localhost:5000/a/b__c/d-e.f:1",
      `ghost@sha256:${"a".repeat(64)}`,
      `[::1]:5000/ghost:6@sha256:${"a".repeat(64)}`,
    ]) {
      expect(isImageReference(reference), reference).to.equal(true);
    }
    for (const constraint of [
      "node.hostname==a",
      "node.labels.zone != b c",
      "node.ip==10.0.0.0/8",
      "engine.labels.x==1",
    ]) {
      expect(placementMistake(constraint), constraint).to.equal(undefined);
    }
    for (const name of ["a", "example.com/a_b.C", "traefik.ingress.kubernetes.io/router.middlewares"]) {
      expect(isQualifiedName(name), name).to.equal(true);
    }
    for (const url of [
      "http://A.test/News",
      "http://bücher.test",
      "https://a.test:8443/x_y/z~",
      "HTTP://10.0.0.1",
      "http://[::1]:80",
    ]) {
      expect(refusal("kubernetes", site({ url })), url).to.equal("accepted");
    }
  });

  it("refuses two at one host and path, however they are written", () => {
    const same: [string, string][] = [
      ["http://a.test", "https://A.test/"],
      ["http://a.test:80/x", "http://a.test/x/"],
      ["http://bücher.test", "http://xn--bcher-kva.test"],
    ];
    for (const [a, b] of same) {
      expect(refusal("kubernetes", { sites: { a: { url: a }, b: { url: b } } })).to.contain(
        `- sites.b.url: ${b} is also the address of sites.a`,
      );
    }
    expect(refusal("kubernetes", { mailpit: { host: "a.test", ingress: {} } })).to.contain(
      "- mailpit.host: http://a.test is also the address of sites.a",
    );
    expect(refusal("kubernetes", { sites: { b: { url: "http://a.test/x" } } })).to.equal("accepted");
  });
});

describe("H8 the path of a WordPress site", () => {
  for (const path of [
    "/wp-admin",
    "/wp-content/x",
    "/index.php",
    "/.well-known",
    "/server-status",
    "/nginx-health/x",
  ]) {
    it(`cannot be ${path}, where something else is`, () => {
      const url = `http://w.test:1${path}`;
      expect(refusal("swarm", { wordpress: { w: { url } } })).to.contain("wordpress.w.url: its path cannot begin with");
    });
  }
  it("is any other", () => {
    expect(refusal("swarm", { wordpress: { w: { url: "http://w.test:1/news/wp-blog" } } })).to.equal("accepted");
  });
});

describe("F3 K3 keys without effect", () => {
  const idle: [platform: string, more: RawConfig, key: string][] = [
    [
      "swarm",
      { wordpress: { w: { url: "http://w.test:1", storage: { storageClass: "x" } } } },
      "wordpress.w.storage.storageClass: unknown key",
    ],
    ["swarm", { shop: { storage: { size: "1Gi" } } }, "shop.storage.size: unknown key"],
    ["swarm", { mysql: { storage: { size: "9Gi" } } }, "mysql.storage.size: only for platform kubernetes"],
    ["swarm", { images: { busybox: "busybox:1" } }, "images.busybox: only for platform kubernetes"],
    ["swarm", site({ logForwarder: {} }), "sites.a.logForwarder: only for platform kubernetes"],
    ["swarm", { mailpit: { enabled: false, port: 1 } }, "mailpit.port: without effect: mailpit.enabled is false"],
    ["swarm", { mailpit: { enabled: false }, ...site({ mailFrom: "a@b" }) }, "sites.a.mailFrom: without effect"],
    [
      "swarm",
      { monitoring: { dashboards: false, port: 1 } },
      "monitoring.port: without effect: monitoring.dashboards is false",
    ],
    ["swarm", { sites: undefined, shop: {}, mysql: { memory: "1Gi" } }, "mysql: without effect: the stack has no site"],
    ["swarm", { mysql: { replicaPlacement: [] } }, "mysql.replicaPlacement: without effect: mysql.topology is single"],
    ["kubernetes", { mailpit: { port: 8025 } }, "mailpit.port: only for platform swarm"],
    ["kubernetes", { mailpit: { storage: { shared: false } } }, "mailpit.storage.shared: only for platform swarm"],
    ["kubernetes", { images: { nginx: "nginx:1" } }, "images.nginx: only for platform swarm"],
    ["kubernetes", { mysql: { semiSync: true } }, "mysql.semiSync: without effect: mysql.topology is single"],
    [
      "kubernetes",
      site({ logForwarder: { enabled: false, url: "http://l" } }),
      "sites.a.logForwarder.url: without effect",
    ],
  ];
  for (const [platform, more, message] of idle) {
    it(`are refused: ${message}`, () => expect(refusal(platform, more)).to.contain(`- ${message}`));
  }
});

describe("F1 the settings of Ghost that are this program's own", () => {
  it("are all that it makes: its list and its container agree", () => {
    const database = { host: "h", port: 1, username: "u", database: "d", authority: { ca: "root" } };
    const login = { username: "u", password: "p" };
    const made = (encryption: "starttls" | "tls") =>
      Object.keys(ghostEnvironment({ url: "http://a.test" }, database, { host: "h", port: 1, encryption, login }));
    expect([...ownSettings, ...ownMailSettings]).to.have.members([...new Set([...made("starttls"), ...made("tls")])]);
  });
});
