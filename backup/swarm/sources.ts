import { backupLabel, ownedLabels } from "../../platforms/swarm/stack";
import { readSnapshot, isRunning } from "../../engines/swarm-tasks";
import { UserError } from "../../errors";
import { isFollower, keptIn, type Keeper } from "../contents/databases";
import type { Contents, VolumeInfo } from "../format/manifest";
import type { Source } from "../platform";
import { readVolume } from "./containers";
import type { BackupPlace } from "./place";

/** What is read of a service to tell what it keeps. */
export interface ServiceSpec {
  Name: string;
  Labels?: Record<string, string>;
  TaskTemplate: {
    ContainerSpec: {
      Image: string;
      Env?: string[];
      Mounts?: {
        Type: string;
        Source?: string;
        Target: string;
        VolumeOptions?: {
          Labels?: Record<string, string>;
          DriverConfig?: { Name?: string; Options?: Record<string, string> };
        };
      }[];
      Secrets?: { File?: { Name: string } }[];
    };
  };
}

/**
 * What a stack keeps in volumes: databases as such, the rest as files. Volumes for temporary files (`…-tmp`) are left out. Found on the
 * running services, so that it holds for whatever the stack is made of.
 *
 * @throws UserError for a service that does not run, or runs on a node that cannot be reached: a backup without it would be none
 */
export async function volumeSources({ engine, nodes }: BackupPlace, swarmName: string): Promise<Source[]> {
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
        found.set(
          key,
          found.get(key) ?? {
            contents: source.contents,
            title: `Save ${name} of ${node.name}`,
            name: `${name}-${node.name}.${contents.kind === "files" ? "tar" : "sql"}`,
            open: () => readVolume(source),
          },
        );
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

/** The number of a member that has a service of its own. */
function ordinalOf(environment: readonly string[]): number | undefined {
  const [ordinal] = environment.flatMap((line) => /^MEMBER=.*-(\d+)$/.exec(line)?.[1] ?? []);
  return ordinal === undefined ? undefined : Number(ordinal);
}

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
  const { Env: environment = [], Image: image, Mounts = [], Secrets = [] } = service.TaskTemplate.ContainerSpec;
  const container: Omit<Keeper, "target"> = {
    secrets: Secrets.flatMap(({ File }) => (File ? [File.Name] : [])),
    environment,
    ordinal: ordinalOf(environment),
  };
  if (service.Labels?.[backupLabel] === "excluded" || isFollower(container)) {
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
    return [{ ...keptIn({ ...container, target }), service: service.Name, image, target, volume }];
  });
}
