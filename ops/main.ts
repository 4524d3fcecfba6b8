import { styleText } from "node:util";
import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "../cli/command";
import { say } from "../cli/progress";
import { projectDirectory } from "../cli/project";
import { diagnose, diagnosisLines } from "./diagnose";
import { exitStatus, exitStatusHelp } from "./exit-status";
import { pinImages, type PinnedImage } from "./images/pin";
import { prefixedLine, showLogs, type LogLine } from "./logs";
import { stackUsage, usageLines, usageProblems } from "./metrics";
import { defaultStack, openStack } from "./stack";
import { stackStatus, statusLines } from "./status";

interface StackOptions {
  stack: string;
  json?: boolean;
}

interface LogFlags {
  container?: string;
  follow?: boolean;
  since?: string;
  tail?: number;
}

/** `npm run ops`: what a person does with a stack once it runs. */
const program = new Command("npm run ops --")
  .description("Looks after a stack that is deployed.")
  .exitOverride()
  .addHelpText("after", exitStatusHelp);

stackCommand("status", "state of every container, and where the services answer").action(
  async ({ json, stack }: StackOptions) => {
    const status = await stackStatus(await openStack(stack));
    show(json, status, () => statusLines(status));
    finish(status.well);
  },
);

stackCommand("logs", "lines of all containers, merged, each after what wrote it")
  .argument("[app]", "only this app, for example mysql, ghost-blog, or ghost for every site")
  .option("--container <name>", "only containers of this name, for example database-migrate")
  .option("--follow", "go on with new lines until Ctrl-C, those of new containers too")
  .option("--since <duration>", "only newer than that, for example 30s, 10m, 2h", duration)
  .option("--tail <lines>", "only so many last lines of each container. Default: 100; all with --since", lineCount)
  .action(async (app: string | undefined, options: StackOptions & LogFlags) => {
    const { container, follow = false, json, since, stack } = options;
    const tail = options.tail ?? (since === undefined ? 100 : undefined);
    const show = json ? (line: LogLine) => say(JSON.stringify(line)) : coloured();
    await showLogs(await openStack(stack), { app, container, follow, since, tail }, show);
  });

stackCommand("metrics", "CPU and memory of every running container, against its request and limit").action(
  async ({ json, stack }: StackOptions) => {
    const usage = await stackUsage(await openStack(stack));
    show(json, usage, () => usageLines(usage));
    finish(usageProblems(usage).length === 0);
  },
);

stackCommand("diagnose", "why something is not ready, in words, and what mends it").action(
  async ({ json, stack }: StackOptions) => {
    const diagnosis = await diagnose(await openStack(stack));
    show(json, diagnosis, () => diagnosisLines(diagnosis));
    finish(diagnosis.well);
  },
);

const imagesCommand = program.command("images").description("the images of a stack");
stackCommand(
  "pin",
  "write the digest of each image into the stack file, as its registry gives it now",
  imagesCommand,
).action(async ({ json, stack }: StackOptions) => {
  const images = await pinImages(projectDirectory, stack);
  show(json, images, () => pinnedLines(stack, images));
});

/** A command on one stack. */
function stackCommand(name: string, description: string, parent = program): Command {
  return parent
    .command(name)
    .description(description)
    .option("--stack <name>", "the stack, for example dev for Pulumi.dev.yaml", defaultStack)
    .option("--json", "for programs: JSON instead of a table")
    .addHelpText("after", exitStatusHelp);
}

function show(json: boolean | undefined, result: unknown, lines: () => string[]): void {
  say(...(json ? [JSON.stringify(result, undefined, 2)] : lines()));
}

function finish(well: boolean): void {
  process.exitCode = well ? exitStatus.well : exitStatus.notWell;
}

/** Shows lines with each container's name in a colour of its own, where the terminal has colours. */
function coloured(): (line: LogLine) => void {
  const colours = ["cyan", "yellow", "green", "magenta", "blue", "red"] as const;
  const taken = new Map<string, (typeof colours)[number]>();
  const paint = (prefix: string) => {
    const colour = taken.get(prefix) ?? colours[taken.size % colours.length] ?? "cyan";
    taken.set(prefix, colour);
    return process.stdout.isTTY && !process.env["NO_COLOR"] ? styleText(colour, prefix) : prefix;
  };
  return (line) => say(prefixedLine(line, paint));
}

function pinnedLines(stack: string, images: readonly PinnedImage[]): string[] {
  const changed = images.filter(({ after, before }) => after !== before);
  const lines = images.map(({ after, before, name }) =>
    after === before ? `  ${name}: ${after} (as before)` : `  ${name}: ${after}`,
  );
  return changed.length === 0
    ? [`Pulumi.${stack}.yaml has the digests that the registries give now:`, ...lines]
    : [
        `Wrote to Pulumi.${stack}.yaml:`,
        ...lines,
        `To deploy them: npm start${stack === defaultStack ? "" : ` -- --stack ${stack}`}`,
      ];
}

function duration(text: string): string {
  if (/^(\d+[hms])+$/.test(text)) {
    return text;
  }
  throw new InvalidArgumentError("It must be a duration such as 30s, 10m or 2h.");
}

function lineCount(text: string): number {
  if (/^\d{1,7}$/.test(text)) {
    return Number(text);
  }
  throw new InvalidArgumentError("It must be a number of lines, such as 50.");
}

// A reader such as `head` that has seen enough is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitStatus.well : 1);
});

void runCommand("npm run ops", program);
