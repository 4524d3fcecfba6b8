import { expect } from "chai";
import { applyManifests, deleteData, deleteObject, deleteOwned } from "../../../../deploy/rendered/kubernetes";
import { UserError } from "../../../../errors";
import { clusterKinds, namespacedKinds, resource } from "../../../../platforms/kubernetes/ownership";
import type { LabelledObject } from "../../../../platforms/kubernetes/ownership";
import { namespaceLabel, ownerLabel } from "../../../../platforms/kubernetes/labels";
import type { Manifest } from "../../../../render/kubernetes";
import { FakeCluster } from "../../../support/fake-cluster";
import { manifestsOf } from "../../../support/kubernetes";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";

const apiVersions: Record<string, string> = {
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  PriorityClass: "scheduling.k8s.io/v1",
};
const object = (kind: string, name: string, owner?: string): LabelledObject => ({
  apiVersion: apiVersions[kind] ?? "v1",
  kind,
  metadata: { name, ...(owner === undefined ? {} : { labels: { [ownerLabel]: owner, [namespaceLabel]: "ns" } }) },
});
const wanted = ["Namespace ns", "PriorityClass ns-priority", "PersistentVolumeClaim data", "Secret mysql-server"].map(
  (text) => {
    const [kind = "", name = ""] = text.split(" ");
    return object(kind, name, "dev") as unknown as Manifest;
  },
);

