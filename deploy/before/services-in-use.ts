import type { SwarmContainer } from "../../components/app";
import type { DockerEngine } from "../../engines/docker-engine";
import { inspected, servicesOf } from "../../engines/swarm-objects";
import { desiredTasks } from "../wait/swarm-updates";

interface TaskTemplate {
  ContainerSpec?: SwarmContainer;
}
export interface SwarmService {
  ID: string;
  Spec: { Name: string; TaskTemplate: TaskTemplate };
}
export interface SwarmTask {
  ServiceID: string;
  Spec: TaskTemplate;
}

/** What a swarm has of a stack: its services as they are meant, and the tasks that still run, which may be of an earlier version. */
export interface ServicesInUse {
  services: readonly SwarmService[];
  tasks: readonly SwarmTask[];
}

/** Asks a swarm for it. @throws CommandError where it does not answer */
export async function servicesInUse(engine: DockerEngine, swarmName: string): Promise<ServicesInUse> {
  const ids = await servicesOf(engine, swarmName);
  return {
    services: await inspected<SwarmService>(engine, "service", ids),
    tasks: await desiredTasks<SwarmTask>(engine, ids),
  };
}
