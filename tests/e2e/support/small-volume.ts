import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Kubectl } from "./kubectl";
import type { Engine } from "./swarm-place";
import { until } from "./until";

/**
 * A volume with a file system of its own, which can be made full while it is in use. It is a file, not memory: what a container writes to a file system in
 * memory counts towards its limit. The test nodes run on this machine.
 */
export class SmallVolume {
  private readonly scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-e2e-volume-"));
  private readonly image = path.join(this.scratch, "image");
  protected readonly directory = path.join(this.scratch, "volume");
  /** The block device that it is to this machine. */
  protected readonly device: string;

  /** @param mebibytes its size, whatever is asked for */
  constructor(mebibytes: number) {
    execFileSync("truncate", ["--size", `${mebibytes}M`, this.image]);
    execFileSync("mkfs.ext4", ["-q", "-F", "-m", "0", this.image]);
    fs.mkdirSync(this.directory);
    this.device = execFileSync("losetup", ["--find", "--show", this.image], { encoding: "utf8" }).trim();
    execFileSync("mount", [this.device, this.directory]);
    fs.chownSync(this.directory, 999, 999);
    fs.chmodSync(this.directory, 0o770);
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

  /** Takes it away, once nobody uses it any more. */
  remove(): Promise<void> {
    execFileSync("umount", ["--lazy", this.directory]);
    execFileSync("losetup", ["--detach", this.device]);
    fs.rmSync(this.scratch, { recursive: true });
    return Promise.resolve();
  }

  /** Bytes that are free. */
  private free(): number {
    const { bavail, bsize } = fs.statfsSync(this.directory);
    return bavail * bsize;
  }
}

/** One for a claim of the test node. */
export class SmallClaim extends SmallVolume {
  /** @param claim name of the claim that is to get it, before that is made */
  constructor(
    private readonly kubectl: Kubectl,
    private readonly claim: string,
    mebibytes: number,
  ) {
    super(mebibytes);
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

  override async remove(): Promise<void> {
    await this.kubectl.run("delete", "persistentvolume", this.name, "--ignore-not-found", "--wait=false");
    await super.remove();
  }
}

/** One for a volume of a stack on a test engine. */
export class SmallEngineVolume extends SmallVolume {
  /**
   * @param stack the stack's name in the swarm
   * @param name of the volume, before the stack makes it
   */
  constructor(
    private readonly engine: Engine,
    private readonly stack: string,
    private readonly name: string,
    mebibytes: number,
  ) {
    super(mebibytes);
  }

  /** Makes it, as the stack's own. The engine mounts it itself: it does not see what is mounted here. */
  async declare(): Promise<void> {
    await this.engine.docker(
      ...["volume", "create", "--opt", "type=ext4", "--opt", `device=${this.device}`],
      ...["--label", `ghost-platform.stack=${this.stack}`, "--label", `com.docker.stack.namespace=${this.stack}`],
      this.name,
    );
  }
}
