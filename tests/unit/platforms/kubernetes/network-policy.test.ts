import { BlockList, isIP } from "node:net";
import type { types } from "@pulumi/kubernetes";
import { expect } from "chai";
import type { Manifest } from "../../../../render/kubernetes";
import { manifestsOf } from "../../../support/kubernetes";

type Labels = Record<string, string>;
type Spec = types.output.networking.v1.NetworkPolicySpec;
type Rule = Partial<
  types.output.networking.v1.NetworkPolicyIngressRule & types.output.networking.v1.NetworkPolicyEgressRule
>;
type Block = types.output.networking.v1.IPBlock;

/** The other end of a connection: a pod, of the stack's namespace unless it says another, or an address outside pods. */
type End = { labels: Labels; namespace?: string } | { address: string };

const own = "ghost-test";
const stranger = { labels: { app: "stranger" } };
const elsewhere = { labels: { app: "stranger" }, namespace: "others" };
const dns = { labels: { "k8s-app": "kube-dns" }, namespace: "kube-system" };
const at = (address: string): End => ({ address });

/** What a network that carries out NetworkPolicies would do with the pods of a stack. */
class Network {
  constructor(private readonly manifests: readonly Manifest[]) {}

  /** A workload's pods. */
  pods(name: string) {
    const workload = this.manifests.find(
      ({ kind, metadata }) => ["Deployment", "StatefulSet"].includes(kind) && metadata.name === name,
    );
    const spec = workload?.["spec"] as { template: { metadata: { labels: Labels } } } | undefined;
    return { labels: spec?.template.metadata.labels ?? expect.fail(`there is no workload ${name}`) };
  }

  /** Whether one end may connect to the other. */
  lets(from: End, to: End, port: number, protocol: "TCP" | "UDP" = "TCP"): boolean {
    return this.admits("Egress", from, to, port, protocol) && this.admits("Ingress", to, from, port, protocol);
  }

  private admits(type: "Ingress" | "Egress", end: End, other: End, port: number, protocol: string): boolean {
    if ("address" in end || (end.namespace ?? own) !== own) {
      return true;
    }
    const policies = this.manifests
      .filter(({ kind }) => kind === "NetworkPolicy")
      .map((manifest) => manifest["spec"] as Spec)
      .filter(
        ({ podSelector, policyTypes }) => matches(podSelector.matchLabels, end.labels) && policyTypes.includes(type),
      );
    const rules = policies.flatMap((policy): Rule[] => (type === "Ingress" ? policy.ingress : policy.egress));
    return (
      policies.length === 0 ||
      rules.some(({ from, ports, to }) => {
        const peers = from ?? to;
        return (
          (ports?.some(
            (rule) => (rule.port as unknown) === port && ((rule.protocol as string | undefined) ?? "TCP") === protocol,
          ) ??
            true) &&
          (peers?.some((peer) => isPeer(peer, other)) ?? true)
        );
      })
    );
  }
}

function isPeer(
  { ipBlock, namespaceSelector, podSelector }: Partial<types.output.networking.v1.NetworkPolicyPeer>,
  end: End,
): boolean {
  if ("address" in end) {
    return ipBlock !== undefined && holds(ipBlock, end.address);
  }
  const namespace = end.namespace ?? own;
  return (
    (ipBlock as unknown) === undefined &&
    (namespaceSelector
      ? matches(namespaceSelector.matchLabels, { "kubernetes.io/metadata.name": namespace })
      : namespace === own) &&
    (!podSelector || matches(podSelector.matchLabels, end.labels))
  );
}

function holds({ cidr, except }: Partial<Block>, address: string): boolean {
  const inside = (network: string) => {
    const [first = "", prefix = ""] = network.split("/");
    const list = new BlockList();
    const type = isIP(first) === 4 ? "ipv4" : "ipv6";
    list.addSubnet(first, Number(prefix), type);
    return isIP(first) === isIP(address) && list.check(address, type);
  };
  return inside(cidr ?? "") && !(except ?? []).some(inside);
}

function matches(selector: Labels | undefined, labels: Labels): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

