import { stackLabel } from "../platforms/swarm/stack";
import { readSnapshot, isRunning } from "../ops/swarm/tasks";
import type { DockerEngine } from "../cli/docker-engine";
import { UserError } from "../errors";
import { databases, type ServiceSpec } from "./databases";
import type { Contents, DatabaseKind, VolumeInfo } from "./manifest";
import type { BackupNode, BackupPlace } from "./place";

/** A volume of the stack that is to be saved, and where. */
export interface Source {
  contents: Extract<Contents, { volume: VolumeInfo }>;
  engine: DockerEngine;
  /** Container of the task that mounts it. */
  container: string;
}

/**
 * What a stack keeps in volumes: databases as such, the rest as files. Volumes for temporary files (`…-tmp`) are left out. Found on the
 * running services, so that it holds for whatever the stack is made of.
 *
 * @throws UserError for a service that does not run, or runs on a node that cannot be reached: a backup without it would be none
 */
export async function sources({ engine, nodes }: BackupPlace, swarmName: string): Promise<Source[]> {
  const { services, tasks } = await readSnapshot(engine, swarmName);
  if (services.length === 0) {
    throw new UserError(`Nothing of ${swarmName} is deployed, so there is nothing to save`);
  }
  const { stdout } = await engine.docker(["service", "inspect", ...services.map(({ ID }) => ID)]);
  const specs = JSON.parse(stdout) as { ID: string; Spec: ServiceSpec }[];
  const missing: string[] = [];
  const found = new Map<string, Source>();
  for (const { ID, Spec } of specs) {
    const { Image: image, Mounts = [] } = Spec.TaskTemplate.ContainerSpec;
    const kept = Mounts.filter(
      ({ Source: name, Type }) => Type === "volume" && name && !/-tmp(-[0-9a-f]+)?$/.test(name),
    );
    for (const task of kept.length === 0 ? [] : tasks.filter((one) => one.ServiceID === ID && isRunning(one))) {
      const node = nodes.find(({ id }) => id === task.NodeID);
      const container = task.Status.ContainerStatus?.ContainerID;
      if (!node || !container) {
        missing.push(`${Spec.Name}: it runs on a node that cannot be reached from here (${task.NodeID ?? "unknown"})`);
        continue;
      }
      for (const { Source: name = "", Target: target, VolumeOptions } of kept) {
        const driver = VolumeOptions?.DriverConfig?.Name ?? "local";
        const options = VolumeOptions?.DriverConfig?.Options ?? {};
        const volume = { name, driver, options, labels: VolumeOptions?.Labels ?? labelsOf(swarmName) };
        const kind = (Object.keys(databases) as DatabaseKind[]).find((one) => databases[one].is(Spec, target));
        const contents = {
          kind: kind ?? ("files" as const),
          service: Spec.Name,
          node: node.name,
          image,
          target,
          volume,
        };
        // What is on shared storage is the same on every node.
        const key = driver === "local" && Object.keys(options).length === 0 ? `${name} ${node.name}` : name;
        found.set(key, found.get(key) ?? { contents, engine: node.engine, container });
      }
    }
    if (kept.length > 0 && !tasks.some((one) => one.ServiceID === ID && isRunning(one))) {
      missing.push(`${Spec.Name}: no task of it runs, so what it keeps cannot be found. See npm run ops -- diagnose`);
    }
  }
  if (missing.length > 0) {
    throw UserError.fromMistakes(`A backup of ${swarmName} would lack something:`, missing);
  }
  return [...found.values()];
}

function labelsOf(swarmName: string): Record<string, string> {
  return { [stackLabel]: swarmName };
}

/** The node of a part in the swarm there is now. */
export function nodeOf(nodes: readonly BackupNode[], name: string): BackupNode | undefined {
  return nodes.find((node) => node.name === name);
}
