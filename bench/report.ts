import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { run } from "../engines/process";
import { CommandError } from "../errors";
import { say } from "../terminal/progress";
import { projectDirectory, shown } from "../home/project";

/** A table of results. */
export interface Table {
  header: readonly string[];
  rows: readonly (readonly string[])[];
}

/** One measurement, to be added to a page of docs/benchmarks. */
export interface Measurement {
  /** The page, for example `preview` for docs/benchmarks/preview.md. */
  page: string;
  /** What the page begins with: its title, and how it is measured. Replaces what is there. */
  introduction: string;
  table: Table;
  /** What else is to be said about these figures, a sentence each. */
  remarks: readonly string[];
}

/** Ends the introduction of a page; the measurements come after it, the newest first. */
const end = "<!-- measurements -->";

/** The machine and the programs, gathered before anything is measured. */
export async function circumstances(programs: readonly string[]): Promise<() => string[]> {
  const before = load();
  const versions = await Promise.all([commit(), ...programs.map((program) => versionOf(program))]);
  return () => [
    `Machine: ${os.cpus().length} cores (${os.cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}; load average ${before} before, ${load()} after.`,
    `Versions: Node.js ${process.versions.node}, ${[...versions, ...packages()].filter((version) => version !== "").join(", ")}.`,
  ];
}

/** Prints a measurement and adds it to its page. */
export function record({ introduction, page, remarks, table }: Measurement): void {
  const lines = [markdown(table), ...remarks.map((remark) => `- ${remark}`)];
  say("", ...lines, "");
  const file = path.join(projectDirectory, "docs", "benchmarks", `${page}.md`);
  const earlier = fs.existsSync(file) ? (fs.readFileSync(file, "utf8").split(end)[1] ?? "").trim() : "";
  const entry = [
    `## ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    "",
    lines[0],
    "",
    ...lines.slice(1),
  ];
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${[introduction.trim(), "", end, "", ...entry, "", earlier].join("\n").trim()}\n`);
  say(`Added to ${shown(file)}`);
}

/** A table with its columns in line, as the project's formatter writes it. */
function markdown({ header, rows }: Table): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(header), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

function load(): string {
  return (os.loadavg()[0] ?? 0).toFixed(1);
}

async function commit(): Promise<string> {
  return said("git", ["-C", projectDirectory, "rev-parse", "--short", "HEAD"], (hash) => `commit ${hash}`);
}

async function versionOf(program: string): Promise<string> {
  return said(program, ["version"], (text) => `${program} ${text.replace(/^v/, "")} as it reports`);
}

/** What a program says, in words; nothing where there is none. */
async function said(program: string, args: readonly string[], words: (text: string) => string): Promise<string> {
  try {
    return words((await run(program, args)).stdout.trim());
  } catch (error) {
    if (error instanceof CommandError) {
      return "";
    }
    throw error;
  }
}

/** The packages of the program, as they are installed. */
function packages(): string[] {
  return ["pulumi", "kubernetes", "docker", "random", "tls"].map((name) => {
    const file = path.join(projectDirectory, "node_modules", "@pulumi", name, "package.json");
    return `@pulumi/${name} ${(JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }).version}`;
  });
}
