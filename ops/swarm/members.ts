import type { DockerEngine } from "../../engines/docker-engine";
import { appOf, isWanted, nodeName, readSnapshot, slotsOf, type Snapshot, type Task } from "../../engines/swarm-tasks";
import type { SwarmStack } from "../../home/stack";
import { containerEngines } from "./container-engines";

/** A container, and the engine that has it. */
export interface Holder {
  engine: DockerEngine;
  id: string;
}

/** A task of the database, and the member it is. */
export interface MemberTask {
  /** Its name, which ends with its ordinal. */
  member: string;
  /** Name of its service without the stack's. */
  app: string;
  /** The same in full. */
  service: string;
  task: Task;
  node: string | undefined;
  /** Absent where no container runs, and where the stack names no engine that has it. */
  holder?: Holder;
}

/** The newest task of every member of the database, with its container where one of the stack's engines has it. */
export async function memberContainers(stack: SwarmStack): Promise<MemberTask[]> {
  const { config, engine, swarmName } = stack;
  const [snapshot, engineOf] = await Promise.all([readSnapshot(engine, swarmName), containerEngines(stack)]);
  return memberTasks(snapshot, swarmName, config.mysql.topology === "group").map((member) => {
    const { DesiredState, Status } = member.task;
    const id = Status.ContainerStatus?.ContainerID;
    const holder = engineOf(id);
    return id !== undefined && holder && isWanted(DesiredState)
      ? { ...member, holder: { engine: holder, id } }
      : member;
  });
}

/** The source or the first member is ordinal 0; a replica has the number of its slot, and another member of a group that of its service. */
function memberTasks({ nodes, services, tasks }: Snapshot, swarmName: string, isGroup: boolean): MemberTask[] {
  return services.flatMap((service) => {
    const app = appOf(service, swarmName);
    const [, ordinal] = /^mysql-(\d+)$/.exec(app) ?? [];
    if (app !== "mysql" && app !== "mysql-replica" && !(isGroup && ordinal !== undefined)) {
      return [];
    }
    return slotsOf(service, tasks).map(({ current: task, name }) => ({
      member: app === "mysql" ? "mysql-0" : `mysql-${ordinal ?? name}`,
      app,
      service: service.Spec.Name,
      task,
      node: nodeName(task.NodeID, nodes),
    }));
  });
}
