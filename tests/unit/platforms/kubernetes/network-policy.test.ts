import type { types } from "@pulumi/kubernetes";
import { expect } from "chai";
import type { Manifest } from "../../../../render/kubernetes";
import { manifestsOf } from "../../../support/kubernetes";

type Labels = Record<string, string>;
type Spec = types.output.networking.v1.NetworkPolicySpec;
type Rule = Partial<
  types.output.networking.v1.NetworkPolicyIngressRule & types.output.networking.v1.NetworkPolicyEgressRule
>;

const stranger = { app: "stranger" };

/** What a network that carries out NetworkPolicies would do with the pods of a stack. */
class Network {
  constructor(private readonly manifests: readonly Manifest[]) {}

  /** Labels of a workload's pods. */
  pods(name: string): Labels {
    const workload = this.manifests.find(
      ({ kind, metadata }) => ["Deployment", "StatefulSet"].includes(kind) && metadata.name === name,
    );
    const spec = workload?.["spec"] as { template: { metadata: { labels: Labels } } } | undefined;
    return spec?.template.metadata.labels ?? expect.fail(`there is no workload ${name}`);
  }

  /** Whether a pod with these labels may connect to another. */
  lets(from: Labels, to: Labels, port: number): boolean {
    return this.admits("Egress", from, to, port) && this.admits("Ingress", to, from, port);
  }

  private admits(type: "Ingress" | "Egress", pod: Labels, other: Labels, port: number): boolean {
    const policies = this.manifests
      .filter(({ kind }) => kind === "NetworkPolicy")
      .map((manifest) => manifest["spec"] as Spec)
      .filter(({ podSelector, policyTypes }) => matches(podSelector.matchLabels, pod) && policyTypes.includes(type));
    const rules = policies.flatMap((policy): Rule[] => (type === "Ingress" ? policy.ingress : policy.egress));
    return (
      policies.length === 0 ||
      rules.some(({ from, ports, to }) => {
        const peers = from ?? to;
        return (
          ports?.some((rule) => (rule.port as unknown) === port) &&
          (!peers || peers.some(({ podSelector }) => matches(podSelector.matchLabels, other)))
        );
      })
    );
  }
}

function matches(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

describe("connections between pods", () => {
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
      const client = { ...stranger, [`ghost-platform/${app}-client`]: "true" };
      expect(network.lets(client, pods, port), `a client to ${app}`).to.equal(true);
      expect(network.lets(client, pods, 22), `a client to another port of ${app}`).to.equal(false);
    }
    expect(network.lets(ghost, mailpit, 8025), "a site that reads mail").to.equal(false);
    expect(network.lets(stranger, ghost, 2368)).to.equal(true);
    expect(network.lets(stranger, ghost, 22)).to.equal(false);
  });

  it("G8 the database and the inbox reach nobody but for names; sites reach everybody", async () => {
    const network = new Network(await manifestsOf());
    for (const app of ["mysql", "mailpit"]) {
      expect(network.lets(network.pods(app), stranger, 443), app).to.equal(false);
      expect(network.lets(network.pods(app), stranger, 53), app).to.equal(true);
    }
    expect(network.lets(network.pods("ghost-blog"), stranger, 443)).to.equal(true);
  });

  it("M2 members of a replicated set reach each other", async () => {
    const network = new Network(await manifestsOf({ mysql: { topology: "replicated" } }));
    expect(network.lets(network.pods("mysql"), network.pods("mysql"), 3306)).to.equal(true);
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
