import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { runMocha } from "./support/mocha";
import { ensureShellcheck } from "./support/shellcheck";
import { shopServiceTests } from "./support/shop-services";
import { concludeRun, type Totals } from "./support/totals";

/**
 * `npm test`: every mocha test that needs no engine, several files at a time, and beside it scripts, format, rules and types, one after the other. Each is
 * printed when it is done; arguments go to mocha (`npm test -- --grep A3`), and then mocha alone runs. `--long`, as CI has it, also tries what takes
 * a minute of combinations, or a compiler.
 */
interface Outcome {
  totals: Totals;
  output: string;
}

interface Check {
  name: string;
  run: () => Promise<Outcome>;
  /** Whether what it printed is worth reading when all is well. */
  verbose?: boolean;
}

const project = path.join(__dirname, "..");
const colour = { FORCE_COLOR: process.stdout.isTTY ? "1" : "0" };

/** A program of node_modules, or one on PATH; its exit status is one test. */
function program(name: string, command: string, args: readonly string[], folder = project): Check {
  const local = path.join(project, "node_modules", ".bin", command);
  return {
    name,
    run: () =>
      new Promise((resolve) => {
        const child = spawn(fs.existsSync(local) ? local : command, args, {
          cwd: folder,
          env: { ...process.env, ...colour },
        });
        let output = "";
        child.stdout.on("data", (chunk) => (output += String(chunk)));
        child.stderr.on("data", (chunk) => (output += String(chunk)));
        const end = (passed: boolean) =>
          resolve({ totals: { passed: Number(passed), failures: passed ? [] : [`${name}, as told above`] }, output });
        child.on("error", (error) => {
          output += `${error.message}\n`;
          end(false);
        });
        child.on("close", (status) => end(status === 0));
      }),
  };
}

function mocha(name: string, extra: readonly string[], scratch: string): Check {
  return {
    name,
    verbose: true,
    run: async () => {
      let output = "";
      const totals = await runMocha(path.join(scratch, `${name.replace(/\W+/g, "-")}.json`), {
        arguments: extra,
        environment: colour,
        output: (text) => (output = text),
      });
      return { totals, output };
    },
  };
}

/** Every script of the project that a shell runs. */
function shellScripts(directory = project): string[] {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) {
      return ["node_modules", ".git", "rendered", ".ghost-platform"].includes(entry.name) ? [] : shellScripts(file);
    }
    return entry.name.endsWith(".sh") ? [path.relative(project, file)] : [];
  });
}

/** The files of mocha run side by side: one more than there are processors, since many of them wait for programs that they have started. */
const sideBySide = ["--parallel", "--jobs", String(os.availableParallelism() + 1)];

/** What runs at the same time: lists of what runs one after the other. */
function allChecks(scratch: string, long: boolean): Check[][] {
  const shellcheck = ensureShellcheck();
  return [
    [mocha("mocha", sideBySide, scratch)],
    [
      program("oxlint", "oxlint", ["--config", "oxlint.config.mjs"]),
      program("tsc", "tsc", ["--noEmit"]),
      program("oxfmt", "oxfmt", ["--check"]),
      ...(shellcheck ? [program("shellcheck", shellcheck, ["--external-sources", ...shellScripts()])] : []),
      ...shopServiceTests(long).map((tests) => program(tests.name, tests.command, tests.arguments, tests.folder)),
    ],
  ];
}

/** Runs a check, prints what it said, and returns its totals with a line that tells how it went. */
async function report({ name, run, verbose }: Check): Promise<{ totals: Totals; line: string }> {
  const began = Date.now();
  const { output, totals } = await run();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const line = `${totals.failures.length === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`;
  console.log(line);
  if (verbose || totals.failures.length > 0) {
    console.log(output.trimEnd());
  }
  return { totals, line };
}

async function main(): Promise<void> {
  const given = process.argv.slice(2);
  const extra = given.filter((argument) => argument !== "--long");
  const long = extra.length < given.length;
  if (long) {
    process.env["TEST_LONG"] = "yes";
  }
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-test-"));
  try {
    const lists = extra.length > 0 ? [[mocha("mocha", extra, scratch)]] : allChecks(scratch, long);
    const reports: Awaited<ReturnType<typeof report>>[] = [];
    await Promise.all(
      lists.map(async (checks) => {
        for (const check of checks) {
          reports.push(await report(check));
        }
      }),
    );
    console.log(["", ...reports.map(({ line }) => line)].join("\n"));
    concludeRun(
      "npm test",
      reports.map(({ totals }) => totals),
    );
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

void main();
