import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Kubectl } from "./kubectl";
import { until } from "./until";

/**
 * A volume for one claim, with a file system of its own, which can be made full while it is in use. It is a file, not memory: what a pod writes
 * to a file system in memory counts towards the pod's limit. The node runs on this machine.
 */
export class SmallVolume {
  private readonly scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-e2e-volume-"));
  private readonly image = path.join(this.scratch, "image");
  private readonly directory = path.join(this.scratch, "volume");

  /**
   * @param claim name of the claim that is to get it, before that is made
   * @param mebibytes its size, whatever the claim asks for
   */
  constructor(
    private readonly kubectl: Kubectl,
    private readonly claim: string,
    mebibytes: number,
  ) {
    execFileSync("truncate", ["--size", `${mebibytes}M`, this.image]);
    execFileSync("mkfs.ext4", ["-q", "-F", "-m", "0", this.image]);
    fs.mkdirSync(this.directory);
    execFileSync("mount", ["-o", "loop", this.image, this.directory]);
    fs.chownSync(this.directory, 999, 999);
    fs.chmodSync(this.directory, 0o770);
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

  /**
   * Takes the room away, with files that nobody looks at.
   *
   * @param left mebibytes to leave
   */
  async fill(left = 0): Promise<void> {
    let file = 0;
    await until("the volume to be full", 60, () => {
      const excess = this.free() - left * 2 ** 20;
      if (excess <= 0) {
        return Promise.resolve(true);
      }
      // Fails at the end of the room, some of which it needs itself, and keeps what it got.
      execFileSync("fallocate", ["--length", String(excess), path.join(this.directory, `.filler-${file++}`)], {
        stdio: "pipe",
      });
      return Promise.resolve(this.free() <= left * 2 ** 20);
    });
  }

  /** Gives the room back. */
  empty(): void {
    for (const file of fs.readdirSync(this.directory).filter((name) => name.startsWith(".filler-"))) {
      fs.rmSync(path.join(this.directory, file));
    }
  }

  /** Bytes that are free. */
  private free(): number {
    const { bavail, bsize } = fs.statfsSync(this.directory);
    return bavail * bsize;
  }

  async remove(): Promise<void> {
    await this.kubectl.run("delete", "persistentvolume", this.name, "--ignore-not-found", "--wait=false");
    execFileSync("umount", ["--lazy", this.directory]);
    fs.rmSync(this.scratch, { recursive: true });
  }
}