describe("connections between pods", () => {
  it("K2 what watches reaches what it watches, and nobody but Grafana reaches it", async () => {
    const network = new Network(
      await manifestsOf({ monitoring: { alerts: { to: ["owner@example.com"] } }, backup: { schedule: "daily" } }),
    );
    const [watching, grafana, ghost] = ["monitoring", "monitoring-grafana", "ghost-blog"].map((name) =>
      network.pods(name),
    ) as [End, End, End];
    for (const [app, port] of [
      ["mysql", 3306],
      ["mailpit", 1025],
      ["mailpit", 8025],
      ["ghost-blog", 2368],
    ] as const) {
      expect(network.lets(watching, network.pods(app), port), `${app}:${port}`).to.equal(true);
    }
    expect(network.lets(watching, at("10.96.0.1"), 6443), "the cluster's API").to.equal(true);
    expect(network.lets(watching, at("203.0.113.7"), 80), "the internet").to.equal(false);
    for (const port of [9090, 9093, 9104, 9115, 9116]) {
      expect(network.lets(ghost, watching, port), `a site to ${port}`).to.equal(false);
      expect(network.lets(elsewhere, watching, port), `a stranger to ${port}`).to.equal(false);
      expect(network.lets(grafana, watching, port), `Grafana to ${port}`).to.equal(port === 9090);
    }
    expect(network.lets(grafana, network.pods("mysql"), 3306)).to.equal(false);
    expect(network.lets(stranger, grafana, 3000)).to.equal(false);
  });

  it("G8 sites reach the database and the inbox; nobody else does, unless labelled", async () => {
    const network = new Network(await manifestsOf());
    const [ghost, mysql, mailpit] = ["ghost-blog", "mysql", "mailpit"].map((name) => network.pods(name));
    if (!ghost || !mysql || !mailpit) {
      throw new Error("a workload is missing");
    }
    for (const [pods, app, port] of [
      [mysql, "mysql", 3306],
      [mailpit, "mailpit", 1025],
    ] as const) {
      expect(network.lets(ghost, pods, port), `Ghost to ${app}`).to.equal(true);
      expect(network.lets(stranger, pods, port), `a stranger to ${app}`).to.equal(false);
      const client = { labels: { ...stranger.labels, [`ghost-platform/${app}-client`]: "true" } };
      expect(network.lets(client, pods, port), `a client to ${app}`).to.equal(true);
      expect(network.lets(client, pods, 22), `a client to another port of ${app}`).to.equal(false);
    }
    expect(network.lets(ghost, mailpit, 8025), "a site that reads mail").to.equal(false);
    expect(network.lets(stranger, ghost, 2368)).to.equal(true);
    expect(network.lets(stranger, ghost, 22)).to.equal(false);
  });

  it("J5 A6 an app that is no part of this program reaches its database and names, and opens nobody else's pods", async () => {
    const settings = { port: 8090 };
    const network = new Network(
      await manifestsOf({ apps: { guestbook: { module: "./tests/apps/guestbook/app.ts", settings } }, monitoring: {} }),
    );
    const [app, mysql] = [network.pods("app-guestbook"), network.pods("mysql")];
    expect(network.lets(app, mysql, 3306)).to.equal(true);
    expect(network.lets(app, dns, 53, "UDP")).to.equal(true);
    expect(network.lets(network.pods("monitoring"), app, 8080)).to.equal(true);
    expect(network.lets(elsewhere, app, 8080), "whoever reads it").to.equal(true);
    for (const [other, port] of [
      ["mailpit", 1025],
      ["mailpit", 8025],
      ["ghost-blog", 2368],
      ["mysql", 33060],
      ["app-guestbook", 22],
    ] as const) {
      expect(network.lets(app, network.pods(other), port), `${other} ${port}`).to.equal(false);
    }
    for (const address of ["203.0.113.7", "10.0.0.1", "169.254.169.254"]) {
      expect(network.lets(app, at(address), 443), address).to.equal(false);
    }
    expect(network.lets(stranger, mysql, 3306)).to.equal(false);
  });

  it("J5 the database asks the cluster's name service and nobody else; the inbox reaches nobody at all", async () => {
    const network = new Network(await manifestsOf());
    for (const protocol of ["TCP", "UDP"] as const) {
      expect(network.lets(network.pods("mysql"), dns, 53, protocol)).to.equal(true);
      expect(network.lets(network.pods("mysql"), at("169.254.20.10"), 53, protocol), "NodeLocal DNSCache").to.equal(
        true,
      );
      expect(network.lets(network.pods("mailpit"), dns, 53, protocol)).to.equal(false);
    }
    const others = [stranger, elsewhere, { ...dns, namespace: "others" }, { ...stranger, namespace: "kube-system" }];
    for (const app of ["mysql", "mailpit"]) {
      for (const end of [...others, ...["1.1.1.1", "10.0.0.1", "169.254.169.254", "2606:4700::1111"].map(at)]) {
        for (const port of [53, 443, 3306]) {
          expect(network.lets(network.pods(app), end, port), `${app} to ${JSON.stringify(end)} ${port}`).to.equal(
            false,
          );
        }
      }
    }
  });

  it("J5 a name service that is another is told by the configuration", async () => {
    const nameService = {
      namespace: "openshift-dns",
      labels: { "dns.operator.openshift.io/daemonset-dns": "default" },
      port: 5353,
      addresses: ["10.96.0.10", "fd00::a"],
    };
    const network = new Network(await manifestsOf({ kubernetes: { nameService } }));
    for (const app of ["mysql", "ghost-blog"]) {
      const pods = network.pods(app);
      expect(network.lets(pods, { labels: nameService.labels, namespace: "openshift-dns" }, 5353, "UDP")).to.equal(
        true,
      );
      expect(network.lets(pods, at("10.96.0.10"), 53, "UDP")).to.equal(true);
      expect(network.lets(pods, at("fd00::a"), 53, "UDP")).to.equal(true);
      expect(network.lets(pods, dns, 53, "UDP")).to.equal(false);
      expect(network.lets(pods, at("169.254.20.10"), 53, "UDP")).to.equal(false);
    }
  });

  const metadata = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "fe80::1",
    "fd00:ec2::254",
    "64:ff9b::a9fe:a9fe",
  ];

  it("J5 a site reaches the internet, and neither the rights of its machine nor what is private", async () => {
    const network = new Network(
      await manifestsOf({
        kubernetes: { ingressNamespace: "ingress-nginx" },
        sites: { blog: { url: "https://blog.test", ingress: {} } },
      }),
    );
    const site = network.pods("ghost-blog");
    for (const address of ["1.1.1.1", "172.32.0.1", "192.167.0.1", "2606:4700::1111", "64:ff9b::101:101"]) {
      expect(network.lets(site, at(address), 443), address).to.equal(true);
    }
    const closed = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "64:ff9b::a00:1", ...metadata];
    for (const address of closed) {
      for (const port of [53, 80, 443, 6443, 10250]) {
        expect(network.lets(site, at(address), port), `${address} ${port}`).to.equal(false);
      }
    }
    expect(network.lets(site, elsewhere, 443)).to.equal(false);
    expect(network.lets(site, stranger, 6379)).to.equal(false);
    expect(network.lets(site, { ...stranger, namespace: "ingress-nginx" }, 8443), "its own address").to.equal(true);
  });

  it("J5 a site reaches its own address wherever its controller runs, for posts that are due, and never the rights of its machine", async () => {
    const network = new Network(await manifestsOf({ sites: { blog: { url: "https://blog.test:8444", ingress: {} } } }));
    const site = network.pods("ghost-blog");
    for (const end of [elsewhere, at("10.0.0.1"), at("192.168.1.1"), at("fd12::1")]) {
      for (const port of [80, 443, 8443, 8444]) {
        expect(network.lets(site, end, port), JSON.stringify(end)).to.equal(true);
      }
      expect(network.lets(site, end, 5432), JSON.stringify(end)).to.equal(false);
      expect(network.lets(site, end, 6443), JSON.stringify(end)).to.equal(false);
    }
    for (const address of metadata) {
      expect(network.lets(site, at(address), 80), address).to.equal(false);
    }
    const local = new Network(await manifestsOf({ sites: { blog: { url: "http://localhost:2368" } } }));
    expect(local.lets(local.pods("ghost-blog"), at("10.0.0.1"), 80)).to.equal(false);
  });

  it("J5 a site reaches what it is told to: its mail server, its collector, networks of the configuration", async () => {
    const site = async (raw: object, keys: object = {}) => {
      const network = new Network(
        await manifestsOf({
          mailpit: { enabled: false },
          ...raw,
          sites: { blog: { url: "http://localhost:2368", ...keys } },
        }),
      );
      return (to: End, port: number, protocol: "TCP" | "UDP" = "TCP") =>
        network.lets(network.pods("ghost-blog"), to, port, protocol);
    };
    const relayed = await site({ mailRelay: { host: "smtp.test", port: 587 } });
    expect([relayed(at("10.1.1.1"), 587), relayed(elsewhere, 587), relayed(at("10.1.1.1"), 25)]).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect(relayed(at("169.254.169.254"), 587)).to.equal(false);
    const inCluster = await site({ mailRelay: { host: "smtp.others.svc.cluster.local", port: 587 } });
    expect([inCluster(elsewhere, 2525), inCluster({ ...elsewhere, namespace: "third" }, 2525)]).to.deep.equal([
      true,
      false,
    ]);
    const ownRelay = await site(
      {},
      { settings: { mail__transport: "SMTP", mail__options__host: "mail.lan", mail__options__port: "2500" } },
    );
    expect([ownRelay(at("192.168.1.9"), 2500), ownRelay(at("192.168.1.9"), 25)]).to.deep.equal([true, false]);
    const collected = await site({}, { logForwarder: { url: "syslog+udp://vector.others:514" } });
    expect([
      collected(at("10.1.1.1"), 514, "UDP"),
      collected(at("10.1.1.1"), 514),
      collected(elsewhere, 9000),
    ]).to.deep.equal([true, false, true]);
    const loki = await site({}, { logForwarder: { url: "loki+http://loki.lan.example:3100" } });
    expect([loki(at("10.1.1.1"), 3100), loki(elsewhere, 80)]).to.deep.equal([true, false]);
    const networks = await site({ kubernetes: { reachableNetworks: ["10.20.0.0/16", "fd12::/48"] } });
    expect([
      networks(at("10.20.1.1"), 6379),
      networks(at("fd12::1"), 80),
      networks(at("10.21.0.1"), 6379),
    ]).to.deep.equal([true, true, false]);
  });

  it("J5 refuses networks that no key may open, and keys without effect", async () => {
    const mistakes = async (kubernetes: object) => {
      try {
        await manifestsOf({ kubernetes });
      } catch (error) {
        return (error as Error).message;
      }
      return "accepted";
    };
    for (const network of [
      "169.254.169.254/32",
      "169.254.0.0/16",
      "0.0.0.0/0",
      "::/0",
      "fd00::/8",
      "fe80::/64",
      "168.0.0.0/8",
    ]) {
      expect(await mistakes({ reachableNetworks: ["10.0.0.0/8", network] }), network).to.contain(
        "kubernetes.reachableNetworks.1: must be without link-local addresses",
      );
    }
    for (const network of [
      "10.0.0.1",
      "10.0.0.0/33",
      "10.0.0/8",
      "010.0.0.0/8",
      "fd00::/129",
      "lan",
      "10.0.0.0/08",
      "fe80::%1/64",
    ]) {
      expect(await mistakes({ reachableNetworks: [network] }), network).to.contain(
        "kubernetes.reachableNetworks.0: must be a network",
      );
    }
    const said = await mistakes({
      networkPolicies: false,
      reachableNetworks: [],
      ingressNamespace: "x",
      nameService: {},
    });
    for (const key of ["reachableNetworks", "ingressNamespace", "nameService"]) {
      expect(said).to.contain(`kubernetes.${key}: without effect: kubernetes.networkPolicies is false`);
    }
  });

  it("M2 members of a replicated set reach each other", async () => {
    const network = new Network(await manifestsOf({ mysql: { topology: "replicated" } }));
    expect(network.lets(network.pods("mysql"), network.pods("mysql"), 3306)).to.equal(true);
  });

  it("D2 members of a group reach each other, and sites reach the primary through the proxies alone", async () => {
    const network = new Network(await manifestsOf({ mysql: { topology: "group" } }));
    const members = network.pods("mysql");
    const proxies = network.pods("mysql-primary");
    const site = network.pods("ghost-blog");
    expect(network.lets(members, members, 3306)).to.equal(true);
    expect(network.lets(proxies, members, 3306)).to.equal(true);
    expect(network.lets(site, proxies, 3306)).to.equal(true);
    expect(network.lets(site, members, 3306)).to.equal(false);
    expect(network.lets(stranger, proxies, 3306)).to.equal(false);
    expect(network.lets(proxies, site, 2368)).to.equal(false);
  });

  it("L1 an inbox with an Ingress takes readers from everywhere", async () => {
    const mailpit = { host: "mail.test", ingress: {} };
    const network = new Network(await manifestsOf({ mailpit }));
    expect(network.lets(stranger, network.pods("mailpit"), 8025)).to.equal(true);
  });

  it("are as they were where policies are turned off", async () => {
    const manifests = await manifestsOf({ kubernetes: { networkPolicies: false } });
    expect(manifests.filter(({ kind }) => kind === "NetworkPolicy")).to.deep.equal([]);
  });
});
