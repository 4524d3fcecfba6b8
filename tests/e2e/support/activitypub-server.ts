import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** What a server of ActivityPub was asked. */
interface Asked {
  path: string;
  host: string | undefined;
  protocol: string | undefined;
}

/** Stands in for the server of Ghost's makers: it answers like it to a Ghost that asks how to reach it, and remembers what it was asked. */
export class ActivityPubServer {
  readonly asked: Asked[] = [];

  private constructor(private readonly server: http.Server) {}

  /** Starts one at an address of this machine. */
  static async start(address: string): Promise<ActivityPubServer> {
    const server = http.createServer();
    const started = new ActivityPubServer(server);
    server.on("request", ({ headers, url = "" }, response) => {
      started.asked.push({ path: url, host: headers.host, protocol: String(headers["x-forwarded-proto"]) });
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ webhook_secret: "for-tests" }));
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
