import { expect } from "chai";
import { parse } from "yaml";
import { kubernetesManifests, manifestFiles } from "../../../render/kubernetes";
import type { CollectedResource } from "../../../render/resources";

function object(kind: string, name: string, rest: Record<string, unknown> = {}): CollectedResource {
  return { type: `kubernetes:core/v1:${kind}`, name, inputs: { apiVersion: "v1", kind, metadata: { name }, ...rest } };
}

describe("Kubernetes manifests", () => {
  it("A4 come in the order in which they can be applied, whatever the order of the program", () => {
    const kinds = ["Ingress", "Deployment", "Service", "PersistentVolumeClaim", "ConfigMap", "Secret", "Namespace"];
    const manifests = kubernetesManifests(kinds.map((kind) => object(kind, "x")));
    expect(manifests.map(({ kind }) => kind)).to.deep.equal([
      "Namespace",
      "Secret",
      "ConfigMap",
      "PersistentVolumeClaim",
      "Service",
      "Deployment",
      "Ingress",
    ]);
    expect(manifestFiles(manifests).map(({ path }) => path)).to.include.members([
      "manifests/01-namespace-x.yaml",
      "manifests/07-ingress-x.yaml",
    ]);
  });

  it("put kinds nobody has listed after what they may refer to and before the workloads", () => {
    const manifests = kubernetesManifests([
      object("Deployment", "d"),
      object("NetworkPolicy", "n"),
      object("Secret", "s"),
    ]);
    expect(manifests.map(({ kind }) => kind)).to.deep.equal(["Secret", "NetworkPolicy", "Deployment"]);
  });

  it("carry nothing that speaks to the Pulumi engine, and no empty annotations", () => {
    const annotations = { "pulumi.com/skipAwait": "true" };
    const [first, second] = kubernetesManifests([
      object("Service", "a", { metadata: { name: "a", annotations } }),
      object("Service", "b", { metadata: { name: "b", annotations: { ...annotations, keep: "this" } } }),
    ]);
    expect(first?.metadata).to.deep.equal({ name: "a" });
    expect(second?.metadata).to.deep.equal({ name: "b", annotations: { keep: "this" } });
  });

  it("name an object that the engine would name", () => {
    const [unnamed] = kubernetesManifests([
      { type: "kubernetes:core/v1:ConfigMap", name: "logical", inputs: { apiVersion: "v1", kind: "ConfigMap" } },
    ]);
    expect(unnamed?.metadata.name).to.equal("logical");
  });

  it("A5 hold secrets as data, in files of their own", () => {
    const manifests = kubernetesManifests([
      object("Secret", "s", { stringData: { password: "p€ss" }, data: { other: "eA==" } }),
      object("ConfigMap", "c", { data: { a: "b" } }),
    ]);
    const files = manifestFiles(manifests);
    expect(files.map(({ secret }) => secret)).to.deep.equal([true, false]);
    const secret = parse(String(files[0]?.content)) as { data: Record<string, string>; stringData?: unknown };
    expect(secret.stringData).to.equal(undefined);
    expect(Buffer.from(secret.data["password"] ?? "", "base64").toString("utf8")).to.equal("p€ss");
    expect(secret.data["other"]).to.equal("eA==");
  });
});
