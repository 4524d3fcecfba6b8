import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { run } from "../../../engines/process";
import { buildStores } from "../../../sandbox/stores";
import { until } from "./until";

const user = "backup";
const password = "a long enough phrase 7";

/** The kinds of storage that a backup can go to. */
export type StorageKind = "s3" | "sftp" | "webdav";

/** A server of this machine that keeps what it is given in a folder, and the rclone that speaks to it. */
export class RemoteStorage {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly kind: StorageKind,
    private readonly folder: string,
    private readonly port: number,
    private readonly bin: string,
    private readonly host: string,
  ) {}

  /**
   * Starts one, with an empty bucket `backups` in it.
   *
   * @param folder that is made for it
   * @param host where it answers. Default: to this machine alone
   */
  static async start(kind: StorageKind, folder: string, host = "127.0.0.1"): Promise<RemoteStorage> {
    const bin = await buildStores();
    const storage = new RemoteStorage(kind, folder, await freePort(host), bin, host);
    fs.mkdirSync(storage.bucket, { recursive: true });
    if (kind === "sftp") {
      await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", storage.hostKey]);
    }
    fs.writeFileSync(storage.configuration, await storage.section(), { mode: 0o600 });
    await storage.resume();
    return storage;
  }

  /** Folder of this machine in which the server keeps the bucket. */
  get bucket(): string {
    return path.join(this.folder, "data", "backups");
  }

  /** Variables with which a command finds rclone, and the remote `offsite`. */
  get variables(): Record<string, string> {
    return { PATH: this.bin, RCLONE_CONFIG: this.configuration };
  }

  get configuration(): string {
    return path.join(this.folder, "rclone.conf");
  }

  /** Files in the bucket, sorted. */
  files(): string[] {
    return fs
      .readdirSync(this.bucket, { recursive: true, encoding: "utf8" })
      .filter((name) => fs.statSync(path.join(this.bucket, name)).isFile())
      .sort();
  }

  /** Starts the server, on what it kept. */
  async resume(): Promise<void> {
    const data = path.join(this.folder, "data");
    const address = `${this.host}:${this.port}`;
    const rclone = path.join(this.bin, "rclone");
    const served = [data, "--addr", address, "--user", user, "--pass", password];
    const [program, args]: [string, string[]] = {
      s3: [path.join(this.bin, "versitygw"), ["--port", address, "posix", data]] as [string, string[]],
      sftp: [rclone, ["serve", "sftp", ...served, "--key", this.hostKey]] as [string, string[]],
      webdav: [rclone, ["serve", "webdav", ...served]] as [string, string[]],
    }[this.kind];
    const log = fs.openSync(path.join(this.folder, "log"), "a");
    this.child = spawn(program, args, {
      stdio: ["ignore", log, log],
      env: { ...process.env, ROOT_ACCESS_KEY: user, ROOT_SECRET_KEY: password },
    });
    fs.closeSync(log);
    await until(`${this.kind} to answer`, 30, () => answers(this.host, this.port));
  }

  /** Ends the server as a loss of power does. */
  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.exitCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
  }

  private get hostKey(): string {
    return path.join(this.folder, "host-key");
  }

  private async section(): Promise<string> {
    const obscured = (await run(path.join(this.bin, "rclone"), ["obscure", "-"], { input: password })).stdout.trim();
    const knownHosts = path.join(this.folder, "known_hosts");
    if (this.kind === "sftp") {
      const key = fs.readFileSync(`${this.hostKey}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
      fs.writeFileSync(knownHosts, `[${this.host}]:${this.port} ${key}\n`);
    }
    const settings = {
      s3: {
        provider: "Other",
        endpoint: `http://${this.host}:${this.port}`,
        region: "us-east-1",
        access_key_id: user,
        secret_access_key: password,
      },
      sftp: { host: this.host, port: this.port, user, pass: obscured, known_hosts_file: knownHosts },
      webdav: { url: `http://${this.host}:${this.port}`, vendor: "other", user, pass: obscured },
    }[this.kind];
    const lines = Object.entries({ type: this.kind, ...settings }).map(([key, value]) => `${key} = ${value}\n`);
    return `[offsite]\n${lines.join("")}`;
  }
}

async function freePort(host: string): Promise<number> {
  const server = net.createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
