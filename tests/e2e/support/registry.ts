import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { certificateFor } from "./certificate";

/** This machine on the network of the sandbox's engines, which trust it whatever its certificate. */
const address = "10.99.0.254";

interface Manifest {
  type: string;
  content: Buffer;
}

/**
 * A private image registry: docker can push to it and pull from it with its login, and nobody without. It speaks what of the protocol that
 * takes (https://distribution.github.io/distribution/spec/api/) and keeps everything in memory.
 */
export class Registry {
  /** What references begin with. */
  readonly host: string;

  private readonly blobs = new Map<string, Buffer>();
  private readonly manifests = new Map<string, Manifest>();
  private readonly uploads = new Map<string, Buffer[]>();

  private constructor(
    private readonly server: Server,
    readonly login: { username: string; password: string },
    /** Its certificate, as a file in PEM form. */
    readonly certificate: string,
  ) {
    this.host = `${address}:${(server.address() as AddressInfo).port}`;
  }

  /** @param directory where its certificate is made */
  static async start(login: Registry["login"], directory: string): Promise<Registry> {
    const { certificate, key } = await certificateFor(address, directory);
    const server = createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) });
    server.listen(0, address);
    await once(server, "listening");
    const registry = new Registry(server, login, certificate);
    server.on("request", (request, response) => {
      registry.answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    return registry;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method = "" } = request;
    const { username, password } = this.login;
    if (headers.authorization !== `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`) {
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="registry"' }).end();
      return;
    }
    const url = new URL(request.url ?? "", `https://${this.host}`);
    const [, name = "", kind, rest = ""] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(url.pathname) ?? [];
    if (kind === undefined) {
      response.writeHead(200).end();
    } else if (rest.startsWith("uploads/")) {
      await this.upload(request, response, `/v2/${name}/blobs/uploads/`, url);
    } else if (method === "PUT") {
      const manifest = { type: headers["content-type"] ?? "", content: await buffer(request) };
      const digest = digestOf(manifest.content);
      this.manifests.set(`${name}:${rest}`, manifest);
      this.manifests.set(`${name}:${digest}`, manifest);
      response.writeHead(201, { "Docker-Content-Digest": digest }).end();
    } else {
      const manifest = this.manifests.get(`${name}:${rest}`);
      const content = kind === "manifests" ? manifest?.content : this.blobs.get(rest);
      if (!content) {
        const code = kind === "manifests" ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
        response.writeHead(404).end(JSON.stringify({ errors: [{ code, message: `${rest} unknown` }] }));
        return;
      }
      response.writeHead(200, {
        "Content-Type": manifest?.type ?? "application/octet-stream",
        "Content-Length": content.length,
        "Docker-Content-Digest": digestOf(content),
      });
      response.end(method === "HEAD" ? undefined : content);
    }
  }

  private async upload(request: IncomingMessage, response: ServerResponse, folder: string, url: URL): Promise<void> {
    const id = url.pathname.slice(folder.length) || randomUUID();
    const parts = [...(this.uploads.get(id) ?? []), await buffer(request)];
    if (request.method !== "PUT") {
      this.uploads.set(id, parts);
      const received = parts.reduce((sum, part) => sum + part.length, 0);
      response.writeHead(202, { Location: `${folder}${id}`, Range: `0-${Math.max(0, received - 1)}` }).end();
      return;
    }
    this.uploads.delete(id);
    const content = Buffer.concat(parts);
    this.blobs.set(digestOf(content), content);
    response.writeHead(201, { "Docker-Content-Digest": digestOf(content) }).end();
  }
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
