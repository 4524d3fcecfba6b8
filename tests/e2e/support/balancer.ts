import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";

/** What stands in front of several machines: a connection goes to the first that takes it. */
export class Balancer {
  private constructor(
    private readonly server: Server,
    /** Address and port at which it listens. */
    readonly address: string,
  ) {}

  /**
   * @param host where it listens, at a port that is free
   * @param machines addresses to try in this order
   * @param port theirs
   */
  static async start(host: string, machines: readonly string[], port: number): Promise<Balancer> {
    const server = createServer((client) => {
      client.on("error", () => client.destroy());
      const tryNext = ([machine, ...others]: readonly string[]) => {
        if (machine === undefined) {
          client.destroy();
          return;
        }
        const upstream = connect({ host: machine, port });
        const refused = () => tryNext(others);
        upstream.once("error", refused);
        upstream.once("connect", () => {
          upstream.off("error", refused);
          upstream.on("error", () => client.destroy());
          client.on("close", () => upstream.destroy());
          upstream.pipe(client).pipe(upstream);
        });
      };
      tryNext(machines);
    });
    server.listen({ host, port: 0 });
    await once(server, "listening");
    return new Balancer(server, `${host}:${(server.address() as AddressInfo).port}`);
  }

  stop(): void {
    this.server.close();
  }
}
