import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { hang, healthCommand, healthRequests } from "../../../components/ghost/health";
import { ask, publishedAddresses, type PublishedAddress } from "../../../cli/published-addresses";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";
import { GhostDouble, type GhostState } from "../../support/ghost-double";
import { container, manifestsOf, podSpecs, type PodSpec } from "../../support/kubernetes";
import { contentOf, declared, ofKind, service } from "../../support/swarm";

const healthy = path.join(__dirname, "../../../components/ghost/scripts/healthy.js");

/** Sites that are well, whatever their home page says. */
const kinds: Record<string, Omit<GhostState, "databaseAway">> = {
  "with a home page": { url: "http://localhost:2368" },
  "behind https": { url: "https://blog.example.com" },
  "that is private": { url: "https://blog.example.com", home: 302 },
  "without a home page (routes.yaml, a headless theme)": { url: "https://blog.example.com", home: 404 },
  "whose home page is redirected (redirects.yaml)": { url: "https://blog.example.com", home: 301 },
  "whose theme is broken": { url: "https://blog.example.com", home: 500 },
  "for members only": { url: "https://blog.example.com", home: 403 },
  "below a path": { url: "https://example.com/news" },
  "below a path, with its end": { url: "https://example.com/news/", home: 302 },
  "whose admin is on another host": {
    url: "https://blog.example.com",
    settings: { admin__url: "https://admin.example.com" },
  },
  "whose admin is on another host, unknown to readers": {
    url: "https://blog.example.com/news",
    settings: { admin__url: "https://admin.example.com", admin__redirects: "false" },
  },
  "whose admin is on another port": {
    url: "http://localhost:2368",
    settings: { admin__url: "http://localhost:2369" },
  },
  "whose admin alone is behind https": {
    url: "http://blog.example.com",
    settings: { admin__url: "https://blog.example.com" },
  },
  "in maintenance": { url: "https://blog.example.com", settings: { maintenance__enabled: "true" } },
};

interface Asks {
  httpGet?: { path: string; httpHeaders?: { name: string; value: string }[] };
  exec?: { command: string[] };
}

