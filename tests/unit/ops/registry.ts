import { createHash } from "node:crypto";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** How the registry behaves. */
export interface RegistryBehaviour {
  /** Content by `repository:tag`. */
  manifests: Record<string, string>;
  /** Whether it wants a token, as Docker Hub does. */
  token?: boolean;
  /** Digest it claims instead of the real one. */
  claimedDigest?: string;
  /** Tags by repository, in pages. */
  tags?: Record<string, string[][]>;
  /** Status of every answer about a manifest or about tags. */
  status?: number;
}

/** A registry on this machine that speaks as much of the Registry HTTP API v2 as a client needs to look up a tag. */
export class FakeRegistry {
  /** Every request: method, path and query, and whether it carried the token. */
  readonly requests: string[] = [];

  private constructor(
    private readonly server: http.Server,
    /** For references: `localhost:PORT`. */
    readonly host: string,
  ) {}

  static async start(behaviour: RegistryBehaviour): Promise<FakeRegistry> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const registry = new FakeRegistry(server, `localhost:${(server.address() as AddressInfo).port}`);
    server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) =>
      registry.answer(behaviour, request, response),
    );
    return registry;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(
    { claimedDigest, manifests, status, tags, token }: RegistryBehaviour,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): void {
    const url = new URL(request.url ?? "/", `http://${this.host}`);
    const authorized = request.headers.authorization === "Bearer of-anybody";
    this.requests.push(`${request.method ?? ""} ${url.pathname}${url.search}${authorized ? " with token" : ""}`);
    if (url.pathname === "/token") {
      response.end(JSON.stringify({ token: "of-anybody" }));
      return;
    }
    const [, repository = "", tag = ""] = /^\/v2\/(.+)\/(?:manifests|tags)\/(.+)$/.exec(url.pathname) ?? [];
    if (token && !authorized) {
      const challenge = `Bearer realm="http://${this.host}/token",service="registry.test",scope="repository:${repository}:pull"`;
      response.writeHead(401, { "WWW-Authenticate": challenge }).end();
      return;
    }
    if (url.pathname.endsWith("/tags/list")) {
      const page = Number(url.searchParams.get("page") ?? 0);
      const found = tags?.[repository]?.[page];
      const more = tags?.[repository]?.[page + 1] !== undefined;
      response
        .writeHead(status ?? (found ? 200 : 404), {
          ...(more ? { Link: `</v2/${repository}/tags/list?page=${page + 1}>; rel="next"` } : {}),
        })
        .end(JSON.stringify({ name: repository, tags: found }));
      return;
    }
    const manifest = manifests[`${repository}:${tag}`];
    if (status !== undefined || manifest === undefined) {
      response.writeHead(status ?? 404).end();
      return;
    }
    response
      .writeHead(200, {
        "Content-Type": "application/vnd.oci.image.index.v1+json",
        "Docker-Content-Digest": claimedDigest ?? digestOf(manifest),
      })
      .end(manifest);
  }
}

/** The digest of a manifest. */
export function digestOf(manifest: string): string {
  return `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
}
