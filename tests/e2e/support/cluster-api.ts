import * as fs from "node:fs";
import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import { json } from "node:stream/consumers";
import { parse } from "yaml";

/** The parts of the test node's kubeconfig that its API is asked with. */
interface Kubeconfig {
  clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { token: string } }];
}

/**
 * The API of the test node without kubectl, for what is asked again and again while a test waits: a process a question takes a tenth of a
 * second of a processor, which on a small machine is taken from what is waited for.
 */
export class ClusterApi {
  private readonly server: string;
  private readonly token: string;
  private readonly agent: https.Agent;

  /** @param kubeconfig one that the sandbox wrote: one cluster, and a user with a token */
  constructor(kubeconfig: string) {
    const { clusters, users } = parse(fs.readFileSync(kubeconfig, "utf8")) as Kubeconfig;
    const { cluster } = clusters[0];
    this.server = cluster.server;
    this.token = users[0].user.token;
    this.agent = new https.Agent({ ca: Buffer.from(cluster["certificate-authority-data"], "base64"), keepAlive: true });
  }

  /**
   * What the API answers to a GET.
   *
   * @throws Error with the status, when it is not 200
   */
  async get<Value>(path: string): Promise<Value> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      https
        .get(`${this.server}${path}`, {
          agent: this.agent,
          headers: { Authorization: `Bearer ${this.token}` },
          signal: AbortSignal.timeout(10_000),
        })
        .on("response", resolve)
        .on("error", reject);
    });
    const body = await json(response);
    if (response.statusCode !== 200) {
      throw new Error(`the API server answers ${response.statusCode ?? 0} to ${path}: ${JSON.stringify(body)}`);
    }
    return body as Value;
  }
}
