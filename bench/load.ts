import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import type { DockerEngine } from "../engines/docker-engine";
import { interruption } from "../terminal/interruption";
import { step } from "../terminal/progress";
import { composeDeployment, removeStack, removeVolumes } from "../deploy/rendered/swarm";
import { parseStackConfig } from "../config/parse";
import type { SwarmStackConfig } from "../config/schema";
import { swarmStackName } from "../platforms/swarm/stack";
import { composeFileName } from "../render/compose";
import { renderStack } from "../render/stack";
import { answers } from "./answers";
import { measured } from "./measured";
import { benchStack, benchSwarm, type Wanted } from "./place";
import { circumstances, record } from "./report";
import { median, percentile } from "./statistics";

const introduction = `# Many sites on one database server

\`npm run bench -- load\`: Ghost sites on one MySQL server on Swarm, with the defaults, more and more of them; each has twelve readers, who ask for
its home page again and again, without a cache, all at the same time. An error is any answer but 200, or none within 60 s. Memory is what the
engine tells of containers, "a site" the median of the Ghosts; "connections" the most that the database server had at once, of those that it takes.`;

const readers = 12;

/** What the readers of all sites saw. */
interface Load {
  seconds: number;
  /** Milliseconds of each answer that came. */
  latencies: number[];
  /** What went wrong, and how often. */
  errors: Map<string, number>;
}

/** Measures stacks of so many sites, one after the other: each is the one before with more sites. */
export async function benchLoad(
  wanted: Wanted,
  counts: readonly number[],
  seconds: number,
  note: readonly string[],
): Promise<void> {
  const place = await benchSwarm(wanted);
  const { engine } = place;
  const about = await circumstances([]);
  const name = swarmStackName(benchStack);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-load-"));
  const rows: string[][] = [];
  try {
    for (const count of counts) {
      const { hostname, port } = new URL(place.url);
      const ports = Array.from({ length: count }, (_, index) => Number(port) + index);
      const sites = Object.fromEntries(
        ports.map((sitePort, index) => [`s${index + 1}`, { url: `http://localhost:${sitePort}` }]),
      );
      const config = parseStackConfig({ ...place.config, mailpit: { enabled: false }, sites }) as SwarmStackConfig;
      const urls = ports.map((sitePort) => `http://${hostname}:${sitePort}/`);
      const rendered = path.join(folder, benchStack);
      await step(`Deploy ${sitesOf(count)}`, async (report) => {
        await renderStack(config, benchStack, rendered);
        await measured("docker", [
          "--host",
          engine.host,
          ...composeDeployment(config, name, path.join(rendered, composeFileName)),
        ]);
        for (const [index, url] of urls.entries()) {
          report(`${index} of ${count} answer`);
          await answers(url, () => false);
        }
      });
      const load = await step(`Load ${sitesOf(count)} with ${readers} readers each for ${seconds} s`, () =>
        underLoad(urls, seconds),
      );
      rows.push(await row(engine, name, count, load));
    }
    record({
      page: "load",
      introduction,
      table: {
        header: [
          "sites",
          "requests/s",
          "errors",
          "p50 ms",
          "p99 ms",
          "connections",
          "memory of MySQL",
          "memory a site",
        ],
        rows,
      },
      remarks: [`${seconds} s a count; the readers run on the same machine.`, ...about(), ...note],
    });
  } finally {
    await step("Remove the stack", async (report) => {
      await removeStack(engine, name, report);
      await removeVolumes(engine, name);
    });
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function sitesOf(count: number): string {
  return count === 1 ? "one site" : `${count} sites`;
}

async function row(engine: DockerEngine, name: string, count: number, { errors, latencies, seconds }: Load) {
  const stats = await engine.lines(["stats", "--no-stream", "--format", "{{.Name}}\t{{.MemUsage}}"]);
  const used = (service: RegExp) =>
    stats.flatMap((line) => {
      const [container = "", memory = ""] = line.split("\t");
      return service.test(container) ? [mebibytes(memory)] : [];
    });
  const [mysql] = await engine.lines(["ps", "--filter", `name=^${name}_mysql\\.`, "--format", "{{.ID}}"]);
  const [connections = ""] = await engine.lines([
    ...["exec", mysql ?? "", "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe"],
    "SELECT CONCAT(VARIABLE_VALUE, ' of ', @@max_connections) FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Max_used_connections'",
  ]);
  return [
    String(count),
    (latencies.length / seconds).toFixed(1),
    [...errors].map(([what, times]) => `${times} × ${what}`).join(", ") || "0",
    percentile(latencies, 50).toFixed(0),
    percentile(latencies, 99).toFixed(0),
    connections,
    `${Math.max(...used(new RegExp(`^${name}_mysql\\.`))).toFixed(0)} MiB`,
    `${median(used(new RegExp(`^${name}_ghost-`))).toFixed(0)} MiB`,
  ];
}

/** Of `docker stats`, for example `181.3MiB / 512MiB`. */
function mebibytes(text: string): number {
  const [, number = "NaN", unit = "MiB"] = /^([\d.]+)([KMG]iB)/.exec(text) ?? [];
  return Number(number) * { KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit as "KiB" | "MiB" | "GiB"];
}

async function underLoad(urls: readonly string[], seconds: number): Promise<Load> {
  const load: Load = { seconds, latencies: [], errors: new Map() };
  const agent = new http.Agent({ keepAlive: true });
  const end = performance.now() + seconds * 1000;
  const reader = async (url: string) => {
    while (performance.now() < end) {
      interruption.throwIfInterrupted();
      const begin = performance.now();
      const answer = await homePage(url, agent);
      if (answer === "200") {
        load.latencies.push(performance.now() - begin);
      } else {
        load.errors.set(answer, (load.errors.get(answer) ?? 0) + 1);
      }
    }
  };
  await Promise.all(urls.flatMap((url) => Array.from({ length: readers }, () => reader(url))));
  agent.destroy();
  return load;
}

/** The status of a home page, read to its end; or why there is none. */
function homePage(url: string, agent: http.Agent): Promise<string> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent, timeout: 60_000 }, (response) => {
      response.resume();
      response.on("end", () => resolve(String(response.statusCode)));
      response.on("error", () => resolve("broken off"));
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 60 s")));
    request.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
