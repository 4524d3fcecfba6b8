import { cpuToMillis, quantityToBytes } from "../values/quantity";
import type { ParsedStack, PodConfig } from "../schema";

/** More asked for than may be had, which Kubernetes refuses. */
export function podMistakes({ analytics, edge, mailpit, monitoring, mysql, sites }: ParsedStack): string[] {
  return [
    ...Object.entries(sites).flatMap(([name, { memory, pod }]) => mistakesOf(`sites.${name}`, pod, memory)),
    ...mistakesOf("analytics", analytics?.pod, analytics?.memory),
    ...mistakesOf("edge", edge?.pod, edge?.memory),
    ...mistakesOf("mysql", mysql.pod, mysql.memory),
    ...mistakesOf("mailpit", mailpit.pod, mailpit.memory),
    ...mistakesOf("monitoring", monitoring?.pod, monitoring?.memory),
  ];
}

function mistakesOf(key: string, pod: PodConfig | undefined, memory: string | undefined): string[] {
  const { limits, requests } = pod?.resources ?? {};
  const at = `${key}.pod.resources.requests`;
  const mistakes: string[] = [];
  if (
    requests?.memory !== undefined &&
    memory !== undefined &&
    quantityToBytes(requests.memory) > quantityToBytes(memory)
  ) {
    mistakes.push(
      `${at}.memory: ${requests.memory} is more than the limit, ${key}.memory (${memory}). Ask for less, or raise that`,
    );
  }
  if (requests?.cpu !== undefined && limits?.cpu !== undefined && cpuToMillis(requests.cpu) > cpuToMillis(limits.cpu)) {
    mistakes.push(
      `${at}.cpu: ${requests.cpu} is more than the limit, ${key}.pod.resources.limits.cpu (${limits.cpu}). Ask for less, or raise that`,
    );
  }
  return mistakes;
}
