import { parseStackConfig } from "../config/parse";
import { collect } from "../render/collect";

/**
 * declare-sites.ts PLATFORM COUNT : declares a stack of so many sites without an engine, as the engine would have it run, and prints what
 * that took as a line of JSON.
 */

/** What one run of the program took. */
export interface Declaration {
  /** Objects of the platform. */
  objects: number;
  /** Processor time of declaring, in milliseconds; without loading the program. */
  cpu: number;
  /** The most memory that the process has had, in mebibytes. */
  memory: number;
}

/** Declares a stack of `count` sites. */
export async function declareSites(platform: string, count: number): Promise<Declaration> {
  const sites = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`site${index + 1}`, { url: `http://localhost:${3000 + index}` }]),
  );
  const cluster = platform === "kubernetes" ? { kubernetes: { context: "none" } } : {};
  const config = parseStackConfig({ platform, ...cluster, sites });
  const before = process.cpuUsage();
  const { resources } = await collect(config, "bench");
  const { system, user } = process.cpuUsage(before);
  return { objects: resources.length, cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024 };
}

if (require.main === module) {
  const [platform = "", count = ""] = process.argv.slice(2);
  void declareSites(platform, Number(count)).then((declaration) => {
    process.stdout.write(`${JSON.stringify(declaration)}\n`, () => process.exit());
  });
}
