import { expect } from "chai";
import { applyManifests, deleteOwned } from "../../../../deploy/rendered/kubernetes";
import { UserError } from "../../../../errors";
import { ownerLabel } from "../../../../platforms/kubernetes/labels";
import { refuseMissingApis } from "../../../../platforms/kubernetes/served-apis";
import { FakeCluster } from "../../../support/fake-cluster";
import { manifestsOf } from "../../../support/kubernetes";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";

const url = "https://blog.test";
const route = { parentRefs: [{ name: "web" }] };
const gatewayApi = "gateway.networking.k8s.io/v1";

describe("what a stack needs of its cluster", () => {
  const refusal = async (apis: readonly string[], ...sites: object[]) => {
    const named = Object.fromEntries(
      sites.map((site, index) => [`s${index}`, { url: `https://s${index}.test`, ...site }]),
    );
    const manifests = await manifestsOf({ sites: named });
    return refuseMissingApis(new FakeCluster([], [], apis), manifests).then(
      () => "",
      (error: unknown) => (error as UserError).message,
    );
  };

  it("E3 is asked for before anything is touched, all of it at once, and only where it is needed", async () => {
    expect(await refusal([], {}, { ingress: {} })).to.equal("");
    const issuer = { ingress: { issuer: { name: "a" } } };
    const both = await refusal([], { route }, issuer);
    expect(both).to.match(/Gateway API \(gateway\.networking\.k8s\.io\/v1\)[^]*cert-manager \(cert-manager\.io\/v1\)/);
    expect(await refusal(["gateway.networking.k8s.io/v1beta1"], { route })).to.contain("Gateway API");
    expect(await refusal([gatewayApi, "cert-manager.io/v1"], { route }, issuer)).to.equal("");
  });

  it("E3 is unknown where the cluster does not tell, and then nothing is changed", async () => {
    const cluster = new FakeCluster([]);
    cluster.kubectl = () => Promise.resolve({ stdout: "", stderr: "" });
    const error = await rejection(refuseMissingApis(cluster, await manifestsOf({ sites: { blog: { url, route } } })));
    expect(error).to.be.instanceOf(UserError);
    expect(error.message).to.contain("nothing is changed");
  });

  it("E3 is let go with the stack, routes that it no longer has among it, and not asked for where it is not served", async () => {
    const mine = {
      apiVersion: gatewayApi,
      kind: "HTTPRoute",
      metadata: { name: "ghost-blog", labels: { [ownerLabel]: "dev" } },
    };
    const cluster = new FakeCluster([mine], [], [gatewayApi]);
    await applyManifests(cluster, "dev", [], temporaryDirectory(), () => undefined);
    expect(cluster.names).to.deep.equal([]);
    // Who may not list routes has made none.
    const forbidden = new FakeCluster([], ["HTTPRoute"], [gatewayApi]);
    await deleteOwned(forbidden, "dev", () => undefined);
    expect(forbidden.changes).to.deep.equal([]);
    // Of a kind that it does not know, an API server refuses the whole question.
    const without = new FakeCluster([], ["HTTPRoute"]);
    await deleteOwned(without, "dev", () => undefined);
    expect(without.changes).to.deep.equal([]);
  });
});
