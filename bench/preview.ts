import * as path from "node:path";
import { step } from "../terminal/progress";
import { projectDirectory } from "../home/project";
import type { Cost } from "./measured";
import { benchCluster, benchNamespace, type Wanted } from "./place";
import { circumstances, record } from "./report";
import { ratio, spread } from "./statistics";
import { needPulumi, Workspace } from "./workspace";

const introduction = `# Preview of an unchanged stack

\`npm run bench -- preview\`: \`pulumi preview\` of a stack that is up and has not changed, one site with MySQL and Mailpit on Kubernetes, against the
floor: a program in plain JavaScript that declares a provider and a namespace. The preview must find nothing to change. The programs take turns
within a round; the first round is not counted. The floor comes twice: as Pulumi runs any program, and with what this project has
Node.js load before (\`runtime/preload.cjs\`). Each cell is the least, the median and the most; a ratio is one of medians.`;

/** Measures the preview of an unchanged stack against that of the smallest program. */
export async function benchPreview(wanted: Wanted, rounds: number, note: readonly string[]): Promise<void> {
  await needPulumi();
  const { address, config } = await benchCluster(wanted);
  const about = await circumstances(["pulumi"]);
  const workspaces: Workspace[] = [];
  try {
    const names = ["one site", "floor", "floor with the preload"] as const;
    const open = [
      () => Workspace.ofProgram(config),
      () => Workspace.ofFloor(address, `${benchNamespace}-floor`),
      () =>
        Workspace.ofFloor(
          address,
          `${benchNamespace}-floor-preload`,
          path.join(projectDirectory, "runtime", "preload.cjs"),
        ),
    ];
    await step("Deploy the stacks to preview", async (report) => {
      for (const [index, make] of open.entries()) {
        report(names[index] ?? "");
        const workspace = await make();
        workspaces.push(workspace);
        await workspace.pulumi("up", "--yes", "--skip-preview");
      }
    });
    const costs: Cost[][] = workspaces.map(() => []);
    await step(`Preview them in turns, ${rounds} rounds`, async (report) => {
      for (let round = 0; round <= rounds; round += 1) {
        for (const [index, workspace] of workspaces.entries()) {
          report(`round ${round}, ${names[index] ?? ""}`);
          const cost = await workspace.pulumi("preview", "--expect-no-changes");
          if (round > 0) {
            costs[index]?.push(cost);
          }
        }
      }
    });
    const wall = costs.map((series) => series.map((cost) => cost.wall));
    const cpu = costs.map((series) => series.map((cost) => cost.cpu));
    record({
      page: "preview",
      introduction,
      table: {
        header: ["program", "wall s", "CPU s", "wall to floor", "CPU to floor"],
        rows: names.map((name, index) => [
          name,
          spread(wall[index] ?? [], 2),
          spread(cpu[index] ?? [], 2),
          ratio(wall[index] ?? [], wall[1] ?? []),
          ratio(cpu[index] ?? [], cpu[1] ?? []),
        ]),
      },
      remarks: [`${rounds} ${rounds === 1 ? "round" : "rounds"}.`, ...about(), ...note],
    });
  } finally {
    await step("Destroy them", async () => {
      for (const workspace of workspaces) {
        await workspace.discard();
      }
    });
  }
}