describe("what a stack owns on Kubernetes", () => {
  let cluster: FakeCluster;
  const holding = (objects: readonly LabelledObject[], forbidden?: readonly string[]) => {
    cluster = new FakeCluster(objects, forbidden);
  };
  const apply = (...more: Manifest[]) =>
    applyManifests(cluster, "dev", [...wanted, ...more], temporaryDirectory(), () => undefined);
  const refused = async (work: () => Promise<unknown>) => {
    const before = cluster.names;
    const error = await rejection(work());
    expect(error).to.be.instanceOf(UserError);
    expect(cluster.changes).to.deep.equal([]);
    expect(cluster.names).to.deep.equal(before);
    return error.message;
  };

  it("A5 carries the stack's name, every object and every pod and claim that comes of one", async () => {
    const manifests = await manifestsOf({
      mysql: { topology: "replicated" },
      kubernetes: { podSecurity: "baseline" },
      mailpit: { authentication: true, storage: { hostPath: "/srv/mail" } },
    });
    for (const manifest of manifests) {
      const { kind, metadata } = manifest;
      expect(metadata["labels"], `${kind} ${metadata.name}`).to.include({ [ownerLabel]: "test" });
      expect([...namespacedKinds, ...clusterKinds]).to.include(resource({ ...manifest, name: metadata.name }));
      const { template, volumeClaimTemplates = [] } = (manifest["spec"] ?? {}) as {
        template?: { metadata: { labels: object } };
        volumeClaimTemplates?: { metadata: { labels: object } }[];
      };
      for (const made of [...(template ? [template] : []), ...volumeClaimTemplates]) {
        expect(made.metadata.labels, `what ${kind} ${metadata.name} makes`).to.include({ [ownerLabel]: "test" });
      }
    }
  });

  it("is made where nothing has its names, and changed where it is the stack's", async () => {
    holding([]);
    await apply();
    expect(cluster.changes).to.have.length(1);
    holding(wanted);
    await apply();
    expect(cluster.changes).to.have.length(1);
  });

  for (const [what, there, command] of [
    ["a namespace of others", object("Namespace", "ns"), "label Namespace/ns ghost-platform/stack=dev"],
    [
      "a namespace of another stack",
      object("Namespace", "ns", "prod"),
      "label --overwrite Namespace/ns ghost-platform/stack=dev",
    ],
    [
      "a class of others",
      object("PriorityClass", "ns-priority"),
      "label PriorityClass.v1.scheduling.k8s.io/ns-priority ghost-platform/stack=dev",
    ],
  ] as const) {
    it(`refuses ${what} before anything, and says how it is handed over`, async () => {
      holding([there]);
      expect(await refused(() => apply()))
        .to.contain(`${there.kind} ${there.metadata.name}`)
        .and.contain(`kubectl --context test --namespace ns ${command}`);
    });
  }

  it("refuses what others have put into its namespace under a name of its own, and leaves the rest alone", async () => {
    const foreign = [object("Secret", "mysql-server"), object("PersistentVolumeClaim", "data", "other")];
    holding([object("Namespace", "ns", "dev"), ...foreign, object("Secret", "theirs")]);
    const message = await refused(() => apply());
    expect(message).to.contain("Secret mysql-server").and.contain("belongs to stack other");
    expect(message).to.not.contain("theirs");
  });

  it("leaves what a stack of its name in another namespace has made for that", async () => {
    const forNamespace = (namespace: string) => {
      const { metadata, ...rest } = object("PriorityClass", `${namespace}-old`, "dev");
      return { ...rest, metadata: { ...metadata, labels: { ...metadata.labels, [namespaceLabel]: namespace } } };
    };
    holding([...wanted, forNamespace("ns"), forNamespace("ns-of-another")]);
    await apply();
    expect(cluster.names).to.include("PriorityClass ns-of-another-old").and.not.include("PriorityClass ns-old");
    await deleteOwned(cluster, "dev", () => undefined);
    expect(cluster.names).to.include("PriorityClass ns-of-another-old");
  });

  it("refuses what it cannot ask about: unknown is not free", async () => {
    for (const kind of ["Namespace", "Secret", "PriorityClass"]) {
      holding([object("Namespace", "ns", "dev")], [kind]);
      expect(await refused(() => apply()), kind)
        .to.contain("nothing is changed")
        .and.contain("is forbidden");
    }
  });

  it("loses what the program has no more by its mark, but never what holds data", async () => {
    const set = {
      ...object("StatefulSet", "mysql", "dev"),
      spec: { volumeClaimTemplates: [{ metadata: { name: "data" } }] },
    };
    const members = ["data-mysql-1", "data-mysql-x"].map((name) => object("PersistentVolumeClaim", name, "dev"));
    const gone = [object("Deployment", "old", "dev"), object("PersistentVolumeClaim", "old-content", "dev")];
    const others = [object("Deployment", "theirs")];
    holding([...wanted, ...members, ...gone, ...others]);
    const kept = await apply(set);
    expect(kept.map(({ name }) => name)).to.have.members(["old-content", "data-mysql-x"]);
    expect(cluster.names).to.include("Deployment theirs").and.not.include("Deployment old");
  });

  it("is deleted by its mark, without its data and what says that there is some", async () => {
    const mark = object("ConfigMap", "mysql-installed", "dev");
    mark.metadata.annotations = { "ghost-platform/apply": "after-rollout" };
    const kept = [
      mark,
      ...["Namespace ns", "PersistentVolumeClaim data", "PersistentVolume v"].map((text) => {
        const [kind = "", name = ""] = text.split(" ");
        return object(kind, name, "dev");
      }),
    ];
    const others = [object("Service", "mysql"), object("Secret", "mysql-server", "other")];
    holding([object("Service", "mailpit", "dev"), ...kept, ...others]);
    await deleteOwned(cluster, "dev", () => undefined);
    expect(cluster.names).to.have.members([...kept, ...others].map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  });

  it("loses its data only in a namespace of its own that holds nothing of others", async () => {
    const theirs = [object("Deployment", "theirs"), object("Secret", "blog-tls")];
    for (const namespace of [object("Namespace", "ns"), object("Namespace", "ns", "prod")]) {
      holding([namespace, ...theirs]);
      expect(await refused(() => deleteData(cluster, "dev", () => undefined))).to.contain("Namespace ns");
    }
    holding([object("Namespace", "ns", "dev"), ...theirs, object("ConfigMap", "kube-root-ca.crt")]);
    const message = await refused(() => deleteData(cluster, "dev", () => undefined));
    expect(message).to.contain("delete Secret/blog-tls").and.contain("delete Deployment.v1.apps/theirs");
    expect(message).to.not.contain("kube-root-ca");
    const volumes = [object("PersistentVolume", "ours", "dev"), object("PersistentVolume", "theirs")];
    holding([object("Namespace", "ns", "dev"), object("ConfigMap", "kube-root-ca.crt"), ...volumes]);
    await deleteData(cluster, "dev", () => undefined);
    expect(cluster.names).to.deep.equal(["PersistentVolume theirs"]);
  });

  it("P1 is no more than what carries the mark, when an interrupted run is put in order", async () => {
    holding([object("Namespace", "ns", "dev"), object("Secret", "mysql-server")]);
    expect(
      await refused(() => deleteObject(cluster, "dev", { apiVersion: "v1", kind: "Secret", name: "mysql-server" })),
    ).to.contain("Secret mysql-server");
  });
});
