import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { BackupJob } from "../../../../backup/create";
import { kubernetesPlatform } from "../../../../backup/kubernetes/platform";
import type { Contents } from "../../../../backup/format/manifest";
import { carryOutRestore, planRestore } from "../../../../backup/restore/restore";
import { FolderStore } from "../../../../backup/store/store";
import { parseStackConfig } from "../../../../config/parse";
import type { KubernetesStackConfig } from "../../../../config/schema";
import { UserError } from "../../../../errors";
import { ownerLabel } from "../../../../platforms/kubernetes/labels";
import { silently } from "../../../../terminal/progress";
import { isLong } from "../../../support/long";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { madeBackup, newKey, siteFiles } from "../made-backup";
import { FolderCluster, type ClusterObject } from "./folder-cluster";

/** Claims are folders here, and containers are programs of this machine. */
describe("B1 a restore into an empty namespace", () => {
  const stack = "dev";
  const claims = ["ghost-a-content", "ghost-b-content"];
  const site = (name: string) => ({ url: `http://${name}.test`, storage: { size: "3Gi", storageClass: "fast" } });
  const config = parseStackConfig({
    platform: "kubernetes",
    kubernetes: { context: "test", namespace: "ns" },
    mailpit: { enabled: false },
    sites: { a: site("a"), b: site("b") },
  }) as KubernetesStackConfig;
  let cluster: FolderCluster;
  let job: BackupJob;
  let place: string;
  const restored = (id?: string) =>
    silently(async () => carryOutRestore(job, await planRestore(job, id, { place: {} })));
  const contentsOf = (name: string): Contents => ({
    ...siteFiles,
    volume: { name, driver: "claim", options: { size: "1Gi" }, labels: {} },
  });
  const made = async (sequence: number, over: Partial<Parameters<typeof madeBackup>[2]> = {}) => {
    const files = { "post.html": `post ${sequence}\n` };
    const contents = claims.map(contentsOf);
    return path.basename(
      await madeBackup(place, job.key, { stack, platform: "kubernetes", sequence, contents, files, ...over }),
    );
  };
  const labelled = (kind: string, name: string, owner?: string): ClusterObject => ({
    apiVersion: "v1",
    kind,
    metadata: { name, ...(owner === undefined ? {} : { labels: { [ownerLabel]: owner } }) },
    spec: kind === "PersistentVolumeClaim" ? claimSpec : {},
    status: { phase: kind === "PersistentVolumeClaim" ? "Bound" : "Active" },
  });
  const claimSpec = { storageClassName: "fast", resources: { requests: { storage: "3Gi" } } };
  const namespace = () => labelled("Namespace", "ns", stack);
  const filesOf = (name: string) => fs.readdirSync(cluster.claim(name)).sort();
  const marker = (name: string) => path.join(cluster.claim(name), ".ghost-platform-restore");
  const post = (name: string) => fs.readFileSync(path.join(cluster.claim(name), "post.html"), "utf8");
  const empty = () => cluster.remove(() => true);

  beforeEach(async () => {
    cluster = new FolderCluster();
    const home = temporaryDirectory();
    place = path.join(home, "backups");
    const key = await newKey(home);
    job = {
      stack,
      platform: kubernetesPlatform({ stack, config, cluster }),
      store: new FolderStore(path.join(place, stack), undefined),
      key,
    };
  });

  it("makes the claims as the stack's program has them, fills them, and leaves nothing else there", async () => {
    await made(1);
    await restored();
    for (const name of claims) {
      expect(filesOf(name)).to.deep.equal(["post.html"]);
      expect(post(name)).to.equal("post 1\n");
    }
    expect(cluster.names).to.have.members(["Namespace ns", ...claims.map((name) => `PersistentVolumeClaim ${name}`)]);
    const [claim] = cluster.objectsThere.filter(({ kind }) => kind === "PersistentVolumeClaim");
    // Not as they were where it was saved.
    expect(claim?.["spec"]).to.deep.include({ storageClassName: "fast", resources: { requests: { storage: "3Gi" } } });
    expect(claim?.metadata.labels).to.include({ [ownerLabel]: stack });
  });

  it("is refused onto data, of which it changes nothing, and names all of it", async () => {
    await made(1);
    cluster.put(namespace(), ...claims.map((name) => labelled("PersistentVolumeClaim", name, stack)));
    claims.forEach((name) => fs.writeFileSync(path.join(cluster.claim(name), "post.html"), "newer\n"));
    const failure = await rejection(restored());
    expect(failure).to.be.instanceOf(UserError);
    for (const name of claims) {
      expect(failure.message).to.contain(`claim ${name} is there already and holds data`);
      expect(post(name)).to.equal("newer\n");
    }
    expect(cluster.names.filter((name) => /Job|Pod|NetworkPolicy/.test(name))).to.deep.equal([]);
  });

  it("is refused where the namespace or a claim of these names is somebody else's, before anything", async () => {
    await made(1);
    cluster.put(labelled("Namespace", "ns"));
    expect((await rejection(restored())).message).to.contain("Namespace ns is there already, and no stack has made it");
    empty();
    cluster.put(namespace(), labelled("PersistentVolumeClaim", claims[0] ?? "", "other"));
    expect((await rejection(restored())).message).to.contain(`${claims[0]} belongs to stack other`);
    expect(cluster.calls.filter((call) => /^(create|apply|delete|exec)/.test(call))).to.deep.equal([]);
  });

  it("is refused where the stack is deployed, a claim is of another moment, or somebody has a claim", async () => {
    await made(1);
    const guest = {
      ...labelled("Pod", "guest"),
      spec: { volumes: [{ name: "x", persistentVolumeClaim: { claimName: claims[0] } }], containers: [] },
    };
    cluster.put(
      namespace(),
      guest,
      labelled("Deployment", "ghost-a", stack),
      labelled("PersistentVolumeClaim", claims[0] ?? "", stack),
      labelled("PersistentVolumeClaim", "data-mysql-1", stack),
    );
    const { message } = await rejection(restored());
    expect(message).to.contain("stack dev is deployed in namespace ns (ghost-a)");
    expect(message).to.contain("claim data-mysql-1 is there already, and the backup has nothing for it");
    expect(message).to.contain(`claim ${claims[0]}: pod guest has it`);
    expect(cluster.calls.filter((call) => /^(create|apply|delete|exec)/.test(call))).to.deep.equal([]);
  });

  it("is refused for what nothing of the stack file would read, and for a machine that takes another's place", async () => {
    await made(1, { contents: [contentsOf("ghost-gone-content")] });
    const planned = planRestore(job, undefined, { place: { a: "b" } });
    const { message } = await rejection(planned);
    expect(message).to.contain("claim ghost-gone-content: nothing of the stack file as it is here mounts it");
    expect(message).to.contain("--to and --place are for the machines of a swarm");
  });

  describe("K1 onto a claim of somebody else's", () => {
    const theirs = "their-content";
    beforeEach(async () => {
      const storage = { existingClaim: theirs };
      const sites = { a: { url: "http://a.test", storage } };
      const own = parseStackConfig({
        platform: "kubernetes",
        kubernetes: { context: "test", namespace: "ns" },
        mailpit: { enabled: false },
        sites,
      }) as KubernetesStackConfig;
      job = { ...job, platform: kubernetesPlatform({ stack, config: own, cluster }) };
      await made(1, { contents: [contentsOf(theirs)] });
    });

    it("fills one that is empty, and leaves it somebody else's", async () => {
      cluster.put(namespace(), labelled("PersistentVolumeClaim", theirs));
      await restored();
      expect(post(theirs)).to.equal("post 1\n");
      const [claim] = cluster.objectsThere.filter(({ kind }) => kind === "PersistentVolumeClaim");
      expect(claim).to.deep.equal(labelled("PersistentVolumeClaim", theirs));
    });

    it("is refused where it is not there, or holds data, without a word of deleting it", async () => {
      const missing = `claim ${theirs}: storage.existingClaim of the stack file names it, and it is not there`;
      expect((await rejection(restored())).message).to.contain(missing);
      cluster.put(namespace());
      expect((await rejection(restored())).message).to.contain(missing);
      cluster.put(labelled("PersistentVolumeClaim", theirs));
      fs.writeFileSync(path.join(cluster.claim(theirs), "post.html"), "newer\n");
      const { message } = await rejection(restored());
      expect(message).to.contain(`claim ${theirs} is there already and holds data`);
      expect(message).to.not.contain("delete");
      expect(post(theirs)).to.equal("newer\n");
    });
  });

  it("is refused for a backup of a swarm, in words", async () => {
    await made(1, { platform: "swarm", contents: [siteFiles] });
    expect((await rejection(restored())).message).to.match(/of stack dev on Docker Swarm, and .* runs on Kubernetes/);
    expect(cluster.calls).to.deep.equal([]);
  });

  it("is refused where an empty claim is of another size or class than the stack's, before it fills another", async () => {
    await made(1);
    const small = { ...labelled("PersistentVolumeClaim", claims[1] ?? "", stack), spec: { storageClassName: "slow" } };
    cluster.put(namespace(), small);
    const { message } = await rejection(restored());
    expect(message).to.contain(
      `claim ${claims[1]} is there already, with no size of class slow instead of 3Gi of class fast`,
    );
    expect(cluster.calls.filter((call) => /^(create|apply|delete|exec)/.test(call))).to.deep.equal([]);
  });

  it("skips no claim that is gone now, and fills none that lives since", async () => {
    await made(1);
    await restored();
    fs.writeFileSync(path.join(cluster.claim(claims[0] ?? ""), "post.html"), "written since\n");
    expect((await rejection(restored())).message).to.contain("is there already");
    expect(post(claims[0] ?? "")).to.equal("written since\n");
    empty();
    await restored();
    expect(claims.map(post)).to.deep.equal(["post 1\n", "post 1\n"]);
  });

  it("interrupted at any of its commands goes on where it was: what it filled stays, what was half filled is filled anew", async function () {
    this.timeout(120_000);
    await made(1);
    await restored();
    const steps = cluster.calls.length;
    const first = cluster.calls.findIndex((call) => /^(apply|create)/.test(call)) + 1;
    expect(first).to.be.greaterThan(1);
    // Otherwise at some of them: those of the two claims are the same.
    for (let call = first; call <= steps; call += isLong ? 1 : 5) {
      empty();
      // Its work is done, and nobody learns it.
      cluster.failAt(call, "after");
      await rejection(restored());
      cluster.failAt(undefined);
      const inState = (state: string) =>
        claims.filter((name) => fs.existsSync(marker(name)) && read(marker(name)).startsWith(`${state} `));
      const [filled, half] = [inState("filled"), inState("begun")];
      filled.forEach((name) => fs.writeFileSync(path.join(cluster.claim(name), "post.html"), "lives\n"));
      half.forEach((name) => fs.writeFileSync(path.join(cluster.claim(name), "half.html"), "half\n"));
      const isThrough = claims.some(
        (name) => fs.existsSync(path.join(cluster.claim(name), "post.html")) && !fs.existsSync(marker(name)),
      );
      // As though its process had ended with it.
      cluster.remove(({ kind }) => ["Job", "Pod", "NetworkPolicy"].includes(kind));
      const where = `after command ${call}`;
      if (isThrough) {
        expect((await rejection(restored())).message, where).to.contain("is there already");
      } else {
        await restored();
        for (const name of claims) {
          expect(filesOf(name), where).to.deep.equal(["post.html"]);
          expect(post(name), where).to.equal(filled.includes(name) ? "lives\n" : "post 1\n");
        }
      }
    }
  });

  it("does not go on in what a restore of another backup has begun", async () => {
    const first = await made(1);
    await made(2);
    await restored(first);
    fs.writeFileSync(marker(claims[0] ?? ""), `begun ${first} ${"0".repeat(64)} abc\n`);
    fs.rmSync(path.join(cluster.claim(claims[1] ?? ""), "post.html"));
    const { message } = await rejection(restored());
    expect(message).to.contain(`by a restore of backup ${first}, which is not through`);
  });

  it("says who else is at work there, and changes nothing", async () => {
    await made(1);
    const holder = { token: "t", command: "restore", user: "ada", host: "elsewhere", pid: 7, started: "1" };
    const annotations = {
      "ghost-platform/backup-by": JSON.stringify({ ...holder, machine: "m", boot: "b c", since: "now" }),
    };
    const other = labelled("Job", "backup-1", stack);
    Object.assign(other.metadata, { annotations, labels: { [ownerLabel]: stack, "ghost-platform/backup-of": stack } });
    cluster.put(namespace(), { ...other, status: { active: 1 } });
    const { message } = await rejection(restored());
    expect(message).to.contain("Job backup-1 works for `restore` of ada on elsewhere (process 7");
    expect(cluster.names).to.contain("Job backup-1");
  });
});

function read(file: string): string {
  return fs.readFileSync(file, "utf8");
}
