/** One value of the kubelet's resource metrics. */
interface Sample {
  value: number;
  /** When it was measured, milliseconds since 1970. */
  time: number;
}

/** What the kubelet of a node has measured, by container: `namespace/pod/container`. */
export interface KubeletSamples {
  /** CPU seconds used since the container began. */
  cpuSeconds: Map<string, Sample>;
  /** Bytes that cannot be taken back without swapping: what the memory limit is held against. */
  memoryBytes: Map<string, Sample>;
}

const line = /^(container_[a-z_]+)\{([^}]*)\} (\S+) (\d+)$/;

/** Reads the text of a kubelet's `/metrics/resource`. */
export function kubeletSamples(text: string): KubeletSamples {
  const samples: KubeletSamples = { cpuSeconds: new Map(), memoryBytes: new Map() };
  for (const row of text.split("\n")) {
    const [, metric, labels = "", value, time] = line.exec(row) ?? [];
    const series =
      metric === "container_cpu_usage_seconds_total"
        ? samples.cpuSeconds
        : metric === "container_memory_working_set_bytes"
          ? samples.memoryBytes
          : undefined;
    if (series) {
      series.set(containerKey(label(labels, "namespace"), label(labels, "pod"), label(labels, "container")), {
        value: Number(value),
        time: Number(time),
      });
    }
  }
  return samples;
}

function label(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
}

/** The name of a container in the samples. */
export function containerKey(namespace: string, pod: string, container: string): string {
  return `${namespace}/${pod}/${container}`;
}

/** Cores that a container used between two samples; undefined where there are no two of the same run. */
export function coresBetween(before: KubeletSamples, after: KubeletSamples, key: string): number | undefined {
  const first = before.cpuSeconds.get(key);
  const second = after.cpuSeconds.get(key);
  if (!first || !second || second.time <= first.time || second.value < first.value) {
    return undefined;
  }
  return (second.value - first.value) / ((second.time - first.time) / 1000);
}
