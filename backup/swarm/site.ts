import { inspected } from "../../engines/swarm-objects";
import { appOf, isRunning, readSnapshot, type Service, type Snapshot } from "../../engines/swarm-tasks";
import { UserError } from "../../errors";
import { interruption } from "../../terminal/interruption";
import type { RunInContainer } from "../container";
import { siteStartLimit, siteStopLimit, type SitePlace } from "../site";
import { inContainer } from "./containers";
import type { BackupPlace } from "./place";
import { volumesOf, type ServiceSpec } from "./sources";

/** Tasks that fail after the start until it is given up. */
const failuresUntilGivenUp = 2;

/**
 * A site of a stack on a swarm.
 *
 * @param swarmName the stack's name in the swarm
 * @throws UserError where it is not deployed, or its database server does not run where it can be reached
 */
export async function swarmSite(place: BackupPlace, swarmName: string, name: string): Promise<SitePlace> {
  const { engine } = place;
  const app = `ghost-${name}`;
  const look = async (wanted: string) => ofApp(await readSnapshot(engine, swarmName), swarmName, wanted);
  const [site, server] = await Promise.all([look(app), look("mysql")]);
  if (!site || !server) {
    throw new UserError(
      `${site ? `${swarmName}_mysql, the database server of site ${name},` : `Site ${name}`} is not deployed at ${engine.host}. Deploy it first: npm start`,
    );
  }
  const inApp =
    (wanted: string): RunInContainer =>
    async (work) => {
      const running = (await look(wanted))?.tasks.find(isRunning);
      const container = running?.Status.ContainerStatus?.ContainerID;
      const node = place.nodes.find(({ id }) => id === running?.NodeID);
      if (!container || !node) {
        throw new UserError(
          `${swarmName}_${wanted}: ${running ? "it runs on a node that cannot be reached from here" : "no task of it runs"}. See npm run ops -- diagnose`,
        );
      }
      interruption.throwIfInterrupted();
      await inContainer(node.engine, container)(work);
    };
  const [spec] = await inspected<{ Spec: ServiceSpec }>(engine, "service", [server.service.ID]);
  const volume = spec && volumesOf(spec.Spec, swarmName, 1).find(({ kind }) => kind === "mysql");
  const serverTask = server.tasks.find(isRunning);
  if (volume?.kind !== "mysql" || !serverTask) {
    throw new UserError(`${swarmName}_mysql: no task of it runs. See npm run ops -- diagnose`);
  }
  const service = `${swarmName}_${app}`;
  const scale = (to: number) => engine.docker(["service", "scale", "--detach", `${service}=${to}`]);
  const nodeName = place.nodes.find(({ id }) => id === serverTask.NodeID)?.name ?? "";
  return {
    server: { kind: "mysql", image: volume.image, target: volume.target, volume: volume.volume, node: nodeName },
    inServer: inApp("mysql"),
    inGhost: inApp(app),
    async stop() {
      await scale(0);
      await until(siteStopLimit, `${service} does not stop`, async () => {
        const ids = await Promise.all(
          place.nodes.map((node) =>
            node.engine.lines(["ps", "--quiet", "--filter", `label=com.docker.swarm.service.name=${service}`]),
          ),
        );
        return ids.flat().length === 0;
      });
    },
    async start(report) {
      const before = new Set((await look(app))?.tasks.map(({ ID }) => ID));
      await scale(1);
      await until(siteStartLimit, `${service} does not come up`, async () => {
        const tasks = (await look(app))?.tasks ?? [];
        const failed = tasks.filter(
          ({ ID, Status }) => !before.has(ID) && ["failed", "rejected"].includes(Status.State),
        );
        if (failed.length >= failuresUntilGivenUp) {
          throw new UserError(
            `${service} does not come up: ${failed[0]?.Status.Err ?? "its tasks fail"}. Its log: npm run ops -- logs ${app}`,
          );
        }
        report(tasks[0]?.Status.State ?? "");
        return tasks.some(isRunning);
      });
    },
  };
}

function ofApp({ services, tasks }: Snapshot, swarmName: string, app: string) {
  const service: Service | undefined = services.find((one) => appOf(one, swarmName) === app);
  return service && { service, tasks: tasks.filter(({ ServiceID }) => ServiceID === service.ID) };
}

async function until(seconds: number, trouble: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await isSo())) {
    interruption.throwIfInterrupted();
    if (performance.now() > deadline) {
      throw new UserError(`${trouble} within ${seconds} s. See npm run ops -- diagnose`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
