import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ensureShellcheck } from "./support/shellcheck";
import { recordTotals, type Totals } from "./support/totals";

/**
 * `npm test`: scripts, format, rules, types, then every mocha test that needs no engine. Two at a time, each printed when it is done;
 * arguments go to mocha (`npm test -- --grep A3`), and then mocha alone runs.
 */
interface Check {
  name: string;
  command: string[];
  /** Reads how many tests passed and failed; absent: the check counts as one. */
  totals?: () => Totals;
}

const project = path.join(__dirname, "..");
const bin = (name: string) => path.join(project, "node_modules", ".bin", name);

function shellScripts(directory: string): string[] {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) {
      return ["node_modules", ".git", "rendered", ".ghost-platform"].includes(entry.name) ? [] : shellScripts(file);
    }
    return entry.name.endsWith(".sh") ? [path.relative(project, file)] : [];
  });
}

function mocha(extra: readonly string[], report: string): Check {
  return {
    name: "mocha",
    command: [
      bin("mocha"),
      "--reporter",
      path.join(__dirname, "support", "reporter.cjs"),
      "--reporter-option",
      `report=${report}`,
      ...extra,
    ],
    totals: () => JSON.parse(fs.readFileSync(report, "utf8")) as Totals,
  };
}

/** Runs a check and prints it as one block. */
async function run({ command, name, totals }: Check): Promise<Totals> {
  const [program = "", ...args] = command;
  const began = Date.now();
  const { output, status } = await new Promise<{ output: string; status: number }>((resolve) => {
    const child = spawn(program, args, {
      cwd: project,
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    child.stderr.on("data", (chunk) => (output += String(chunk)));
    child.on("error", (error) => resolve({ output: `${output}${error.message}\n`, status: 1 }));
    child.on("close", (code) => resolve({ output, status: code ?? 1 }));
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const counted = status === 0 || totals ? safely(totals) : undefined;
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (status !== 0 || totals) {
    process.stdout.write(output.trimEnd() + "\n");
  }
  if (counted) {
    return status !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
  }
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function safely(totals: Check["totals"]): Totals | undefined {
  try {
    return totals?.();
  } catch {
    return undefined;
  }
}

async function main(): Promise<void> {
  const extra = process.argv.slice(2);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-test-"));
  try {
    const tests = mocha(extra, path.join(scratch, "mocha.json"));
    const shellcheck = extra.length > 0 ? undefined : ensureShellcheck();
    const checks: Check[] =
      extra.length > 0
        ? [tests]
        : [
            // The longest first, so that two at a time end together.
            {
              name: "eslint",
              command: [bin("eslint"), "--cache", "--cache-location", "node_modules/.cache/eslint/", "."],
            },
            tests,
            { name: "tsc", command: [bin("tsc"), "--noEmit"] },
            { name: "prettier", command: [bin("prettier"), "--check", "--cache", "--log-level", "warn", "."] },
            ...(shellcheck
              ? [{ name: "shellcheck", command: [shellcheck, "--external-sources", ...shellScripts(project)] }]
              : []),
          ];
    const sum: Totals = { passed: 0, failed: 0 };
    const worker = async () => {
      for (let check = checks.shift(); check; check = checks.shift()) {
        const { failed, passed } = await run(check);
        sum.passed += passed;
        sum.failed += failed;
      }
    };
    await Promise.all([worker(), worker()]);
    recordTotals("npm test", sum);
    console.log(`${sum.passed} passed, ${sum.failed} failed`);
    process.exitCode = sum.failed === 0 ? 0 : 1;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

void main();
