import { Command } from "commander";
import { runCommand } from "../terminal/command";
import { confirmed, isInteractive } from "../terminal/confirm";
import { lockStack } from "../home/deployment-lock";
import { interruption } from "../terminal/interruption";
import { say } from "../terminal/progress";
import type { PublishedAddress } from "../components/app";
import { ask, publishedAddresses, statusOf } from "../deploy/wait/published-addresses";
import { nodeAddresses } from "../machines/swarm-place";
import { manager, readFacts } from "../machines/carry-out";
import { openCluster, swarmConfiguration } from "../machines/open";
import { UserError } from "../errors";
import { defaultStack } from "../home/stack";
import type { Drill } from "./drill";
import { leaderDrill } from "./leader";
import { quorumDrill } from "./quorum";
import { SteadyLoad } from "./steady-load";
import { reportLines, Timeline, type DrillReport } from "./timeline";
import { workerDrill } from "./worker";

interface Options {
  stack: string;
  json?: boolean;
  yes?: boolean;
  url?: string;
  breakWith?: string;
  mendWith?: string;
  byHand?: boolean;
  node?: string;
  recover?: boolean;
}

/** `npm run drill`: failures on purpose, measured. */
const program = new Command("npm run drill --")
  .description("Breaks a machine of a stack's swarm on purpose, mends it, and tells what happened when.")
  .exitOverride();

drillCommand("leader", "the leader of the managers fails", (drill) => leaderDrill(drill));
drillCommand("worker", "a worker fails", (drill, { node }) => workerDrill(drill, node)).option(
  "--node <name>",
  "the worker. Default: the one with most tasks of the stack",
);
drillCommand("quorum", "more managers fail than the swarm stands", (drill, { recover }) =>
  quorumDrill(drill, recover ?? false),
).option("--recover", "make a new swarm of the manager that is left, as if the others were lost for good");

function drillCommand(
  name: string,
  description: string,
  run: (drill: Drill, options: Options) => Promise<DrillReport>,
): Command {
  return program
    .command(name)
    .description(description)
    .option("--stack <name>", "the stack", defaultStack)
    .option("--url <address>", "page that a client asks for throughout. Default: the first that the stack publishes")
    .option(
      "--break-with <command>",
      "command of this machine that breaks {node} ({address}, {host}). Default: stops its engine",
    )
    .option("--mend-with <command>", "command that mends it. Default: starts its engine")
    .option("--by-hand", "ask a person to break and to mend")
    .option("--json", "for programs: JSON at the end instead of lines")
    .option("--yes", "do not ask")
    .action(async (options: Options) => {
      const { breakWith, byHand, json, mendWith, stack, url, yes } = options;
      const cluster = openCluster(stack);
      const config = swarmConfiguration(stack);
      interruption.listen();
      lockStack(stack);
      if (!yes && isInteractive() && !(await confirmed(`Break a machine of stack ${stack} on purpose?`, "no"))) {
        throw new UserError("Nothing was broken.");
      }
      const page = url === undefined ? await firstPage() : { url, status: () => statusAt(url) };
      const load = page && { url: page.url, load: new SteadyLoad(page.status) };
      const report = await run(
        {
          stack,
          config,
          cluster,
          means: { breakWith, mendWith, byHand },
          timeline: new Timeline(json ?? false),
          client: load,
        },
        options,
      );
      say(...(json ? [JSON.stringify(report, undefined, 2)] : reportLines(report)));

      /** What tells of the first address that a stack publishes, and that answers from here, whether it is well. */
      async function firstPage(): Promise<{ url: string; status: () => Promise<number> } | undefined> {
        const hosts = await nodeAddresses(manager(await readFacts(cluster), cluster.wanted));
        for (const address of publishedAddresses(config)) {
          const { port, request, secure } = address;
          const asked = await ask(address, hosts);
          if ("host" in asked) {
            const { host } = asked;
            return {
              url: `http${secure ? "s" : ""}://${host}:${port}${request.path}`,
              status: () => answered(host, address),
            };
          }
        }
        return undefined;
      }
    });
}

async function answered(host: string, address: PublishedAddress): Promise<number> {
  const status = await statusOf(host, address);
  if (typeof status === "string") {
    throw new Error(status);
  }
  return status;
}

function statusAt(page: string): Promise<number> {
  const address = new URL(page);
  return fetch(address, { headers: { Connection: "close" }, signal: AbortSignal.timeout(5000) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
  );
}

void runCommand("npm run drill", program);
