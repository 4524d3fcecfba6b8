import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { create, type BackupJob } from "../../../../backup/create";
import { underLock } from "../../../../backup/store/folder-lock";
import { kubernetesPlatform } from "../../../../backup/kubernetes/platform";
import { carryOutRestore, planRestore } from "../../../../backup/restore/restore";
import { readBackups } from "../../../../backup/store/stack-folder";
import { FolderStore } from "../../../../backup/store/store";
import { parseStackConfig } from "../../../../config/parse";
import type { KubernetesStackConfig } from "../../../../config/schema";
import { UserError } from "../../../../errors";
import { ownerLabel } from "../../../../platforms/kubernetes/labels";
import { silently } from "../../../../terminal/progress";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { newKey } from "../made-backup";
import { FolderCluster, type ClusterObject } from "./folder-cluster";

/** Claims are folders here, and containers are programs of this machine. */
describe("B1 a backup of what runs on Kubernetes", () => {
  const stack = "dev";
  const config = parseStackConfig({
    platform: "kubernetes",
    kubernetes: { context: "test", namespace: "ns" },
    mailpit: { enabled: false },
    sites: { a: { url: "http://a.test" } },
  }) as KubernetesStackConfig;
  const claim = "ghost-a-content";
  let cluster: FolderCluster;
  let job: BackupJob;

  const labels = { [ownerLabel]: stack, app: "ghost-a" };
  const pod = {
    containers: [
      {
        name: "ghost",
        image: "registry.test/ghost:6",
        volumeMounts: [{ name: "content", mountPath: "/var/lib/ghost/content" }],
      },
    ],
    volumes: [{ name: "content", persistentVolumeClaim: { claimName: claim } }],
  };
  const running: ClusterObject[] = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns", labels }, status: { phase: "Active" } },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: claim, labels },
      spec: { resources: { requests: { storage: "1Gi" } }, storageClassName: "fast" },
      status: { phase: "Bound" },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "ghost-a", labels },
      spec: { selector: { matchLabels: { app: "ghost-a" } }, template: { spec: pod } },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "ghost-a-1", labels },
      spec: { ...pod, nodeName: "node1" },
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
    },
  ];
  const created = () =>
    silently(() =>
      underLock(job.store.folder, "create", (lock) =>
        create({ ...job, store: new FolderStore(job.store.folder, lock) }, { dataOnly: false, outage: false }),
      ),
    );
  const names = () => fs.readdirSync(job.store.folder).filter((name) => name !== ".lock");

  beforeEach(async () => {
    cluster = new FolderCluster();
    const home = temporaryDirectory();
    const folder = path.join(home, "backups", stack);
    fs.mkdirSync(folder, { recursive: true });
    const store = new FolderStore(folder, undefined);
    job = { stack, platform: kubernetesPlatform({ stack, config, cluster }), store, key: await newKey(home) };
    cluster.put(...running);
    fs.writeFileSync(path.join(cluster.claim(claim), "post.html"), "a post\n");
    fs.mkdirSync(path.join(cluster.claim(claim), "images", "2026"), { recursive: true });
    fs.writeFileSync(path.join(cluster.claim(claim), "images", "2026", "a.png"), Buffer.from([0, 1, 2, 255]));
  });

  it("holds what the claims hold, which a restore brings back", async () => {
    await created();
    const { backups } = await readBackups(job.store.folder, stack, job.key);
    expect(backups.map(({ platform, verifiedAt }) => [platform, verifiedAt !== undefined])).to.deep.equal([
      ["kubernetes", true],
    ]);
    const [part] = backups[0]?.parts.filter((one) => one.kind === "files") ?? [];
    expect(part).to.deep.include({ service: "ghost-a", node: "node1", image: "registry.test/ghost:6" });
    expect(part).to.have.deep.property("volume", {
      name: claim,
      driver: "claim",
      options: { size: "1Gi", storageClass: "fast" },
      labels,
    });
    cluster.remove(() => true);
    await silently(async () => carryOutRestore(job, await planRestore(job, undefined, { place: {} })));
    expect(fs.readFileSync(path.join(cluster.claim(claim), "post.html"), "utf8")).to.equal("a post\n");
    expect([...fs.readFileSync(path.join(cluster.claim(claim), "images", "2026", "a.png"))]).to.deep.equal([
      0, 1, 2, 255,
    ]);
  });

  it("is nothing at all where any of its commands fails: nothing is left under any name", async () => {
    await created();
    const steps = cluster.calls.length;
    const before = names();
    for (let call = 1; call <= steps; call += 1) {
      cluster.failAt(call);
      expect(await rejection(created()), `command ${call}`).to.be.instanceOf(UserError);
      expect(names(), `after command ${call}`).to.deep.equal(before);
    }
  });

  it("is refused where nothing of the stack is deployed, and where its namespace is somebody else's", async () => {
    cluster.remove(({ kind }) => kind === "Deployment");
    expect((await rejection(created())).message).to.contain("Nothing of stack dev is deployed in namespace ns");
    cluster.remove(({ kind }) => kind === "Namespace");
    cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" }, status: { phase: "Active" } });
    expect((await rejection(created())).message).to.contain("Namespace ns is there already, and no stack has made it");
    expect(names()).to.deep.equal([]);
  });

  it("is refused while somebody else has a claim of the stack", async () => {
    const volumes = [{ name: "x", persistentVolumeClaim: { claimName: claim } }];
    cluster.put({ apiVersion: "v1", kind: "Pod", metadata: { name: "guest" }, spec: { containers: [], volumes } });
    expect((await rejection(created())).message).to.contain(`2 pods have claim ${claim} (ghost-a-1, guest)`);
    expect(names()).to.deep.equal([]);
  });

  it("names the image that lacks the tools, before anything is read", async () => {
    const tools = temporaryDirectory();
    for (const name of ["sh", "bash"]) {
      fs.symlinkSync(commandPath(name), path.join(tools, name));
    }
    cluster.programs = tools;
    const { message } = await rejection(created());
    expect(message).to.contain(`${claim} is read with sh and tar in its own container`);
    expect(message).to.contain("image registry.test/ghost:6 has not both");
    expect(names()).to.deep.equal([]);
  });
});

function commandPath(name: string): string {
  const found = (process.env["PATH"] ?? "").split(":").map((folder) => path.join(folder, name));
  return found.find((file) => fs.existsSync(file)) ?? name;
}
