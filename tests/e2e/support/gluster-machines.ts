import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../../engines/process";
import { type Completed } from "../../../errors";
import { startEngine } from "../../../sandbox/engine";
import { stateFolder } from "../../../sandbox/state";
import { until } from "./until";

const folder = stateFolder("engine");

/** Name of the volume. */
const volume = "shared";

/**
 * Machines of the sandbox with GlusterFS on each: one volume of which every machine has a copy (a brick), mounted on each at the same path. The
 * commands are those of docs/swarm-storage.md.
 */
export class GlusterMachines {
  /**
   * @param numbers of the engines, which run
   * @param mountPoint where the volume is mounted on each
   */
  private constructor(
    private readonly numbers: readonly number[],
    readonly mountPoint: string,
  ) {}

  /**
   * Makes the volume and mounts it nowhere yet.
   *
   * @param pingTimeout seconds until a machine that says nothing is taken for lost
   */
  static async make(numbers: readonly number[], mountPoint: string, pingTimeout: number): Promise<GlusterMachines> {
    const machines = new GlusterMachines(numbers, mountPoint);
    await machines.serve(...numbers);
    fs.mkdirSync(mountPoint, { recursive: true });
    const [first = 0, ...others] = numbers;
    const gluster = (...args: string[]) => machines.gluster(first, ...args);
    for (const other of others) {
      await gluster("peer", "probe", address(other));
    }
    await until("the machines to know each other", 60, async () => {
      const status = await gluster("peer", "status");
      return status.match(/Peer in Cluster \(Connected\)/g)?.length === others.length;
    });
    const bricks = numbers.map((number) => `${address(number)}:${brickOf(number)}`);
    await gluster("volume", "create", volume, "replica", String(numbers.length), ...bricks, "force");
    await gluster("volume", "set", volume, "network.ping-timeout", String(pingTimeout));
    await gluster("volume", "set", volume, "auth.allow", numbers.map(address).join(","));
    await gluster("volume", "start", volume);
    return machines;
  }

  /** Gives a machine a place of its own at the mount point, as its own disk would be: with the same folders on each all would see the same. */
  async ownDisk(number: number): Promise<void> {
    await onMachine(number, "mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", this.mountPoint);
  }

  /** Mounts the volume on a machine. */
  async mount(number: number): Promise<void> {
    const others = this.numbers.filter((other) => other !== number).map(address);
    const options = `backup-volfile-servers=${others.join(":")},log-file=${folder}/${number}/gluster/log/mount.log`;
    const source = `${address(number)}:/${volume}`;
    await until(`node${number} to mount the volume`, 60, async () => {
      await onMachine(number, "mount", "-t", "glusterfs", "-o", options, source, this.mountPoint);
      return true;
    });
  }

  /** Runs a program on a machine, where its engine runs, and returns what it prints. */
  async on(number: number, program: string, ...args: string[]): Promise<string> {
    return (await onMachine(number, program, ...args)).stdout.trim();
  }

  /** Runs `gluster ARGUMENTS` on a machine. */
  async gluster(number: number, ...args: string[]): Promise<string> {
    const server = fs.readFileSync(path.join(folder, String(number), "gluster", "pid"), "utf8").trim();
    const enter = ["--target", server, "--net", "--mount", "--uts"];
    // It asks before it does what cannot be undone.
    return (await run("nsenter", [...enter, "gluster", "--mode=script", ...args], { timeout: 180 })).stdout.trim();
  }

  /** How many files each brick lacks, as one of the machines tells; undefined for a brick that does not answer. */
  async toHeal(number: number): Promise<(number | undefined)[]> {
    const info = await this.gluster(number, "volume", "heal", volume, "info");
    return [...info.matchAll(/^Number of entries: (\d+|-)$/gm)].map(([, count = "-"]) =>
      count === "-" ? undefined : Number(count),
    );
  }

  /** A file of the volume as it lies on a machine's brick. */
  onBrick(number: number, file: string): { content: Buffer; owner: number } | undefined {
    const place = path.join(brickOf(number), file);
    return fs.existsSync(place) ? { content: fs.readFileSync(place), owner: fs.statSync(place).uid } : undefined;
  }

  /** Starts a machine after that, with its brick; what it mounts, it mounts anew. */
  async powerOn(number: number): Promise<void> {
    await startEngine(number);
    await this.ownDisk(number);
    await this.serve(number);
  }

  /** Removes the mount point of this machine; the rest goes with the engines. */
  remove(): void {
    fs.rmdirSync(this.mountPoint);
  }

  private async serve(...numbers: number[]): Promise<void> {
    await run(path.join(__dirname, "gluster.sh"), [folder, ...numbers.map(String)], { timeout: 600 });
  }
}

/** Address of a machine. */
function address(number: number): string {
  return `10.99.0.${number}`;
}

function brickOf(number: number): string {
  return path.join(folder, String(number), "gluster", "brick");
}

/** Runs a program where a machine's engine runs: what it mounts, the engine and its containers see. */
function onMachine(number: number, program: string, ...args: string[]): Promise<Completed> {
  const engine = fs.readFileSync(path.join(folder, String(number), "docker.pid"), "utf8").trim();
  return run("nsenter", ["--target", engine, "--net", "--mount", "--uts", program, ...args], { timeout: 180 });
}
