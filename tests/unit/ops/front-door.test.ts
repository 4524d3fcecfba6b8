import { expect } from "chai";
import { KubernetesCluster } from "../../../engines/kubernetes-cluster";
import { CommandError } from "../../../errors";
import { parseStackConfig } from "../../../config/parse";
import type { KubernetesStackConfig } from "../../../config/schema";
import { frontDoorLines } from "../../../deploy/front-door-lines";
import {
  readFrontDoor,
  type Certificate,
  type FrontDoor,
  type HttpRoute,
  type SecuredIngress,
} from "../../../deploy/wait/front-door";
import { frontDoorFindings, frontDoorProblems, routeReports } from "../../../ops/kubernetes/front-door";
import type { Ingress } from "../../../ops/kubernetes/objects";
import { collect } from "../../../render/collect";
import { kubernetesManifests } from "../../../render/kubernetes";

const web = { name: "web", namespace: "gateways", sectionName: "https" };
const condition = (type: string, status: string, reason = type, message = "") => ({ type, status, reason, message });

function route(parents: NonNullable<HttpRoute["status"]>["parents"]): HttpRoute {
  return {
    kind: "HTTPRoute",
    metadata: { name: "ghost-blog", namespace: "ghost-press" },
    spec: { parentRefs: [web], hostnames: ["blog.example.com"] },
    status: { parents },
  };
}

const kubectl = (...args: readonly string[]) => ["kubectl", ...args].join(" ");
const found = (door: Partial<FrontDoor>) =>
  frontDoorFindings({ routes: [], certificates: [], unknown: [], ...door }, kubectl);

