import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { KubernetesStackConfig } from "../../../config/schema";
import { readFrontDoor } from "../../../deploy/wait/front-door";
import { frontDoorFindings } from "../../../ops/kubernetes/front-door";
import { applyManifests } from "../../../deploy/rendered/kubernetes";
import { KubernetesCluster } from "../../../engines/kubernetes-cluster";
import { collect } from "../../../render/collect";
import { kubernetesManifests, manifestDirectory, manifestFiles } from "../../../render/kubernetes";
import { temporaryDirectory } from "../../support/temporary-directory";
import { gatewayApi, installApi, removeApi } from "../support/published-apis";
import { kubernetesPlace } from "../support/kubernetes-place";
import type { Kubectl } from "../support/kubectl";
import type { Place } from "../support/place";

const [http, https] = ["http", "https"].map((sectionName) => ({ name: "web", namespace: "gateways", sectionName }));
const route = { parentRefs: [https], redirectFrom: [http] };
const pages = {
  mailpit: { host: "mail.blog.test", route },
  monitoring: { host: "dashboards.blog.test", route: { parentRefs: [https] } },
};
const blog = { url: "https://blog.test/news", adminUrl: "https://admin.test", aliases: ["www.blog.test"], route };

/** The API server's own word on routes, with the published definitions of the Gateway API. No controller runs here. */
describe("E3 what publishes a site on Kubernetes", () => {
  const namespace = "front-door";
  let place: Place;
  let kubectl: Kubectl;

  before(async () => {
    ({ kubectl, place } = await kubernetesPlace("dev"));
    await removeApi(kubectl, gatewayApi);
  });

  after(async () => {
    await kubectl.run("delete", "namespace", namespace, "--ignore-not-found");
  });

  it("E3 is refused in words where the cluster lacks it, before anything is made", async () => {
    place.configure({ sites: { blog: { ...blog, ingress: undefined } } });
    const { output, status } = await place.start();
    expect(status, output).to.equal(1);
    expect(output).to.contain("The cluster lacks what the stack asks for, so nothing is changed");
    expect(output).to.contain("Gateway API (gateway.networking.k8s.io/v1), for route");
    expect(await kubectl.run("get", "namespace", kubectl.namespace, "--ignore-not-found")).to.equal("");
  });

  it("E3 is taken by the API server as it was said, and goes when the stack says another way", async () => {
    await installApi(kubectl, gatewayApi);
    await kubectl.run("create", "namespace", namespace);
    const cluster = new KubernetesCluster({ kubeconfig: kubectl.kubeconfig, context: kubectl.context }, namespace);
    const apply = async (site: object, more: object = {}) => {
      const kubernetes = { context: kubectl.context, namespace };
      const config = parseStackConfig({ platform: "kubernetes", kubernetes, sites: { blog: site }, ...more });
      const doors = kubernetesManifests((await collect(config, "front")).resources).filter(({ kind }) =>
        ["HTTPRoute", "Ingress"].includes(kind),
      );
      const folder = temporaryDirectory();
      fs.mkdirSync(path.join(folder, manifestDirectory));
      manifestFiles(doors).forEach((file) => fs.writeFileSync(path.join(folder, file.path), file.content));
      await applyManifests(cluster, "front", doors, folder, () => undefined);
    };
    const names = async (kind: string) => kubectl.within(namespace).run("get", kind, "--output", "name");

    await apply(blog, pages);
    expect((await names("httproutes")).split("\n")).to.deep.equal(
      [
        ...["ghost-blog", "ghost-blog-aliases", "ghost-blog-to-https"],
        ...["mailpit", "mailpit-to-https", "monitoring-grafana"],
      ].map((name) => `httproute.gateway.networking.k8s.io/${name}`),
    );
    const { spec } = await kubectl.within(namespace).get<{ spec: Record<string, unknown> }>("httproute", "ghost-blog");
    expect(spec["hostnames"]).to.deep.equal(["blog.test", "admin.test"]);

    // What a controller would write.
    const told = async () => {
      const { context } = kubectl;
      const raw = { platform: "kubernetes", kubernetes: { context }, sites: { blog } };
      const config = parseStackConfig(raw) as KubernetesStackConfig;
      const findings = frontDoorFindings(await readFrontDoor(cluster, config, []), () => "");
      return findings.filter(({ object }) => object === "HTTPRoute ghost-blog").map(({ scenario }) => scenario);
    };
    const answer = async (status: string, reason: string) => {
      const condition = { type: "Accepted", status, reason, message: "", lastTransitionTime: new Date().toISOString() };
      const parents = [{ parentRef: https, controllerName: "example.com/gateway", conditions: [condition] }];
      const patch = JSON.stringify({ status: { parents } });
      await kubectl
        .within(namespace)
        .run("patch", "httproute", "ghost-blog", "--subresource=status", "--type=merge", "--patch", patch);
    };
    expect(await told()).to.deep.equal(["route-not-seen"]);
    await answer("False", "NotAllowedByListeners");
    expect(await told()).to.deep.equal(["route-refused"]);
    await answer("True", "Accepted");
    expect(await told()).to.deep.equal([]);

    const { aliases: _aliases, route: _route, ...site } = blog;
    await apply({ ...site, ingress: { issuer: { name: "letsencrypt" } } });
    expect(await names("httproutes")).to.equal("");
    expect(await names("ingresses")).to.equal("ingress.networking.k8s.io/ghost-blog");
  });
});
