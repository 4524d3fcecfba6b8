import * as fs from "node:fs";
import * as https from "node:https";
import * as path from "node:path";
import { testImageNames } from "../../../sandbox/images";
import { certificateFor } from "./certificate";
import type { Engine } from "./swarm-place";
import { until } from "./until";

const ports = { acme: 14000, management: 15000, names: 8053 };

/**
 * Pebble, the ACME authority for tests, on an engine of the tests, with a name server of its own to which every name leads to that engine. It asks for
 * each name where a public authority does: at ports 80 and 443.
 */
export class Pebble {
  private readonly container = "ghost-platform-pebble";

  private constructor(
    private readonly engine: Engine,
    private readonly address: string,
    private readonly directory: string,
    /** File with the root of its own address. */
    readonly caFile: string,
  ) {}

  /**
   * Makes one that does not run yet.
   *
   * @param validMinutes how long its certificates hold. Default: three months
   */
  static async make(
    engine: Engine,
    address: string,
    directory: string,
    { validMinutes = 90 * 24 * 60 }: { validMinutes?: number } = {},
  ): Promise<Pebble> {
    const { certificate, key } = await certificateFor(address, directory);
    const listening = {
      listenAddress: `0.0.0.0:${ports.acme}`,
      managementListenAddress: `0.0.0.0:${ports.management}`,
      certificate: `/pebble/${path.basename(certificate)}`,
      privateKey: `/pebble/${path.basename(key)}`,
    };
    const profiles = { default: { description: "The only one", validityPeriod: validMinutes * 60 } };
    const asking = { httpPort: 80, tlsPort: 443, retryAfter: { authz: 1, order: 1 } };
    const config = { pebble: { ...listening, ...asking, profiles } };
    fs.writeFileSync(path.join(directory, "pebble.json"), JSON.stringify(config));
    const pebble = new Pebble(engine, address, directory, certificate);
    await pebble.stop();
    return pebble;
  }

  /** Its directory, as a client is told it. */
  get url(): string {
    return `https://${this.address}:${ports.acme}/dir`;
  }

  /** Starts it; it knows nothing of an earlier run. */
  async start(): Promise<void> {
    const names = `pebble-challtestsrv -defaultIPv4 ${this.address} -defaultIPv6 "" -dnsserver 127.0.0.1:${ports.names}`;
    await this.engine.docker(
      ...["run", "--detach", "--name", this.container, "--network", "host"],
      ...["--volume", `${this.directory}:/pebble:ro`, "--env", "PEBBLE_VA_NOSLEEP=1"],
      ...["--entrypoint", "sh", testImageNames.pebble, "-c"],
      `${names} -http01 "" -https01 "" -tlsalpn01 "" -doh "" & exec pebble -config /pebble/pebble.json -dnsserver 127.0.0.1:${ports.names}`,
    );
    await until("pebble to answer", 30, () => this.root());
  }

  async stop(): Promise<void> {
    await this.engine.docker("rm", "--force", this.container).catch(() => undefined);
  }

  /** The root of the certificates that it issues, in PEM form. */
  root(): Promise<string> {
    const address = { host: this.address, port: ports.management, path: "/roots/0", rejectUnauthorized: false };
    return new Promise((resolve, reject) => {
      const request = https.get({ ...address, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
      });
      request.on("error", reject);
    });
  }

  /** How many certificates it has issued since its start. */
  async issued(): Promise<number> {
    const log = await this.engine.logs([this.container]);
    return log.split("\n").filter((line) => line.includes("Issued certificate serial")).length;
  }
}