describe("G6 E the health of a Ghost site", function () {
  this.timeout(30_000);
  const ghost = new GhostDouble();
  let port: number;
  before(async () => {
    port = await ghost.listen();
  });
  after(() => ghost.close());

  /** Whether a probe of Kubernetes takes the Ghost for well. */
  const probed = async ({ exec, httpGet }: Asks): Promise<boolean> => {
    if (exec) {
      return asked(exec.command);
    }
    const headers = Object.fromEntries((httpGet?.httpHeaders ?? []).map(({ name, value }) => [name, value]));
    const statuses = Array.from({ length: 200 }, (_, index) => 200 + index);
    return isWell({ path: httpGet?.path ?? "", headers, statuses });
  };
  const isWell = async (request: PublishedAddress["request"]): Promise<boolean> =>
    "host" in (await ask({ what: "", app: "", url: "", port, request }, ["127.0.0.1"]));
  /** The same for a command in the container; this process has to go on answering. */
  const asked = async (command: readonly string[]): Promise<boolean> => {
    const [program, script, statuses = "", url = "", ...headers] = command;
    expect([program, script]).to.deep.equal(["node", "/scripts/healthy.js"]);
    return isWell({
      path: new URL(url).pathname,
      headers: Object.fromEntries(headers.map((line) => line.split(": ") as [string, string])),
      statuses: statuses.split(",").map(Number),
    });
  };

  /** What everybody says who asks, by who it is. */
  async function verdicts({ settings = {}, url }: GhostState): Promise<Record<string, boolean>> {
    const site = { url, settings };
    const pod = podSpecs(await manifestsOf({ sites: { blog: site } }))["ghost-blog"] as PodSpec;
    const { livenessProbe, readinessProbe, startupProbe } = container(pod, "ghost");
    const raw = { platform: "swarm", sites: { blog: { ...site, port: 2368 } }, monitoring: { dashboards: false } };
    const { resources } = await declared(raw);
    const { tests = [] } = service(resources, "ghost-blog").container.healthcheck;
    const [published] = publishedAddresses(parseStackConfig(raw) as SwarmStackConfig);
    return {
      "startup probe": await probed(startupProbe as Asks),
      "liveness probe": await probed(livenessProbe as Asks),
      "health check of Swarm": await asked(tests.slice(1)),
      "readiness probe": await probed(readinessProbe as Asks),
      "npm start, ops": await isWell((published as PublishedAddress).request),
      alerts: await watched(resources),
    };
  }

  async function watched(resources: Awaited<ReturnType<typeof declared>>["resources"]): Promise<boolean> {
    const file = (owner: string, key: string) =>
      ofKind(resources, "ServiceConfig")
        .filter(({ name }) => name.startsWith(owner))
        .map((config) => parse(contentOf(config), { version: "1.1" }) as Record<string, unknown>)
        .find((content) => key in content);
    const { modules } = file("blackbox-exporter-", "modules") as {
      modules: Record<string, { http: { headers: Record<string, string>; valid_status_codes: number[] } }>;
    };
    const { scrape_configs: jobs } = file("prometheus-", "scrape_configs") as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    const [target = ""] = jobs.find(({ job_name }) => job_name === "sites")?.static_configs[0]?.targets ?? [];
    const { headers = {}, valid_status_codes: statuses = [] } = modules["sites-blog"]?.http ?? {};
    return isWell({ path: new URL(target).pathname, headers, statuses });
  }

  const all = (alive: boolean, serving: boolean) => ({
    ...{ "startup probe": alive, "liveness probe": alive, "health check of Swarm": alive },
    ...{ "readiness probe": serving, "npm start, ops": serving, alerts: serving },
  });

  for (const [kind, state] of Object.entries(kinds)) {
    it(`is good for a site ${kind}, whoever asks`, async () => {
      ghost.state = state;
      expect(await verdicts(state)).to.deep.equal(all(true, true));
    });

    // In maintenance Ghost asks its database for nothing.
    if (kind !== "in maintenance") {
      it(`is bad for a site ${kind} whose database is away, and nobody would restart it`, async () => {
        ghost.state = { ...state, databaseAway: true };
        expect(await verdicts(state)).to.deep.equal(all(true, false));
      });
    }
  }

  it("is bad for a Ghost that boots, which answers 503", async () => {
    ghost.state = { url: "http://localhost:2368", settings: { maintenance__enabled: "true" } };
    expect(await verdicts({ url: "http://localhost:2368" })).to.deep.equal(all(false, false));
  });

  it("asks with a header of its own, so that the access log tells", () => {
    const { alive, serving } = healthRequests({ url: "https://blog.example.com" });
    expect([alive, serving].map(({ headers }) => headers["X-Probe"])).to.deep.equal(["alive", "serving"]);
  });

  it("takes a setting for on as Ghost does", () => {
    const statuses = (text: string) =>
      healthRequests({ url: "http://x.test", settings: { maintenance__enabled: text } }).alive.statuses;
    expect(["true", "1", "yes"].map(statuses)).to.deep.equal([[503], [503], [503]]);
    expect(["false", "0", "null", '""', ""].map(statuses)).to.deep.equal([[200], [200], [200], [200], [200]]);
  });

  it("E4 gives up a Ghost that hangs in time for another to serve within a minute, on both platforms", async () => {
    const pod = podSpecs(await manifestsOf({}))["ghost-blog"] as PodSpec;
    const liveness = Object.fromEntries(Object.entries(container(pod, "ghost").livenessProbe));
    const of = (key: string) => Number(liveness[key]);
    const verdict = of("periodSeconds") * of("failureThreshold") + of("timeoutSeconds");
    // The kubelet gives a container two seconds more where the hook before its stop takes all. Ten are left for the start.
    expect(verdict + of("terminationGracePeriodSeconds") + 2).to.be.at.most(50);
    const { resources } = await declared({ sites: { blog: { url: "http://localhost:2368" } } });
    const { interval = "", retries = 0 } = service(resources, "ghost-blog").container.healthcheck;
    expect((parseInt(interval) + hang.timeout) * retries).to.be.at.most(50);
  });

  it("E4 healthy.js tells no answer in time from a bad one", () => {
    // Takes connections, as the kernel does for a process that is stopped, and says nothing.
    const silent = `const s = require("node:net").createServer(() => {}).listen(0, "127.0.0.1", () => {
      const { spawn } = require("node:child_process");
      const c = spawn(process.execPath, [${JSON.stringify(healthy)}, "200", "http://127.0.0.1:" + s.address().port + "/"],
        { env: { ...process.env, WAIT_SECONDS: "0.3" }, stdio: "inherit" });
      c.on("exit", (code) => process.exit(code));
    });`;
    const { status, stdout } = spawnSync(process.execPath, ["-e", silent], { encoding: "utf8" });
    expect(stdout).to.contain("no answer within 0.3 s");
    expect(status).to.equal(3);
  });

  it("the command names statuses, address and headers", () => {
    const { serving } = healthRequests({ url: "https://x.test/news" });
    expect(healthCommand(serving)).to.deep.equal([
      ...["node", "/scripts/healthy.js", "200"],
      "http://127.0.0.1:2368/news/ghost/api/admin/authentication/setup/",
      ...["Host: x.test", "X-Probe: serving", "X-Forwarded-Proto: https"],
    ]);
  });
});
