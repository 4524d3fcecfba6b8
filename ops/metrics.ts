import { shownBytes } from "../terminal/bytes";
import { clusterUsage } from "./kubernetes/metrics";
import type { Stack } from "../home/stack";
import { swarmUsage } from "./swarm/metrics";
import { grouped, table } from "../terminal/table";
import type { Amounts, ContainerUsage, Usage } from "./usage";

/** From this part of its memory limit on a container is near to being killed. */
const nearLimit = 0.9;

/** What every running container of a stack uses. */
export async function stackUsage(stack: Stack): Promise<Usage> {
  const usage = stack.platform === "kubernetes" ? await clusterUsage(stack.cluster) : await swarmUsage(stack);
  return { stack: stack.name, ...usage };
}

/** What is not well, a line each: nothing runs, not measured, near the memory limit. */
export function usageProblems({ containers, source, stack }: Usage): string[] {
  if (containers.length === 0) {
    return [`No container of stack ${stack} runs. See: npm run ops -- status --stack ${stack}`];
  }
  return containers.flatMap(({ container, memory, node, pod }) => {
    if (memory.used === undefined) {
      const where =
        source === "docker stats"
          ? `runs on node ${node}, whose engine alone knows. There: docker stats --no-stream`
          : "is not measured yet. Ask again in some seconds";
      return [`${pod}/${container} ${where}`];
    }
    return memory.limit !== undefined && memory.used > nearLimit * memory.limit
      ? [`${pod}/${container} uses ${share(memory)} of its memory limit; beyond it the kernel kills it`]
      : [];
  });
}

/** The usage for a person. */
export function usageLines(usage: Usage): string[] {
  const problems = usageProblems(usage);
  return [
    `Stack ${usage.stack}, measured by ${usage.source}`,
    ...(usage.containers.length === 0 ? [] : ["", ...usageTable(usage.containers)]),
    ...(problems.length === 0 ? [] : ["", ...problems]),
  ];
}

function usageTable(containers: readonly ContainerUsage[]): string[] {
  const right = (title: string) => ({ title, align: "right" as const });
  return table(
    [
      { title: "POD" },
      { title: "CONTAINER" },
      right("CPU"),
      right("REQUEST"),
      right("LIMIT"),
      right("OF LIMIT"),
      right("MEMORY"),
      right("REQUEST"),
      right("LIMIT"),
      right("OF LIMIT"),
      { title: "NODE" },
    ],
    grouped(
      containers.map(({ container, cpu, memory, node, pod }) => [
        pod,
        container,
        ...[cpu.used, cpu.request, cpu.limit].map((cores) => shown(cores, shownCores)),
        share(cpu),
        ...[memory.used, memory.request, memory.limit].map((count) => shown(count, shownBytes)),
        share(memory),
        node,
      ]),
    ),
  );
}

function shown(value: number | undefined, words: (value: number) => string): string {
  return value === undefined ? "-" : words(value);
}

/** Cores for people, in thousandths: `250m`. */
function shownCores(cores: number): string {
  return `${Math.round(cores * 1000)}m`;
}

function share({ limit, used }: Amounts): string {
  return used === undefined || !limit ? "-" : `${Math.round((used / limit) * 100)}%`;
}
