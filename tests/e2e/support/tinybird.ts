import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** What Tinybird was sent. */
export interface Sent {
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Stands in for Tinybird's API: it takes events, as that does, and remembers what it was sent. */
export class Tinybird {
  readonly sent: Sent[] = [];

  private constructor(private readonly server: http.Server) {}

  /** Starts one at an address of this machine. */
  static async start(address: string): Promise<Tinybird> {
    const server = http.createServer();
    const started = new Tinybird(server);
    server.on("request", (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (part: string) => (body += part));
      request.on("end", () => {
        started.sent.push({ path: request.url ?? "", headers: request.headers, body });
        response.writeHead(202, { "Content-Type": "application/json" });
        response.end('{"successful_rows":1,"quarantined_rows":0}');
      });
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
