import { createRequire } from "node:module";
import { styleText } from "node:util";
import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "../terminal/command";
import { CommandError, UserError } from "../errors";
import { interruption } from "../terminal/interruption";
import { confirmed, isInteractive } from "../terminal/confirm";
import { say, silently } from "../terminal/progress";
import { projectDirectory } from "../home/project";
import { diagnose, diagnosisLines } from "./diagnose";
import { exitStatus, exitStatusHelp } from "../terminal/exit-status";
import { guardedPage, guardedPageLines } from "./guarded-page";
import { hookLines, stackHooks } from "./hooks";
import { newerImages, newerLines } from "./images/newer";
import { pinImages, type PinnedImage } from "./images/pin";
import { prefixedLine, showLogs } from "./logs";
import { type LogLine } from "./log-source";
import { stackUsage, usageLines, usageProblems } from "./metrics";
import { recover, recoveryLines, recoveryPlan, switchOver } from "./group";
import { databaseLines, databaseStatus } from "./mysql";
import { defaultStack, openStack, type Stack } from "../home/stack";
import { apps } from "../stacks/apps";
import { ownerReport } from "./owner";
import { isThrough, passwordLines, passwordReports } from "./secrets";
import { stackStatus, statusLines } from "./status";
import { addUpgradeCommands } from "./upgrade/commands";
import { withUpgrade } from "./upgrade/status";
import type * as replacing from "./authority";
import type * as rotating from "./rotation";

/** Loads what deploys, which most commands do not: that takes as long as all of theirs. import() would not find a file without its ending. */
const late = createRequire(__filename);

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

interface RotationFlags extends StackOptions {
  authority?: boolean;
  mysql?: boolean;
  resume?: boolean;
}

/** `npm run ops`: what a person does with a stack once it runs. */
const program = new Command("npm run ops --")
  .description("Looks after a stack that is deployed.")
  .exitOverride()
  .addHelpText("after", exitStatusHelp);

reportCommand("status", "state of every container, and where the services answer", {
  ask: async (stack) => withUpgrade(await stackStatus(stack)),
  lines: statusLines,
  isWell: ({ well }) => well,
});

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
    await onStack(stack, (opened) => showLogs(opened, { app, container, follow, since, tail }, show));
  });

reportCommand("metrics", "CPU and memory of every running container, against its request and limit", {
  ask: stackUsage,
  lines: usageLines,
  isWell: (usage) => usageProblems(usage).length === 0,
});

reportCommand("hooks", "whether the sites' start and stop hooks ran", {
  ask: stackHooks,
  lines: hookLines,
  isWell: ({ well }) => well,
});

for (const { guardedPage: page } of apps) {
  if (page) {
    reportCommand(page.command, page.description, {
      ask: (stack) => guardedPage(page, stack),
      lines: (report) => guardedPageLines(page, report),
      isWell: () => true,
    });
  }
}

stackCommand("owner", "where the owner of a site signs in, with the password that the account was made with")
  .argument("[site]", "the site, for example blog; needed where the stack has several")
  .action(async (site: string | undefined, { json, stack }: StackOptions) => {
    const report = await onStack(stack, (opened) => ownerReport(opened, site));
    show(json, report, guardedPageLines({ title: "The owner signs in at" }, report));
  });

reportCommand("diagnose", "why something is not ready, in words, and what mends it", {
  ask: diagnose,
  lines: diagnosisLines,
  isWell: ({ well }) => well,
});

const mysqlCommand = program.command("mysql").description("the database of a stack");
reportCommand(
  "status",
  "role, state, lag and transactions of every member of the database",
  { ask: databaseStatus, lines: databaseLines, isWell: ({ well }) => well },
  mysqlCommand,
);
stackCommand("switchover", "have another member of a group take writes, in a fraction of a second", mysqlCommand)
  .argument("[member]", "which, for example mysql-1; default: the first that is in the group")
  .action(async (member: string | undefined, { json, stack }: StackOptions) => {
    const done = await onStack(stack, (opened) => switchOver(opened, member));
    show(json, done, [`${done.to} takes writes now, and ${done.from} no more: ${done.seconds} s.`]);
  });
