import { expect } from "chai";
import { usesIn } from "../../../../backup/kubernetes/program";
import type { RawConfig } from "../../../../config/files/machine";
import { claimsOfOthers } from "../../../../config/kubernetes/claims-of-others";
import { parseStackConfig } from "../../../../config/parse";
import { refuseUnfitClaims } from "../../../../deploy/before/claims-of-others";
import { deleteData, refuseDataOfOthers } from "../../../../deploy/rendered/kubernetes";
import { UserError } from "../../../../errors";
import { ownerLabel } from "../../../../platforms/kubernetes/labels";
import { keptNamespace } from "../../../../platforms/kubernetes/ownership";
import { FakeCluster } from "../../../support/fake-cluster";
import { manifestsOf, object, podSpecs } from "../../../support/kubernetes";
import { rejection } from "../../../support/rejection";

const existing: RawConfig = {
  mysql: { storage: { existingClaim: "their-data" } },
  mailpit: { storage: { existingClaim: "their-mail" } },
  sites: { blog: { storage: { existingClaim: "their-content" } } },
  monitoring: { storage: { existingClaim: "their-figures" } },
};
const names = {
  mysql: "their-data",
  mailpit: "their-mail",
  "ghost-blog": "their-content",
  monitoring: "their-figures",
};

describe("K1 claims that are there already", () => {
  it("are mounted, and nothing of the program makes them or another one in their place", async () => {
    const manifests = await manifestsOf(existing);
    expect(manifests.filter(({ kind }) => kind === "PersistentVolumeClaim")).to.deep.equal([]);
    const pods = podSpecs(manifests);
    for (const [workload, claim] of Object.entries(names)) {
      expect(pods[workload]?.volumes.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])).to.deep.equal([
        claim,
      ]);
    }
  });

  it("B1 are where a backup, a restore and a try look for what they hold", async () => {
    const uses = usesIn(await manifestsOf(existing));
    expect([...uses.keys()]).to.have.members(Object.values(names));
    const data = uses.get("their-data");
    expect(data?.own).to.deep.include({ target: "/var/lib/mysql", keeps: { kind: "mysql" } });
    expect(data?.existing).to.equal(true);
    expect(data?.manifests.map(({ kind }) => kind)).to.deep.equal(["Namespace"]);
    expect(usesIn(await manifestsOf()).get("data-mysql-0")?.existing).to.equal(false);
  });

  const own = { [ownerLabel]: "dev" };
  const at = (kind: string, name: string, labels: Record<string, string> = {}, annotations = {}) => ({
    apiVersion: "v1",
    kind,
    metadata: { name, labels, annotations },
    spec: {},
  });
  const kept = () =>
    new FakeCluster([
      at("Namespace", "ns", own, keptNamespace),
      at("PersistentVolumeClaim", "their-data"),
      at("PersistentVolumeClaim", "mailpit-mail", own),
      at("Secret", "mysql", own),
    ]);

  it("A5 outlive the stack and its data, and so does their namespace", async () => {
    const { kind, metadata } = object(await manifestsOf(existing), "Namespace", "ghost-test");
    expect(metadata, kind).to.have.deep.property("annotations", keptNamespace);
    const cluster = kept();
    await refuseDataOfOthers(cluster, "dev");
    expect(await deleteData(cluster, "dev", () => undefined)).to.equal(false);
    expect(cluster.names).to.deep.equal(["Namespace ns", "PersistentVolumeClaim their-data"]);
  });

  it("A5 keep a namespace from being deleted that was deployed before they were named", async () => {
    const cluster = kept();
    cluster.objectsThere = [at("Namespace", "ns", own), ...cluster.objectsThere.slice(1)];
    expect((await rejection(deleteData(cluster, "dev", () => undefined))).message).to.contain(
      "delete PersistentVolumeClaim/their-data",
    );
    expect(cluster.changes).to.deep.equal([]);
  });

  it("are looked at before anything is changed: those that are not there, or a stack's own after all", async () => {
    const named = claimsOfOthers(parsed(existing));
    const cluster = new FakeCluster([
      at("PersistentVolumeClaim", "their-data", own),
      at("PersistentVolumeClaim", "their-mail"),
      at("PersistentVolumeClaim", "their-figures"),
    ]);
    const { message } = await rejection(refuseUnfitClaims(cluster, "dev", named));
    expect(message).to.contain("mysql.storage.existingClaim: claim their-data belongs to stack dev");
    expect(message).to.contain("sites.blog.storage.existingClaim: there is no claim their-content in namespace ns");
    expect(message).to.not.contain("their-mail");
    expect(cluster.changes).to.deep.equal([]);
    cluster.objectsThere = named.map(({ name }) => at("PersistentVolumeClaim", name));
    await refuseUnfitClaims(cluster, "dev", named);
  });

  for (const [what, said, words] of [
    [
      "a size of a claim that is not made",
      { sites: { blog: { url: "http://a.test", storage: { existingClaim: "c", size: "1Gi", storageClass: "x" } } } },
      [
        "sites.blog.storage.size: without effect: sites.blog.storage.existingClaim names a claim that is there (c)",
        "sites.blog.storage.storageClass: without effect",
      ],
    ],
    [
      "a directory beside it",
      { mailpit: { storage: { existingClaim: "c", nfs: { server: "s", path: "/x" } } } },
      ["mailpit.storage.nfs: without effect: mailpit.storage.existingClaim names a claim"],
    ],
    [
      "members that have a claim each",
      { mysql: { topology: "group", storage: { existingClaim: "c" } } },
      ["mysql.storage.existingClaim: mysql.topology is group, whose members have a claim each"],
    ],
    [
      "one claim for two",
      { mysql: { storage: { existingClaim: "c" } }, mailpit: { storage: { existingClaim: "c" } } },
      ["mailpit.storage.existingClaim: c is named by mysql.storage.existingClaim, too"],
    ],
    [
      "what the program calls its own",
      { mysql: { storage: { existingClaim: "ghost-blog-content" } } },
      [
        "mysql.storage.existingClaim: ghost-blog-content is what this program calls the claim that it makes for sites.blog",
      ],
    ],
    [
      "a way to mount that no app writes by",
      { mysql: { storage: { accessModes: ["ReadOnlyMany"] } } },
      ["mysql.storage.accessModes.0: must be ReadWriteOnce or ReadWriteMany"],
    ],
    [
      "modes that Kubernetes takes alone",
      { mysql: { storage: { accessModes: ["ReadWriteOncePod", "ReadWriteOnce"] } } },
      ["mysql.storage.accessModes: must name no other beside ReadWriteOncePod"],
    ],
    [
      "one pod alone on an NFS export",
      { mailpit: { storage: { accessModes: ["ReadWriteOncePod"], nfs: { server: "s", path: "/x" } } } },
      ["mailpit.storage.accessModes: ReadWriteOncePod is for volumes of a CSI driver, and nfs has none"],
    ],
  ] as const) {
    it(`A3 are refused with ${what}`, () => {
      for (const line of words) {
        expect(() => parsed(said)).to.throw(UserError, line);
      }
    });
  }

  it("are asked for as they may be mounted", async () => {
    const accessModes = ["ReadWriteMany"];
    const manifests = await manifestsOf({
      mysql: { topology: "replicated", storage: { accessModes } },
      mailpit: { storage: { accessModes, nfs: { server: "s", path: "/x" } } },
      kubernetes: { podSecurity: "baseline" },
    });
    const set = object(manifests, "StatefulSet", "mysql") as unknown as {
      spec: { volumeClaimTemplates: { spec: object }[] };
    };
    expect(set.spec.volumeClaimTemplates[0]?.spec).to.deep.include({ accessModes });
    for (const [kind, name] of [
      ["PersistentVolumeClaim", "data-mysql-0"],
      ["PersistentVolumeClaim", "mailpit-mail"],
      ["PersistentVolume", "ghost-test-mailpit-mail"],
    ] as const) {
      expect((object(manifests, kind, name) as unknown as { spec: object }).spec, name).to.deep.include({
        accessModes,
      });
    }
  });
});

function parsed(raw: RawConfig) {
  return parseStackConfig({
    platform: "kubernetes",
    kubernetes: { context: "c" },
    ...raw,
    sites: { blog: { url: "http://blog.test", ...(raw["sites"] as Record<string, object> | undefined)?.["blog"] } },
  });
}
