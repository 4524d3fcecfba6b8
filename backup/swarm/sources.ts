import { backupLabel, ownedLabels } from "../../platforms/swarm/stack";
import { readSnapshot, isRunning } from "../../engines/swarm-tasks";
import type { DockerEngine } from "../../engines/docker-engine";
import { UserError } from "../../errors";
import { databases, type ServiceSpec } from "../databases";
import type { Contents, DatabaseKind, VolumeInfo } from "../manifest";
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
    const running = tasks.filter((task) => task.ServiceID === ID && isRunning(task));
    const keeps = volumesOf(Spec, swarmName, undefined).length > 0;
    for (const task of keeps ? running : []) {
      const node = nodes.find(({ id }) => id === task.NodeID);
      const container = task.Status.ContainerStatus?.ContainerID;
      if (!node || !container) {
        missing.push(`${Spec.Name}: it runs on a node that cannot be reached from here (${task.NodeID ?? "unknown"})`);
        continue;
      }
      for (const contents of volumesOf(Spec, swarmName, task.Slot)) {
        const { driver, name, options } = contents.volume;
        // What is on shared storage is the same on every node.
        const key = driver === "local" && Object.keys(options).length === 0 ? `${name} ${node.name}` : name;
        const source = { contents: { ...contents, node: node.name }, engine: node.engine, container };
        found.set(key, found.get(key) ?? source);
      }
    }
    if (keeps && running.length === 0) {
      missing.push(`${Spec.Name}: no task of it runs, so what it keeps cannot be found. See npm run ops -- diagnose`);
    }
  }
  if (missing.length > 0) {
    throw UserError.fromMistakes(`A backup of ${swarmName} would lack something:`, missing);
  }
  return [...found.values()];
}

type VolumeContents = Extract<Contents, { volume: VolumeInfo }>;

/**
 * The volumes of a task that a backup holds. Left out are those for temporary files, those of a service whose label says so, and those of a
 * server that only follows another one: it fills itself from there, and what it holds is in the other's backup.
 *
 * @param slot number of the task, which may be part of a volume's name
 */
export function volumesOf(
  service: ServiceSpec,
  swarmName: string,
  slot: number | undefined,
): Omit<VolumeContents, "node">[] {
  const kinds = Object.keys(databases) as DatabaseKind[];
  const { Image: image, Mounts = [] } = service.TaskTemplate.ContainerSpec;
  if (service.Labels?.[backupLabel] === "excluded" || kinds.some((kind) => databases[kind].follows(service))) {
    return [];
  }
  return Mounts.flatMap(({ Source = "", Target: target, Type, VolumeOptions }) => {
    const name = Source.replaceAll("{{.Task.Slot}}", String(slot ?? ""));
    if (Type !== "volume" || name === "" || /-tmp(-[0-9a-f]*)?$/.test(name)) {
      return [];
    }
    const volume = {
      name,
      driver: VolumeOptions?.DriverConfig?.Name ?? "local",
      options: VolumeOptions?.DriverConfig?.Options ?? {},
      labels: VolumeOptions?.Labels ?? ownedLabels({ name: swarmName }),
    };
    const kind = kinds.find((one) => databases[one].is(service, target));
    const data = kind && databases[kind].data(service);
    return [
      {
        kind: kind ?? ("files" as const),
        service: service.Name,
        image,
        target,
        ...(data === undefined ? {} : { data }),
        volume,
      },
    ];
  });
}

/** The node of a part in the swarm there is now. */
export function nodeOf(nodes: readonly BackupNode[], name: string): BackupNode | undefined {
  return nodes.find((node) => node.name === name);
}
