import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { MySql } from "../../../components/kubernetes";
import { parseStackConfig } from "../../../config/parse";
import { clusterProvider, stackNamespace } from "../../../platforms/kubernetes/cluster";
import { collect } from "../../../render/collect";
import { kubernetesManifests } from "../../../render/kubernetes";
import { imageNames } from "../../../sandbox/images";
import { kubernetesPlace } from "../support/kubernetes-place";
import type { Kubectl } from "../support/kubectl";
import { until } from "../support/until";

/** A volume that ignores fsGroup and is root's, as many classes of NFS give one. */
describe("a database server on a volume that is root's", () => {
  const namespace = "volume-permissions";
  const kubernetes = { context: "unused", namespace, podSecurity: "baseline" as const };
  let directory: string;
  let kubectl: Kubectl;

  const apply = async (volumePermissions: boolean) => {
    const config = parseStackConfig({
      platform: "kubernetes",
      kubernetes,
      sites: { unused: { url: "http://unused.test" } },
    });
    const { resources } = await collect(config, "volume-permissions", undefined, () => {
      const provider = clusterProvider("cluster", kubernetes);
      const storage = { size: "1Gi", storageClass: "by-hand", volumePermissions };
      const args = { image: imageNames.mysql, databases: {}, memory: "512Mi", storage };
      new MySql(
        "mysql",
        { ...args, namespace: stackNamespace(kubernetes, false, { provider }).metadata.name },
        { provider },
      );
      return {};
    });
    await kubectl.apply(...kubernetesManifests(resources));
  };

  before(async () => {
    ({ kubectl } = await kubernetesPlace("dev"));
    kubectl = kubectl.within(namespace);
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "root-owned-"));
    fs.chmodSync(directory, 0o755);
    await kubectl.apply({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: namespace },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "by-hand",
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { namespace, name: "data-mysql-0" },
        hostPath: { path: directory },
      },
    });
  });

  after(async () => {
    await kubectl.run("delete", "namespace", namespace);
    await kubectl.run("delete", "persistentvolume", namespace);
    fs.rmSync(directory, { recursive: true });
  });

  it("H9 says whose it is, whose it must be and what to do, and changes nothing", async () => {
    await apply(false);
    const said = await until("the server's init container to end", 120, async () => {
      const log = await kubectl.run("logs", "mysql-0", "--container", "initialise").catch(() => "");
      return log.includes("volumePermissions: true") && log;
    });
    expect(said).to.contain("user 999 may not write to /var/lib/mysql, which belongs to user 0, group 0, mode 755");
    expect(fs.readdirSync(directory)).to.deep.equal([]);
  });

  it("H9 is given over to the server with storage.volumePermissions", async () => {
    await apply(true);
    // A StatefulSet leaves a pod alone that was never ready.
    await kubectl.run("delete", "pod", "mysql-0", "--grace-period=0", "--force");
    await until("the server", 240, () => kubectl.readyPod("mysql"));
    expect(fs.statSync(directory)).to.include({ uid: 999, gid: 999 });
    expect(fs.readdirSync(directory)).to.include("data");
  });
});
