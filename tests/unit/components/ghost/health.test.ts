import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { hang, healthCommand, healthRequests } from "../../../../components/ghost/health";
import type { PublishedAddress } from "../../../../components/app";
import { ask, publishedAddresses } from "../../../../deploy/wait/published-addresses";
import { parseStackConfig } from "../../../../config/parse";
import type { SwarmStackConfig } from "../../../../config/schema";
import { GhostDouble, type GhostState } from "../../../support/ghost-double";
import { container, manifestsOf, podSpecs, type PodSpec } from "../../../support/kubernetes";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";

const healthy = path.join(__dirname, "../../../../components/ghost/scripts/healthy.sh");

type Site = Omit<GhostState, "databaseAway">;

/** Sites that are well, whatever their home page says; each has hosts of its own. */
const kinds: Record<string, (host: string) => Site> = {
  "with a home page": (host) => ({ url: `http://${host}:2368` }),
  "behind https": (host) => ({ url: `https://${host}` }),
  "that is private": (host) => ({ url: `https://${host}`, home: 302 }),
  "without a home page (routes.yaml, a headless theme)": (host) => ({ url: `https://${host}`, home: 404 }),
  "whose home page is redirected (redirects.yaml)": (host) => ({ url: `https://${host}`, home: 301 }),
  "whose theme is broken": (host) => ({ url: `https://${host}`, home: 500 }),
  "for members only": (host) => ({ url: `https://${host}`, home: 403 }),
  "below a path": (host) => ({ url: `https://${host}/news` }),
  "below a path, with its end": (host) => ({ url: `https://${host}/news/`, home: 302 }),
  "whose admin is on another host": (host) => ({
    url: `https://${host}`,
    settings: { admin__url: `https://admin.${host}` },
  }),
  "whose admin is on another host, unknown to readers": (host) => ({
    url: `https://${host}/news`,
    settings: { admin__url: `https://admin.${host}`, admin__redirects: "false" },
  }),
  "whose admin is on another port": (host) => ({
    url: `http://${host}:2368`,
    settings: { admin__url: `http://${host}:2369` },
  }),
  "whose admin alone is behind https": (host) => ({
    url: `http://${host}`,
    settings: { admin__url: `https://${host}` },
  }),
  "in maintenance": (host) => ({ url: `https://${host}`, settings: { maintenance__enabled: "true" } }),
};
/** By the name that each has in the stacks. */
const sites = Object.fromEntries(
  Object.entries(kinds).map(([kind, site], index) => [`s${index}`, { kind, ...site(`s${index}.example.com`) }]),
);

interface Asks {
  httpGet?: { path: string; httpHeaders?: { name: string; value: string }[] };
  exec?: { command: string[] };
}

