import type { DockerEngine } from "../../cli/docker-engine";
import { hookFiles, readHookFile, type HookReport } from "../hooks";
import { appOf, isRunning, nodeName, readSnapshot } from "./tasks";

/** What the sites' tasks have left on the node that we speak to: a swarm has no hooks, a task's own program leaves the lines. */
export async function swarmHooks(engine: DockerEngine, swarmName: string): Promise<HookReport[]> {
  const { nodes, services, tasks } = await readSnapshot(engine, swarmName);
  const here = await engine.lines(["ps", "--quiet", "--no-trunc"]);
  return Promise.all(
    services
      .map((service) => ({ app: appOf(service, swarmName), ID: service.ID }))
      .filter(({ app }) => app.startsWith("ghost-"))
      .flatMap(({ ID, app }) =>
        tasks
          .filter((task) => task.ServiceID === ID && isRunning(task))
          .flatMap(({ NodeID, Slot, Status }) =>
            hookFiles.map(async ({ file, hook }): Promise<HookReport> => {
              const id = Status.ContainerStatus?.ContainerID ?? "";
              const report = { pod: `${app}.${Slot ?? ""}`, container: app, hook, file };
              return here.includes(id)
                ? { ...report, ...(await readHookFile(() => engine.docker(["exec", id, "cat", file]))) }
                : { ...report, missing: `it runs on node ${nodeName(NodeID, nodes) ?? ""}: look there` };
            }),
          ),
      ),
  );
}
