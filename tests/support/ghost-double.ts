import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** What decides how a Ghost answers. */
export interface GhostState {
  url: string;
  settings?: Record<string, string>;
  /** What its owner makes of the home page. Default: a page. */
  home?: number;
  databaseAway?: boolean;
}

/**
 * Answers as Ghost 6 does, as far as health goes: what it answers to whom was seen on a real one. The admin API is on the admin's host alone where that is another one
 * than the site's; what needs the database fails without it; plain requests to an https address go elsewhere; maintenance is 503 everywhere.
 */
export class GhostDouble {
  state: GhostState = { url: "http://localhost" };
  private readonly server = http.createServer((request, response) => {
    const { headers, url = "" } = request;
    response.writeHead(this.status(url, headers.host ?? "", headers["x-forwarded-proto"] === "https")).end();
  });

  /** @returns the port on the loopback address */
  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.server.listen(0, "127.0.0.1", () => resolve((this.server.address() as AddressInfo).port)),
    );
  }

  close(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  private status(target: string, host: string, isSecure: boolean): number {
    const { databaseAway = false, home = 200, settings = {}, url } = this.state;
    if (settings["maintenance__enabled"] === "true") {
      return 503;
    }
    const site = new URL(url);
    const admin = new URL(settings["admin__url"] ?? url);
    const base = site.pathname.replace(/\/$/, "");
    if (!target.startsWith(`${base}/`)) {
      return 404;
    }
    const path = target.slice(base.length);
    const asksAdmin = path.startsWith("/ghost/");
    const onAdminHost = admin.hostname === site.hostname || host.split(":")[0] === admin.hostname;
    if (asksAdmin && onAdminHost) {
      if (path === "/ghost/api/admin/authentication/setup/") {
        return databaseAway ? 500 : 200;
      }
      const isElsewhere =
        (admin.host !== site.host && admin.host !== host) || (admin.protocol === "https:" && !isSecure);
      return isElsewhere ? 301 : path === "/ghost/api/admin/site/" ? 200 : 404;
    }
    if (asksAdmin) {
      return settings["admin__redirects"] === "false" ? 404 : 301;
    }
    return site.protocol === "https:" && !isSecure ? 301 : databaseAway ? 500 : home;
  }
}