describe("E3 whether readers get to a site on Kubernetes", () => {
  const accepted = [condition("Accepted", "True"), condition("ResolvedRefs", "True")];
  const cases: [string, NonNullable<HttpRoute["status"]>["parents"], [string, string][]][] = [
    ["taken by its Gateway", [{ parentRef: web, conditions: accepted }], []],
    ["seen by nobody", [], [["route-not-seen", "waiting"]]],
    [
      "taken by another listener alone",
      [{ parentRef: { ...web, sectionName: "http" }, conditions: accepted }],
      [["route-not-seen", "waiting"]],
    ],
    [
      "not admitted",
      [{ parentRef: web, conditions: [condition("Accepted", "False", "NotAllowedByListeners")] }],
      [["route-refused", "failure"]],
    ],
    [
      "taken, and without its Service",
      [
        {
          parentRef: web,
          conditions: [condition("Accepted", "True"), condition("ResolvedRefs", "False", "BackendNotFound")],
        },
      ],
      [["route-refused", "failure"]],
    ],
  ];
  for (const [what, parents, expected] of cases) {
    it(`a route ${what}`, () => {
      const findings = found({ routes: [route(parents)] });
      expect(findings.map(({ scenario, severity }) => [scenario, severity])).to.deep.equal(expected);
      findings.forEach(({ mend, why }) => {
        expect(why).to.contain("Gateway gateways/web, listener https,").and.to.contain("blog.example.com");
        expect(mend).to.include("kubectl describe gateway web --namespace gateways");
      });
    });
  }

  it("a Gateway of the route's own namespace is the same, named or not", () => {
    const own = route([{ parentRef: { name: "web", namespace: "ghost-press" }, conditions: accepted }]);
    expect(found({ routes: [{ ...own, spec: { ...own.spec, parentRefs: [{ name: "web" }] } }] })).to.deep.equal([]);
  });

  const certificate = (...conditions: ReturnType<typeof condition>[]): Certificate => ({
    kind: "Certificate",
    metadata: { name: "ghost-blog-tls" },
    spec: { secretName: "ghost-blog-tls" },
    status: { conditions },
  });
  const made: [string, Certificate | undefined, string | undefined][] = [
    ["ready", certificate(condition("Ready", "True")), undefined],
    ["not begun", undefined, "waiting"],
    ["on its way", certificate(condition("Ready", "False"), condition("Issuing", "True")), "waiting"],
    [
      "that could not be made",
      certificate(condition("Ready", "False"), condition("Issuing", "False", "Failed")),
      "failure",
    ],
  ];
  for (const [what, of, severity] of made) {
    it(`a certificate ${what}`, () => {
      const door = { certificates: [{ secret: "ghost-blog-tls", ingress: "ghost-blog", certificate: of }] };
      expect(found(door).map((finding) => finding.severity)).to.deep.equal(severity === undefined ? [] : [severity]);
      expect(frontDoorProblems({ routes: [], unknown: [], ...door })).to.have.length(severity === undefined ? 0 : 1);
    });
  }

  /** A cluster that answers, or refuses, each kind. */
  class Answering extends KubernetesCluster {
    readonly asked: string[] = [];
    constructor(private readonly answer: (kind: string) => object[]) {
      super({ context: "test" }, "ghost-press");
    }
    override objects<Item>([kind = ""]: readonly string[]): Promise<Item[]> {
      this.asked.push(kind);
      return Promise.resolve().then(() => this.answer(kind) as Item[]);
    }
  }
  const config = (site: object) =>
    parseStackConfig({
      platform: "kubernetes",
      kubernetes: { context: "test" },
      sites: { blog: { url: "https://blog.example.com", ...site } },
    }) as KubernetesStackConfig;
  const ingress: Ingress = {
    kind: "Ingress",
    metadata: { name: "ghost-blog", annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" } },
    spec: { tls: [{ hosts: ["blog.example.com"], secretName: "ghost-blog-tls" }] },
  };

  it("is asked for what the stack has, and for nothing else", async () => {
    const cluster = new Answering(() => []);
    const plain = { ...ingress, metadata: { name: "ghost-blog" } };
    const nothing = await readFrontDoor(cluster, config({ ingress: { tlsSecret: "mine" } }), [plain]);
    expect([nothing, cluster.asked]).to.deep.equal([{ routes: [], certificates: [], unknown: [] }, []]);

    const door = await readFrontDoor(cluster, config({ route: { parentRefs: [web] } }), [ingress]);
    expect(cluster.asked).to.have.members(["httproutes.gateway.networking.k8s.io", "certificates.cert-manager.io"]);
    expect(door.certificates).to.deep.equal([
      { secret: "ghost-blog-tls", ingress: "ghost-blog", certificate: undefined },
    ]);
  });

  it("is asked for what the program declares", async () => {
    const stack = config({ ingress: { issuer: { name: "letsencrypt" } } });
    const declared = kubernetesManifests((await collect(stack, "press")).resources);
    const ingresses = declared.filter(({ kind }) => kind === "Ingress") as unknown as SecuredIngress[];
    const { certificates } = await readFrontDoor(new Answering(() => []), stack, ingresses);
    expect(certificates.map(({ secret }) => secret)).to.deep.equal(["ghost-blog-tls"]);
  });

  it("is not known where the cluster does not tell, which is no failure", async () => {
    const cluster = new Answering((kind) => {
      throw new CommandError("kubectl failed", 1, `Error from server (Forbidden): ${kind}`);
    });
    const door = await readFrontDoor(cluster, config({ route: { parentRefs: [web] } }), [ingress]);
    expect([door.routes, door.certificates]).to.deep.equal([[], []]);
    expect(found(door).map(({ severity }) => severity)).to.deep.equal(["notice", "notice"]);
    expect(frontDoorProblems(door)).to.deep.equal([]);
  });

  it("is told at the end of a start, too", () => {
    expect(frontDoorLines("press", { routes: [], certificates: [], unknown: [] })).to.deep.equal([]);
    const lines = frontDoorLines("press", { routes: [route([])], certificates: [], unknown: ["Whether …"] });
    expect(lines.slice(0, 2)).to.deep.equal(["", "The stack runs, but readers may not get to it yet:"]);
    expect(lines[2]).to.match(/^ {2}HTTPRoute ghost-blog: No controller has said/);
    expect(lines.slice(3)).to.deep.equal([
      "  Whether …",
      "Whether it is through: npm run ops -- diagnose --stack press",
    ]);
  });

  it("lists routes with their hosts", () => {
    expect(routeReports({ routes: [route([])], certificates: [], unknown: [] })).to.deep.equal([
      { name: "ghost-blog", type: "HTTPRoute", addresses: ["blog.example.com"] },
    ]);
  });
});
