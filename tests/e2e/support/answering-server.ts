import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request as a server was sent it. */
export interface Sent {
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Stands in for a server of somebody else's: it gives every request one answer, and remembers what it was sent. */
export class AnsweringServer {
  readonly sent: Sent[] = [];

  private constructor(private readonly server: http.Server) {}

  /** Starts one at an address of this machine. */
  static async start(address: string, status: number, answer: object): Promise<AnsweringServer> {
    const server = http.createServer();
    const started = new AnsweringServer(server);
    server.on("request", (request, response) => {
      text(request)
        .then((body) => {
          started.sent.push({ path: request.url ?? "", headers: request.headers, body });
          response.writeHead(status, { "Content-Type": "application/json" });
          response.end(JSON.stringify(answer));
        })
        // A request that was broken off.
        .catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    return started;
  }

  get url(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** The ActivityPub server of Ghost's makers, as it answers a Ghost that asks how to reach it. */
export function startActivityPub(address: string): Promise<AnsweringServer> {
  return AnsweringServer.start(address, 200, { webhook_secret: "for-tests" });
}

/** Tinybird's API, as it takes events. */
export function startTinybird(address: string): Promise<AnsweringServer> {
  return AnsweringServer.start(address, 202, { successful_rows: 1, quarantined_rows: 0 });
}
