import * as path from "node:path";
import { run } from "../engines/process";
import { step } from "../terminal/progress";
import { projectDirectory } from "../home/project";
import type { Declaration } from "./declare-sites";
import { circumstances, record } from "./report";
import { median, slope } from "./statistics";

const counts = [1, 2, 5, 10, 15, 20];

const introduction = `# What a further site costs

\`npm run bench -- sites\`: the program declares a stack of 1 to 20 sites, with no engine behind it, each time in a process of its own that
runs the files as the Pulumi engine would run them. CPU is that of declaring, without loading the program; memory is the most that the process had,
with it. Rounds go through all counts before the next begins; each figure is the median of the rounds. "per further site" is the
slope of the line through the medians of 2 sites and more: the first run of any code costs more, whatever it does.`;

/** Measures what each further site costs the program. */
export async function benchSites(rounds: number, note: readonly string[]): Promise<void> {
  for (const platform of ["kubernetes", "swarm"]) {
    const about = await circumstances([]);
    const runs = new Map<number, Declaration[]>(counts.map((count) => [count, []]));
    await step(`Declare 1 to 20 sites on ${platform}, ${rounds} rounds`, async (report) => {
      for (let round = 1; round <= rounds; round += 1) {
        for (const count of counts) {
          report(`round ${round}, ${count} sites`);
          runs.get(count)?.push(await declared(platform, count));
        }
      }
    });
    const middle = (count: number, figure: keyof Declaration) =>
      median((runs.get(count) ?? []).map((declaration) => declaration[figure]));
    const further = (figure: keyof Declaration) =>
      slope(counts.filter((count) => count > 1).map((count) => [count, middle(count, figure)]));
    record({
      page: "sites",
      introduction,
      table: {
        header: ["sites", "objects", "CPU ms", "memory MiB"],
        rows: [
          ...counts.map((count) => [
            String(count),
            String(middle(count, "objects")),
            middle(count, "cpu").toFixed(0),
            middle(count, "memory").toFixed(0),
          ]),
          ["per further site", further("objects").toFixed(0), further("cpu").toFixed(1), further("memory").toFixed(2)],
        ],
      },
      remarks: [`Platform ${platform}, ${rounds} rounds.`, ...about(), ...note],
    });
  }
}

async function declared(platform: string, count: number): Promise<Declaration> {
  const { stdout } = await run(
    process.execPath,
    ["--require", "./runtime/preload.cjs", path.join(__dirname, "declare-sites.ts"), platform, String(count)],
    { cwd: projectDirectory, timeout: 300 },
  );
  return JSON.parse(stdout) as Declaration;
}