stackCommand(
  "recover",
  "bring back a group of which nobody is in: says who would make it and what is given up, asks, and orders it",
  mysqlCommand,
)
  .argument("[member]", "who makes it; default: the one that has what every other that answers has")
  .option("--yes", "do it without asking")
  .action(async (member: string | undefined, { json, stack, yes = false }: StackOptions & { yes?: boolean }) => {
    await onStack(stack, async (opened) => {
      const plan = await recoveryPlan(opened, member);
      if (!json) {
        say(...recoveryLines(plan));
      }
      const ordered = yes || (!json && isInteractive() && (await confirmed("Order it?", "no")));
      if (ordered) {
        await recover(opened, plan);
      }
      show(json, { ...plan, ordered }, [
        ordered
          ? `Ordered. See how it goes: npm run ops -- mysql status --stack ${stack}`
          : "Nothing was changed. With --yes, it is ordered.",
      ]);
    });
  });

const secretsCommand = program.command("secrets").description("passwords of a stack, and their rotation");
reportCommand(
  "list",
  "which password each site's database and the database server have, which runs, and which are kept",
  { ask: passwordReports, lines: passwordLines, isWell: (passwords) => passwords.every(isThrough) },
  secretsCommand,
);
stackCommand("rotate", "give a site's database user another password, while the site serves", secretsCommand)
  .argument("[site]", "the site, for example blog")
  .option("--mysql", "instead of a site's: the own users of the database server, which restarts for it")
  .option("--authority", "instead of a password: the authority that the database server's certificate is from")
  .option("--resume", "deploy what the stack file says and end the former one; make no other")
  .action(async (site: string | undefined, flags: RotationFlags, command: Command) => {
    const { authority = false, json, mysql = false, resume = false, stack } = flags;
    if ([authority, mysql, site !== undefined].filter(Boolean).length !== 1) {
      command.error("error: name one of these: a site, for example blog, --mysql, or --authority");
    }
    interruption.listen();
    if (authority) {
      const { replaceAuthority, replacementLines } = late("./authority") as typeof replacing;
      const replace = () => onStack(stack, (opened) => replaceAuthority(opened, { resume }));
      const replacement = await (json ? silently(replace) : replace());
      show(json, replacement, replacementLines(replacement));
      return;
    }
    const { rotatePassword, rotationLines } = late("./rotation") as typeof rotating;
    const rotate = () => onStack(stack, (opened) => rotatePassword(opened, site, { resume }));
    const rotation = await (json ? silently(rotate) : rotate());
    show(json, rotation, rotationLines(rotation));
  });

const imagesCommand = program.command("images").description("the images of a stack");
stackCommand(
  "pin",
  "write the digest of each image into the stack file, as its registry gives it now",
  imagesCommand,
).action(async ({ json, stack }: StackOptions) => {
  const images = await pinImages(projectDirectory, stack);
  show(json, images, pinnedLines(stack, images));
});
stackCommand("newer", "which newer tags do the registries have? Changes nothing", imagesCommand).action(
  async ({ json, stack }: StackOptions) => {
    const images = await newerImages(projectDirectory, stack);
    show(json, images, newerLines(stack, images));
  },
);

addUpgradeCommands(program, defaultStack);

/** A command on one stack. */
function stackCommand(name: string, description: string, parent = program): Command {
  return parent
    .command(name)
    .description(description)
    .option("--stack <name>", "the stack, for example dev for Pulumi.dev.yaml", defaultStack)
    .option("--json", "for programs: JSON instead of a table")
    .addHelpText("after", exitStatusHelp);
}

/** A command that asks something about a stack, shows the answer, and ends with a status that says whether all is well. */
function reportCommand<Answer>(
  name: string,
  description: string,
  {
    ask,
    isWell,
    lines,
  }: {
    ask: (stack: Stack) => Promise<Answer>;
    lines: (answer: Answer) => string[];
    isWell: (answer: Answer) => boolean;
  },
  parent = program,
): void {
  stackCommand(name, description, parent).action(async ({ json, stack }: StackOptions) => {
    const answer = await onStack(stack, ask);
    show(json, answer, lines(answer));
    process.exitCode = isWell(answer) ? exitStatus.well : exitStatus.notWell;
  });
}

/** Works on a stack. What kubectl or docker refuse is told without a stack trace. */
async function onStack<Result>(name: string, work: (stack: Stack) => Promise<Result>): Promise<Result> {
  try {
    return await work(await openStack(name));
  } catch (error) {
    throw error instanceof CommandError ? new UserError(error.message) : error;
  }
}

function show(json: boolean | undefined, answer: unknown, lines: readonly string[]): void {
  say(...(json ? [JSON.stringify(answer, undefined, 2)] : lines));
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
