import { Argument, Command, InvalidArgumentError } from "commander";
import { runCommand } from "../terminal/command";
import { interruption } from "../terminal/interruption";
import { benchLoad } from "./load";
import type { Wanted } from "./place";
import { benchPreview } from "./preview";
import { benchSites } from "./sites";
import { benchUp } from "./up";

/** `npm run bench`: measures, prints, and adds the figures to docs/benchmarks. Nothing here asserts a time. */
const benches = ["preview", "up", "sites", "load"] as const;
type Bench = (typeof benches)[number] | "all";

interface Options extends Wanted {
  rounds?: number;
  note: string[];
  platform: "kubernetes" | "swarm" | "both";
  sites: number[];
  seconds: number;
}

const command = new Command("npm run bench --")
  .description(
    "Measures this machine, and adds the figures to docs/benchmarks. `preview` and `up` need pulumi on PATH, `load` memory: 200 MB a site.",
  )
  .addArgument(new Argument("[what]", "preview, up, sites, load or all").choices([...benches, "all"]).default("all"))
  .option("--rounds <number>", "how often each is measured. Default: 10 previews, 3 ups, 5 of sites", rounds)
  .option("--platform <name>", "up: kubernetes, swarm or both", "both")
  .option("--context <name>", "Kubernetes: context to measure on. Default: the sandbox's node")
  .option("--kubeconfig <file>", "Kubernetes: kubeconfig with the context")
  .option("--host <address>", "Swarm: Docker Engine to measure on. Default: the sandbox's first engine")
  .option("--sites <numbers>", "load: how many sites, for example 1,5,20", numbers, [1, 5, 20, 50])
  .option("--seconds <number>", "load: for how long", rounds, 30)
  .option("--note <text>", "a sentence to stand with the figures; may be given several times", collected, [])
  .action(bench);

async function bench(what: Bench, options: Options): Promise<void> {
  interruption.listen();
  const wants = (name: Bench) => what === name || what === "all";
  const { note, platform } = options;
  if (wants("sites")) {
    await benchSites(options.rounds ?? 5, note);
  }
  if (wants("preview")) {
    await benchPreview(options, options.rounds ?? 10, note);
  }
  if (wants("up")) {
    const platforms = platform === "both" ? (["kubernetes", "swarm"] as const) : [platform];
    await benchUp(platforms, options, options.rounds ?? 3, note);
  }
  if (wants("load")) {
    await benchLoad(options, options.sites, options.seconds, note);
  }
}

function collected(text: string, before: string[]): string[] {
  return [...before, text];
}

function numbers(text: string): number[] {
  return text.split(",").map(rounds);
}

function rounds(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) {
    throw new InvalidArgumentError("It must be a number from 1 to 999.");
  }
  return Number(text);
}

void runCommand("npm run bench", command);
