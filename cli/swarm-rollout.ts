import * as http from "node:http";
import { hasInbox } from "../config/apps";
import { publishedPort } from "../config/published-port";
import type { SwarmStackConfig } from "../config/schema";
import { UserError } from "../errors";
import type { DockerEngine } from "./docker-engine";
import { interruption } from "./interruption";
import type { Report } from "./progress";
import { Patience, waitingServices } from "./waiting-services";

/** Ghost renders its home page in 0.1 s, and in 5 s where the name server does not answer. */
const requestLimitSeconds = 10;

/**
 * Waits until every service of a stack runs as many tasks as it should; what is unhealthy does not count.
 *
 * @param deadline when to give up, as `Date.now()` tells the time
 * @throws UserError with what the tasks say, when that takes too long or cannot come
 */
export async function servicesRunning(
  engine: DockerEngine,
  name: string,
  deadline: number,
  report: Report,
): Promise<void> {
  const patience = new Patience();
  for (;;) {
    interruption.throwIfInterrupted();
    const waiting = await waitingServices(engine, name);
    if (waiting.length === 0) {
      return;
    }
    report(waiting.map(({ name: service, state }) => `${service}: ${state}`).join(", "));
    const errors = waiting.flatMap(({ error, name: service }) => (error === "" ? [] : [`${service}: ${error}`]));
    if (patience.isOver(errors.length > 0) || Date.now() > deadline) {
      throw UserError.fromMistakes(
        `Not every service of stack ${name} comes up. See \`docker service logs NAME\`. The tasks say:`,
        errors.length > 0
          ? errors
          : waiting.map(({ name: service, replicas }) => `${service}: ${replicas} tasks run, no error told`),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Where a published port answers. */
export interface PublishedAddress {
  /** What it is, for example `site blog`. */
  what: string;
  /** The address readers use. */
  url: string;
  port: number;
  /** Status of its page: 200, and 401 where it asks for a login. */
  status: number;
  /** A page that answers when it is up, where the home page may not. Default: the home page. */
  page?: string;
}

/** What a stack publishes on its nodes. */
export function publishedAddresses(config: SwarmStackConfig): PublishedAddress[] {
  const { mailpit, monitoring, shop, sites, wordpress } = config;
  const published = (of: Record<string, { url: string; port?: number | undefined }>, page?: string) =>
    Object.entries(of).flatMap(([name, site]) => {
      const port = publishedPort(site);
      return port === undefined
        ? []
        : [{ what: `site ${name}`, url: site.url, port, status: 200, ...(page ? { page } : {}) }];
    });
  const local = (what: string, port: number, status = 200) => ({ what, url: `http://localhost:${port}`, port, status });
  return [
    ...published(sites),
    // Before it is installed, WordPress sends readers of every page there.
    ...published(wordpress, "wp-admin/install.php"),
    ...(shop ? [local("shop", shop.port)] : []),
    ...(hasInbox(config) ? [local("inbox", mailpit.port, mailpit.authentication ? 401 : 200)] : []),
    // Its home page leads to the one where somebody signs in.
    ...(monitoring?.dashboards ? [{ ...local("dashboards", monitoring.port), page: "api/health" }] : []),
  ];
}

/**
 * Waits until a published address answers with a page.
 *
 * @param hosts the hosts to try
 * @param deadline when to give up, as `Date.now()` tells the time
 * @returns the host that answered
 * @throws UserError with the last answer, when none does in time
 */
export async function answering(
  { page = "", port, status: expected, url, what }: PublishedAddress,
  hosts: readonly string[],
  deadline: number,
  report: Report,
): Promise<string> {
  for (;;) {
    const answers: string[] = [];
    for (const host of hosts) {
      interruption.throwIfInterrupted();
      const status = await statusOf(host, port, new URL(page, url.endsWith("/") ? url : `${url}/`));
      if (status === expected) {
        return host;
      }
      answers.push(`${host}:${port}: ${status}`);
    }
    report(`${what}: ${answers.join(", ")}`);
    if (Date.now() > deadline) {
      throw UserError.fromMistakes(`The ${what} does not answer:`, answers);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The status of a page as a reader's proxy would ask for it, or why there is none. */
export function statusOf(
  host: string,
  port: number,
  { host: name, pathname, protocol }: URL,
): Promise<number | string> {
  return new Promise((resolve) => {
    const request = http.get(
      {
        host,
        port,
        path: pathname,
        headers: { host: name, ...(protocol === "https:" ? { "x-forwarded-proto": "https" } : {}) },
        timeout: requestLimitSeconds * 1000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? "no status");
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
