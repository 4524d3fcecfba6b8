import { inspected } from "../../engines/swarm-objects";
import { appOf, isRunning, readSnapshot, type Service, type Snapshot } from "../../engines/swarm-tasks";
import { memberServices, takesWrites } from "../../components/mysql/app";
import { CommandError, UserError } from "../../errors";
import { interruption } from "../../terminal/interruption";
import type { SwarmStackConfig } from "../../config/schema";
import type { RunInContainer, TriedPart } from "../contents/container";
import { siteStartLimit, siteStopLimit, type SitePlace } from "../contents/site";
import { inContainer } from "./containers";
import { foreignDatabase } from "./foreign-database";
import type { BackupPlace } from "./place";
import { volumesOf, type ServiceSpec } from "./sources";

/** Tasks that fail after the start until it is given up. */
const failuresUntilGivenUp = 2;

/**
 * A site of a stack on a swarm.
 *
 * @param swarmName the stack's name in the swarm
 * @param config of the stack; its sites may have their databases elsewhere
 * @throws UserError where it is not deployed, or its database server does not run where it can be reached
 */
export async function swarmSite(
  place: BackupPlace,
  swarmName: string,
  name: string,
  config: SwarmStackConfig,
): Promise<SitePlace> {
  const { engine } = place;
  const app = `ghost-${name}`;
  const look = async (wanted: string) => ofApp(await readSnapshot(engine, swarmName), swarmName, wanted);
  if (!(await look(app))) {
    throw new UserError(`Site ${name} is not deployed at ${engine.host}. Deploy it first: npm start`);
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
  const { external } = config.mysql;
  const server = external
    ? foreignDatabase(engine, config, external, name)
    : {
        server: await ownServer(place, swarmName, name, await look("mysql")),
        inServer: config.mysql.topology === "group" ? inWriter(config, inApp) : inApp("mysql"),
      };
  const service = `${swarmName}_${app}`;
  const scale = (to: number) => engine.docker(["service", "scale", "--detach", `${service}=${to}`]);
  return {
    ...server,
    inGhost: inApp(app),
    image: () => imageOf(engine, service),
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

/** Runs programs in the member of a group that takes writes. */
function inWriter(config: SwarmStackConfig, inApp: (app: string) => RunInContainer): RunInContainer {
  return async (work) => {
    const said: string[] = [];
    for (const app of memberServices(config)) {
      try {
        await inApp(app)({ program: takesWrites, as: "server" });
      } catch (error) {
        if (!(error instanceof CommandError || error instanceof UserError)) {
          throw error;
        }
        said.push(`${app}: ${error instanceof CommandError ? error.output.trim() || error.message : error.message}`);
        continue;
      }
      return inApp(app)(work);
    }
    throw UserError.fromMistakes("No member of the group takes writes now:", said);
  };
}

async function imageOf(engine: BackupPlace["engine"], service: string): Promise<string> {
  const format = "{{.Spec.TaskTemplate.ContainerSpec.Image}}";
  const { stdout } = await engine.docker(["service", "inspect", "--format", format, service]);
  return stdout.trim();
}

/** The database server that the stack runs itself. */
async function ownServer(
  { engine, nodes }: BackupPlace,
  swarmName: string,
  site: string,
  found: ReturnType<typeof ofApp>,
): Promise<TriedPart> {
  if (!found) {
    throw new UserError(
      `${swarmName}_mysql, the database server of site ${site}, is not deployed at ${engine.host}. Deploy it first: npm start`,
    );
  }
  const [spec] = await inspected<{ Spec: ServiceSpec }>(engine, "service", [found.service.ID]);
  const volume = spec && volumesOf(spec.Spec, swarmName, 1).find(({ kind }) => kind === "mysql");
  const task = found.tasks.find(isRunning);
  if (volume?.kind !== "mysql" || !task) {
    throw new UserError(`${swarmName}_mysql: no task of it runs. See npm run ops -- diagnose`);
  }
  const node = nodes.find(({ id }) => id === task.NodeID)?.name ?? "";
  return { kind: "mysql", image: volume.image, target: volume.target, volume: volume.volume, node };
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
