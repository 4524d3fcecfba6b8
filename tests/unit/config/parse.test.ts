import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import { UserError } from "../../../errors";

const kubernetes = {
  platform: "kubernetes",
  kubernetes: { context: "test" },
  sites: { blog: { url: "http://a.test" } },
};
const swarm = { platform: "swarm", sites: { blog: { url: "http://localhost:2368" } } };

/** The mistakes a configuration is refused with. */
function mistakes(raw: unknown): string {
  try {
    parseStackConfig(raw);
  } catch (error) {
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("the configuration was accepted");
}

describe("configuration", () => {
  it("A3 fills in defaults, so that a stack file stays short", () => {
    const config = parseStackConfig(swarm);
    expect(config.platform === "swarm" && config.swarm).to.include({
      host: "unix:///var/run/docker.sock",
      endpointMode: "dnsrr",
      publishMode: "host",
    });
    expect(config.retainData).to.equal(true);
    expect(config.mailpit.enabled).to.equal(true);
    expect(config.images.mysql).to.match(/mysql:8\.4/);
  });

  it("A3 names the file and lists every mistake with its key", () => {
    const message = mistakes({
      platform: "nomad",
      mysql: { memory: 5, memry: "1Gi" },
      mailpit: true,
      sites: { Blog: { url: "http://a.test" }, b: { url: "ftp://a.test" } },
      extra: 1,
    });
    expect(message).to.match(/^the stack's configuration has 7 mistakes:/);
    for (const line of [
      'platform: must be kubernetes or swarm (got "nomad")',
      "mysql.memory: must be a size such as 512Mi or 20Gi (got the number 5): memory in Ki, Mi, Gi or Ti",
      "mysql.memry: unknown key. Did you mean memory? Allowed here: topology, replicas, startOrder, maxLag, semiSync, recoverFrom, recoverWithout, installed, memberPlacement, memory,",
      "mailpit: must be a map of keys (got true): enabled, authentication, existingSecret, maxMessages, memory, storage, port, host, ingress, route, placement",
      "sites.Blog: bad name: it must be 1 to 24 lower-case letters",
      "sites.b.url: must be the address readers use",
      "extra: unknown key. Allowed here: platform,",
    ]) {
      expect(message).to.contain(`  - ${line}`);
    }
  });

  const refusals: [what: string, raw: unknown, message: string][] = [
    [
      "a second Ghost of one site",
      { ...swarm, sites: { blog: { url: "http://localhost:2368", replicas: 2 } } },
      "sites.blog.replicas: must be a whole number from 1 to 1 (got the number 2): Ghost supports one running instance",
    ],
    [
      "Kubernetes without a context",
      { platform: "kubernetes", sites: kubernetes.sites },
      "kubernetes.context: missing",
    ],
    [
      "a key of the other platform",
      { ...swarm, kubernetes: { context: "x" } },
      "kubernetes: only for platform kubernetes",
    ],
    [
      "a port on Kubernetes",
      { ...kubernetes, sites: { blog: { url: "http://a.test", port: 1 } } },
      "sites.blog.port: only for platform swarm",
    ],
    [
      "a start-first update with a host port",
      { ...swarm, swarm: { updateOrder: "start-first" } },
      "swarm.updateOrder: must be stop-first with swarm.publishMode host",
    ],
    [
      "a start-first update of what owns its data",
      { ...swarm, swarm: { updateOrder: "start-first", publishMode: "ingress", endpointMode: "vip" } },
      "swarm.updateOrder: must be stop-first.",
    ],
    [
      "the routing mesh without a virtual IP",
      { ...swarm, swarm: { publishMode: "ingress" } },
      "swarm.publishMode: ingress needs swarm.endpointMode vip",
    ],
    [
      "a volume that cannot follow its service",
      { ...swarm, swarm: { singleNode: false } },
      "mysql.placement: a local volume cannot follow its service",
    ],
    [
      "https without a host name",
      { ...kubernetes, sites: { blog: { url: "https://10.0.0.1" } } },
      "sites.blog.url: https needs a host name",
    ],
    [
      "https on localhost",
      { ...kubernetes, sites: { blog: { url: "https://localhost" } } },
      "sites.blog.url: https needs a host name",
    ],
    [
      "TLS in front of a site that makes http links",
      { ...kubernetes, sites: { blog: { url: "http://a.test", ingress: { tlsSecret: "t" } } } },
      "sites.blog.url: must begin with https://",
    ],
    ["no port to publish", { ...swarm, sites: { blog: { url: "http://a.test" } } }, "sites.blog.port: missing"],
    [
      "one port for two",
      { ...swarm, sites: { a: { url: "http://localhost:1" }, b: { url: "http://localhost:2", port: 1 } } },
      "sites.b.port: 1 is taken by sites.a.port",
    ],
    [
      "the inbox's port for a site",
      { ...swarm, sites: { a: { url: "http://localhost:8025" } } },
      "sites.a.port: 8025 is taken by mailpit.port",
    ],
    [
      "one address for two sites",
      { ...kubernetes, sites: { a: { url: "http://a.test/" }, b: { url: "http://a.test" } } },
      "sites.b.url: http://a.test is also the address of sites.a",
    ],
    ["too little memory for MySQL", { ...swarm, mysql: { memory: "256Mi" } }, "mysql.memory: must be 512Mi or more"],
    [
      "too little memory for Ghost",
      { ...swarm, sites: { blog: { url: "http://localhost:2368", memory: "256Mi" } } },
      "sites.blog.memory: must be 384Mi or more",
    ],
    [
      "a root-owned volume under the restricted standard",
      { ...kubernetes, mailpit: { storage: { hostPath: "/srv/mail" } } },
      "kubernetes.podSecurity: must be baseline",
    ],
    [
      "two places for the mail",
      { ...kubernetes, mailpit: { storage: { hostPath: "/m", nfs: { server: "s", path: "/" } } } },
      "mailpit.storage: hostPath and nfs exclude each other",
    ],
    ["an Ingress without a host", { ...kubernetes, mailpit: { ingress: {} } }, "mailpit.host: missing"],
    [
      "an image without tag or digest",
      { ...swarm, images: { ghost: "ghost" } },
      "images.ghost: must name an image with a tag or a digest",
    ],
    [
      "a size without unit",
      { ...swarm, mysql: { storage: { size: "20" } } },
      "mysql.storage.size: must be a size such as 512Mi",
    ],
    ["no site at all", { platform: "swarm", sites: {} }, "sites: must have at least one site"],
    [
      "a namespace that others live in",
      { ...kubernetes, kubernetes: { context: "test", namespace: "default" } },
      "kubernetes.namespace: must be the stack's own",
    ],
    ["nothing", {}, "platform: missing"],
  ];
  for (const [what, raw, message] of refusals) {
    it(`A3 refuses ${what}`, () => {
      expect(mistakes(raw)).to.contain(message);
    });
  }

  it("A3 accepts a volume that can follow: shared storage, or a pinned service", () => {
    const nfs = { driverOptions: { type: "nfs", o: "addr=10.0.0.9,rw", device: ":/srv" } };
    parseStackConfig({
      platform: "swarm",
      swarm: { singleNode: false, placement: ["node.hostname==worker1"] },
      mailpit: { storage: nfs, placement: [] },
      sites: { blog: { url: "http://localhost:2368" } },
    });
  });
});
