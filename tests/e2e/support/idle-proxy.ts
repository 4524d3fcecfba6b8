import * as net from "node:net";

/** What stands in front of many a server: hands bytes on, and drops a connection over which none came for a while. */
export class IdleProxy {
  /** Connections that it has dropped. */
  dropped = 0;
  private readonly server = net.createServer((client) => {
    const server = net.connect(this.to);
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.pipe(to);
      from.on("error", end).on("close", end);
    }
    client.setTimeout(this.idleSeconds * 1000, () => {
      this.dropped += 1;
      end();
    });
  });

  private constructor(
    private readonly to: { host: string; port: number },
    private readonly idleSeconds: number,
  ) {}

  /** Listens at an address of this machine. */
  static async start(
    at: { host: string; port: number },
    to: { host: string; port: number },
    idleSeconds: number,
  ): Promise<IdleProxy> {
    const proxy = new IdleProxy(to, idleSeconds);
    await new Promise<void>((resolve, reject) => proxy.server.once("error", reject).listen(at, resolve));
    return proxy;
  }

  stop(): void {
    this.server.close();
  }
}
