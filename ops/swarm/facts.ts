import type { CertificateTrouble } from "../../components/edge/certificates";
import { lacksCertificate, readCertificateTroubles } from "../../deploy/wait/certificates";
import type { DockerEngine } from "../../engines/docker-engine";
import { foreignServer } from "../../config/mysql/own-databases";
import { CommandError } from "../../errors";
import type { SwarmStack } from "../../home/stack";
import { certificateEnd, type CertificateEnd, type ShownCertificate } from "../server-certificate";
import { volumeSpace, type VolumeSpace } from "../volume-space";
import { wrongAnswers, type WrongAnswer } from "./answers";
import {
  appOf,
  hasEnded,
  isRunning,
  readSnapshot,
  slotsOf,
  wantedTasks,
  type Node,
  type Service,
  type Slot,
  type Snapshot,
  type Task,
} from "../../engines/swarm-tasks";
import { containerEngines, type EngineOf } from "./container-engines";

/** Lines of a log that are read for a diagnosis. */
const logLines = "30";

/** What is known about a stack when it is asked why a task does not run. Everything a scenario decides on is in here. */
export interface StackFacts {
  stack: string;
  swarmName: string;
  /** The command line of a docker command, to copy. */
  docker: (...args: readonly string[]) => string;
  /** Host and port of the database server that is somebody else's. Absent: the stack has its own. */
  foreignDatabase?: string | undefined;
  services: ServiceFacts[];
  nodes: Node[];
  /** Published addresses that are not well, though what is behind them runs. */
  wrongAnswers: WrongAnswer[];
  /** Why hosts behind the edge have no certificate; read where one has none. */
  certificateTroubles: CertificateTrouble[];
}

/** What is known about a service. */
export interface ServiceFacts {
  service: Service;
  /** Without the stack's name. */
  app: string;
  /** How many tasks should run. */
  wanted: number;
  slots: SlotFacts[];
}

/** What is known about a slot, its present task and those before. */
export interface SlotFacts extends Slot {
  /** Without the stack's name. */
  app: string;
  /** Of the present task; without a container where there is none, or where no engine that answers has it. */
  present: ContainerFacts;
  /** Of the newest task of this slot that ended. */
  previous: ContainerFacts;
  /** Whether the stack's database server runs and is well. */
  databaseReady: boolean;
}

/** What an engine knows about a container of its own. */
export interface ContainerFacts {
  state?: ContainerState | undefined;
  /** Last lines. */
  log: string[];
  /** Room on its volume; of a database server that runs. */
  space?: VolumeSpace | undefined;
  /** Of the certificate that its server shows; of a database server whose container is in reach. */
  certificateEnd?: CertificateEnd | undefined;
}

/** What is read of a container with `docker inspect`. */
export interface ContainerState {
  OOMKilled?: boolean;
  ExitCode?: number;
  Error?: string;
  Health?: { Status?: string; FailingStreak?: number; Log?: { ExitCode?: number; Output?: string }[] };
}

/** Reads everything that a diagnosis needs. */
export async function readFacts(stack: SwarmStack): Promise<StackFacts> {
  const { engine, swarmName } = stack;
  const [snapshot, engineOf] = await Promise.all([readSnapshot(engine, swarmName), containerEngines(stack)]);
  const isReady = databaseReady(snapshot, swarmName);
  const services = await Promise.all(
    snapshot.services.map(async (service): Promise<ServiceFacts> => {
      const app = appOf(service, swarmName);
      const slots = slotsOf(service, snapshot.tasks).map(async (slot) => ({
        ...slot,
        app,
        present: {
          ...(await readContainer(engineOf, slot.current)),
          ...(await readServer(engineOf, app, slot.current)),
        },
        previous: await readContainer(engineOf, slot.earlier.find(hasEnded)),
        databaseReady: isReady,
      }));
      return { service, app, wanted: wantedTasks(service, snapshot.nodes), slots: await Promise.all(slots) };
    }),
  );
  const answers = await wrongAnswers(stack, snapshot);
  const lacksAny = answers.some((answer) => lacksCertificate(answer.answers));
  return {
    stack: stack.name,
    swarmName,
    docker: (...args) => ["docker", "--host", engine.host, ...args].join(" "),
    foreignDatabase: foreignServer(stack.config),
    services,
    nodes: snapshot.nodes,
    wrongAnswers: answers,
    certificateTroubles: lacksAny ? await readCertificateTroubles(engine, swarmName) : [],
  };
}

function databaseReady({ services, tasks }: Snapshot, swarmName: string): boolean {
  return services
    .filter((service) => isDatabase(appOf(service, swarmName)))
    .some(({ ID }) => tasks.some((task) => task.ServiceID === ID && isRunning(task)));
}

/** Whether an app is the stack's database server. */
export function isDatabase(app: string): boolean {
  return /^mysql(-replica|-\d+)?$/.test(app);
}

async function readContainer(engineOf: EngineOf, task: Task | undefined): Promise<ContainerFacts> {
  const id = task?.Status.ContainerStatus?.ContainerID;
  const engine = engineOf(id);
  if (!id || !engine) {
    return { log: [] };
  }
  const [state, log] = await Promise.all([
    output(engine, ["inspect", "--type", "container", "--format", "{{json .State}}", id]),
    output(engine, ["logs", "--tail", logLines, id]),
  ]);
  return {
    state: state === undefined ? undefined : (JSON.parse(state) as ContainerState),
    log: (log ?? "").split("\n").filter((line) => line.trim() !== ""),
  };
}

/** The certificates that the database servers show which are well and in reach. */
export async function shownCertificates(stack: SwarmStack, { services, tasks }: Snapshot): Promise<ShownCertificate[]> {
  const engineOf = await containerEngines(stack);
  const servers = services.flatMap((service) => {
    const app = appOf(service, stack.swarmName);
    return isDatabase(app)
      ? slotsOf(service, tasks)
          .filter(({ current }) => isRunning(current))
          .map(({ current, name }) => ({
            object: `task ${app}.${name}`,
            id: current.Status.ContainerStatus?.ContainerID,
          }))
      : [];
  });
  const shown = servers.map(async ({ id, object }): Promise<ShownCertificate[]> => {
    const engine = engineOf(id);
    return id && engine ? [{ object, end: await certificateEnd(commandIn(engine, id)) }] : [];
  });
  return (await Promise.all(shown)).flat();
}

function commandIn(engine: DockerEngine, container: string) {
  return async (command: readonly string[]): Promise<string> => {
    const { stdout } = await engine.docker(["exec", container, ...command]);
    return stdout;
  };
}

/** What a database server says of itself; nothing where its container does not run, or is out of reach. */
async function readServer(
  engineOf: EngineOf,
  app: string,
  task: Task,
): Promise<Pick<ContainerFacts, "space" | "certificateEnd">> {
  const id = task.Status.ContainerStatus?.ContainerID;
  const engine = engineOf(id);
  if (!id || !engine || !isDatabase(app)) {
    return {};
  }
  const inContainer = commandIn(engine, id);
  const [space, end] = await Promise.all([
    volumeSpace(inContainer),
    // Before it is well, it says nothing.
    isRunning(task) ? certificateEnd(inContainer) : undefined,
  ]);
  return { space, certificateEnd: end };
}

/** What docker prints, standard error after standard output; undefined where this engine does not have the container. */
async function output(engine: DockerEngine, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stderr, stdout } = await engine.docker(args);
    return `${stdout}${stderr}`;
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}
