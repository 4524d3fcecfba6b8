import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import * as tls from "node:tls";

/** What an edge has answered. */
export interface EdgeAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** Serial number of the certificate; empty over http. */
  serial: string;
}

/** What may be said of a request beside its address. */
export interface EdgeRequest {
  headers?: Record<string, string>;
  /** The name for TLS, where it is another than the address has. */
  servername?: string;
  /** What is sent, by POST. */
  body?: Uint8Array;
  /** Address of this machine that it comes from. Default: the machine's own choice. */
  from?: string;
}

/** A reader of names that lead to a machine of the tests: each request is a connection of its own, whose certificate has to hold. */
export class EdgeClient {
  /**
   * @param address of the machine
   * @param ca root that certificates are held against, in PEM form
   */
  constructor(
    readonly address: string,
    public ca = "",
  ) {}

  /** Asks for a page, or sends something there, and follows no redirect. */
  ask(url: string, { body: sent, from, headers = {}, servername }: EdgeRequest = {}): Promise<EdgeAnswer> {
    const { host, hostname, pathname, protocol, search } = new URL(url);
    const secure = protocol === "https:";
    const options = {
      host: this.address,
      localAddress: from,
      path: pathname + search,
      method: sent ? "POST" : "GET",
      headers: { Host: host, ...(sent ? { "Content-Length": String(sent.length) } : {}), ...headers },
      agent: false as const,
      timeout: 150_000,
    };
    return new Promise((resolve, reject) => {
      const answered = (response: http.IncomingMessage) => {
        let body = "";
        const serial = secure ? (response.socket as tls.TLSSocket).getPeerCertificate().serialNumber : "";
        response.setEncoding("utf8").on("data", (part: string) => (body += part));
        response.on("error", reject);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, serial });
        });
      };
      const request = secure
        ? https.request({ ...options, servername: servername ?? hostname, ca: this.ca }, answered)
        : http.request(options, answered);
      request.on("error", reject);
      request.on("timeout", () => request.destroy(new Error("no answer")));
      request.end(sent);
    });
  }

  /** A browser, so to speak: one connection of HTTP/2, over which it asks for as much as it likes at once. */
  browser(url: string): Browser {
    const { hostname } = new URL(url);
    const socket = tls.connect({
      ...{ host: this.address, port: 443, servername: hostname },
      ...{ ca: this.ca, ALPNProtocols: ["h2"] },
    });
    return new Browser(http2.connect(url, { createConnection: () => socket }));
  }
}

/** Asks for pages over one connection of HTTP/2. */
export class Browser {
  private broken: Error | undefined;

  constructor(private readonly session: http2.ClientHttp2Session) {
    session.on("error", (error: Error) => {
      this.broken = error;
    });
  }

  /** Status of a page. */
  status(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.broken) {
        reject(this.broken);
        return;
      }
      const stream = this.session.request({ ":path": path });
      stream.on("response", (headers) => resolve(Number(headers[":status"])));
      stream.on("error", reject);
      stream.on("close", () => reject(this.broken ?? new Error("closed without an answer")));
      stream.resume();
      stream.end();
    });
  }

  close(): void {
    this.session.close();
  }
}