describe("G6 E the health of a Ghost site", () => {
  const ghost = new GhostDouble();
  const configured = Object.fromEntries(
    Object.entries(sites).map(([name, { settings = {}, url }]) => [name, { url, settings }]),
  );
  const onSwarm = {
    platform: "swarm",
    monitoring: { dashboards: false },
    sites: Object.fromEntries(
      Object.entries(configured).map(([name, site], index) => [name, { ...site, port: 3000 + index }]),
    ),
  };
  let port: number;
  let manifests: Awaited<ReturnType<typeof manifestsOf>>;
  let resources: Awaited<ReturnType<typeof declared>>["resources"];
  before(async () => {
    port = await ghost.listen();
    manifests = await manifestsOf({ sites: configured });
    ({ resources } = await declared(onSwarm));
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
    expect([program, script]).to.deep.equal(["bash", "/scripts/healthy.sh"]);
    return isWell({
      path: new URL(url).pathname,
      headers: Object.fromEntries(headers.map((line) => line.split(": ") as [string, string])),
      statuses: statuses.split(",").map(Number),
    });
  };

  /** What everybody says of a site who asks, by who it is. */
  async function verdicts(name: string): Promise<Record<string, boolean>> {
    const pod = podSpecs(manifests)[`ghost-${name}`] as PodSpec;
    const { livenessProbe, readinessProbe, startupProbe } = container(pod, "ghost");
    const { tests = [] } = service(resources, `ghost-${name}`).container.healthcheck;
    const published = publishedAddresses(parseStackConfig(onSwarm) as SwarmStackConfig);
    return {
      "startup probe": await probed(startupProbe),
      "liveness probe": await probed(livenessProbe),
      "health check of Swarm": await asked(tests.slice(1)),
      "readiness probe": await probed(readinessProbe),
      "npm start, ops": await isWell(
        (published.find(({ what }) => what === `site ${name}`) as PublishedAddress).request,
      ),
      alerts: await watched(name),
    };
  }

  async function watched(name: string): Promise<boolean> {
    const file = (owner: string, key: string) =>
      ofKind(resources, "ServiceConfig")
        .filter((config) => config.name.startsWith(owner))
        .map((config) => parse(contentOf(config), { version: "1.1" }) as Record<string, unknown>)
        .find((content) => key in content);
    const { modules } = file("blackbox-exporter-", "modules") as {
      modules: Record<string, { http: { headers: Record<string, string>; valid_status_codes: number[] } }>;
    };
    const { scrape_configs: jobs } = file("prometheus-", "scrape_configs") as {
      scrape_configs: { job_name: string; static_configs: { targets: string[]; labels: { name: string } }[] }[];
    };
    const job = jobs.find(({ job_name }) => job_name === "sites");
    const [target = ""] = job?.static_configs.find(({ labels }) => labels.name === name)?.targets ?? [];
    const { headers = {}, valid_status_codes: statuses = [] } = modules[`sites-${name}`]?.http ?? {};
    return isWell({ path: new URL(target).pathname, headers, statuses });
  }

  const all = (alive: boolean, serving: boolean) => ({
    ...{ "startup probe": alive, "liveness probe": alive, "health check of Swarm": alive },
    ...{ "readiness probe": serving, "npm start, ops": serving, alerts: serving },
  });

  for (const [name, { kind, ...state }] of Object.entries(sites)) {
    it(`is good for a site ${kind}, whoever asks`, async () => {
      ghost.state = state;
      expect(await verdicts(name)).to.deep.equal(all(true, true));
    });

    // In maintenance Ghost asks its database for nothing.
    if (kind !== "in maintenance") {
      it(`is bad for a site ${kind} whose database is away, and nobody would restart it`, async () => {
        ghost.state = { ...state, databaseAway: true };
        expect(await verdicts(name)).to.deep.equal(all(true, false));
      });
    }
  }

  it("is bad for a Ghost that boots, which answers 503", async () => {
    ghost.state = { url: "http://localhost:2368", settings: { maintenance__enabled: "true" } };
    expect(await verdicts("s0")).to.deep.equal(all(false, false));
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

  it("E4 gives up a Ghost that hangs in time for another to serve within a minute, on both platforms", () => {
    const pod = podSpecs(manifests)["ghost-s0"] as PodSpec;
    const liveness = Object.fromEntries(Object.entries(container(pod, "ghost").livenessProbe));
    const of = (key: string) => Number(liveness[key]);
    const verdict = of("periodSeconds") * of("failureThreshold") + of("timeoutSeconds");
    // The kubelet gives a container two seconds more where the hook before its stop takes all. Ten are left for the start.
    expect(verdict + of("terminationGracePeriodSeconds") + 2).to.be.at.most(50);
    const { interval = "", retries = 0 } = service(resources, "ghost-s0").container.healthcheck;
    expect((parseInt(interval) + hang.timeout) * retries).to.be.at.most(50);
  });

  it("E4 healthy.sh tells no answer in time from a bad one", () => {
    // Takes connections, as the kernel does for a process that is stopped, and says nothing; or says one byte after the other.
    for (const says of ["", "setInterval(() => c.write('x'), 50).unref()"]) {
      const silent = `const s = require("node:net").createServer((c) => { c.on("error", () => {}); ${says} }).listen(0, "127.0.0.1", () => {
      const { spawn } = require("node:child_process");
      const c = spawn("bash", [${JSON.stringify(healthy)}, "200", "http://127.0.0.1:" + s.address().port + "/"],
        { env: { ...process.env, WAIT_SECONDS: "0.3" }, stdio: "inherit" });
      c.on("exit", (code) => process.exit(code));
    });`;
      const { status, stdout } = spawnSync(process.execPath, ["-e", silent], { encoding: "utf8" });
      expect(stdout).to.contain("no answer within 0.3 s");
      expect(status).to.equal(3);
    }
  });

  it("the command names statuses, address and headers", () => {
    const { serving } = healthRequests({ url: "https://x.test/news" });
    expect(healthCommand(serving)).to.deep.equal([
      ...["bash", "/scripts/healthy.sh", "200"],
      "http://127.0.0.1:2368/news/ghost/api/admin/authentication/setup/",
      ...["Host: x.test", "X-Probe: serving", "X-Forwarded-Proto: https"],
    ]);
  });
});
