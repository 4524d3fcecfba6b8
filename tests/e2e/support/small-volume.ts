import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Kubectl } from "./kubectl";

/** A volume for one claim, in memory, which can be made too small while it is in use. The node runs on this machine. */
export class SmallVolume {
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-e2e-volume-"));

  /**
   * @param claim name of the claim that is to get it, before that is made
   * @param mebibytes its size, whatever the claim asks for
   */
  constructor(
    private readonly kubectl: Kubectl,
    private readonly claim: string,
    mebibytes: number,
  ) {
    const options = `size=${mebibytes}m,uid=999,gid=999,mode=0770`;
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", this.directory]);
  }

  private get name(): string {
    return `${this.kubectl.namespace}-${this.claim}`;
  }

  /** Declares it to the cluster. */
  async declare(): Promise<void> {
    await this.kubectl.apply({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: this.name },
      spec: {
        capacity: { storage: "20Gi" },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "local-path",
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { namespace: this.kubectl.namespace, name: this.claim },
        hostPath: { path: this.directory },
      },
    });
  }

  /** Gives it another size; one below what it holds is not taken. */
  resize(mebibytes: number): void {
    execFileSync("mount", ["-o", `remount,size=${mebibytes}m`, this.directory]);
  }

  /** Mebibytes that are used. */
  used(): number {
    const { bfree, blocks, bsize } = fs.statfsSync(this.directory);
    return Math.ceil(((blocks - bfree) * bsize) / 2 ** 20);
  }

  async remove(): Promise<void> {
    await this.kubectl.run("delete", "persistentvolume", this.name, "--ignore-not-found", "--wait=false");
    execFileSync("umount", ["--lazy", this.directory]);
    fs.rmdirSync(this.directory);
  }
}
