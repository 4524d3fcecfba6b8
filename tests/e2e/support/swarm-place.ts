import { DockerEngine } from "../../../engines/docker-engine";
import { removeStack, removeVolumes } from "../../../deploy/rendered/swarm";
import { swarmStackName } from "../../../platforms/swarm/stack";
import { startEngine, type SandboxEngine } from "../../../sandbox/engine";
import { loadIntoDocker, type ImageName, type TestImageName } from "../../../sandbox/images";
import { swarmImages } from "./stack-images";
import { temporaryDirectory } from "../../support/temporary-directory";
import { Place } from "./place";
import { until } from "./until";

/** A stack on a Docker Engine of the tests' own, and the engine as the tests look at it. */
export interface SwarmPlace {
  place: Place;
  engine: Engine;
  /** Address at which the engine's published ports answer. */
  address: string;
}

/**
 * A stack on the test engine, which is started when it does not run, with the images it needs.
 *
 * @param images default: those of Ghost sites
 */
export async function swarmPlace(name: string, images?: readonly (ImageName | TestImageName)[]): Promise<SwarmPlace> {
  const sandbox = await startedEngine();
  await loadIntoDocker(sandbox.host, images);
  const place = new Place(name, temporaryDirectory(), {});
  place.configure({ swarm: { host: sandbox.host }, images: { ...swarmImages } });
  const docker = new DockerEngine(sandbox.host);
  // A run that was killed leaves its stack, with passwords that nobody has any more.
  await removeStack(docker, swarmStackName(name), () => undefined);
  await removeVolumes(docker, swarmStackName(name));
  return { place, engine: new Engine(docker), address: sandbox.address };
}

/** The number of the engine that tests of one engine use; `E2E_ENGINE` names another, so that two runs can go on at once. */
export const engineNumber = Number(process.env["E2E_ENGINE"] ?? 1);

/**
 * The one engine of the tests, started where it does not run. It is a machine of its own to this one, so its swarm must know it by its
 * address; `npm start` would make a swarm that listens on the engine's loopback only.
 */
export async function startedEngine(): Promise<SandboxEngine> {
  const engine = await startEngine(engineNumber);
  const docker = new DockerEngine(engine.host);
  if ((await docker.swarmState()).state === "inactive") {
    await docker.docker(["swarm", "init", "--advertise-addr", engine.address]);
  }
  return engine;
}

/** A running task's container. */
export interface Task {
  id: string;
  /** Process id of its first process, on this machine. */
  pid: number;
  startedAt: string;
}

/** What an engine holds of a stack that is gone. */
export const nothing: Record<string, string[]> = {
  services: [],
  containers: [],
  networks: [],
  volumes: [],
  secrets: [],
  configs: [],
};

/** What the tests ask of the engine. */
export class Engine {
  constructor(private readonly engine: DockerEngine) {}

  /** As in DOCKER_HOST. */
  get host(): string {
    return this.engine.host;
  }

  /** Runs docker and returns its standard output, trimmed. */
  async docker(...args: string[]): Promise<string> {
    const { stdout } = await this.engine.docker(args, { timeout: 300 });
    return stdout.trim();
  }

  /** Runs docker with a text on its standard input. */
  async dockerWithInput(input: string, ...args: string[]): Promise<string> {
    const { stdout } = await this.engine.docker(args, { timeout: 300, input });
    return stdout.trim();
  }

  /** What containers have written, to both of their outputs. */
  async logs(containers: readonly string[]): Promise<string> {
    let all = "";
    for (const id of containers) {
      const { stderr, stdout } = await this.engine.docker(["logs", id], { timeout: 60 });
      all += stdout + stderr;
    }
    return all;
  }

  /** Lines of what docker prints. */
  async lines(...args: string[]): Promise<string[]> {
    return (await this.docker(...args)).split("\n").filter((line) => line !== "");
  }

  /** The running container of a service; undefined while there is none or more than one. */
  async task(service: string): Promise<Task | undefined> {
    const ids = await this.lines(
      "ps",
      "--quiet",
      "--no-trunc",
      "--filter",
      `label=com.docker.swarm.service.name=${service}`,
    );
    const [id] = ids;
    if (!id || ids.length > 1) {
      return undefined;
    }
    const inspected = await this.docker("inspect", "--format", "{{.State.Pid}} {{.State.StartedAt}}", id);
    const [pid, startedAt = ""] = inspected.split(" ");
    return { id, pid: Number(pid), startedAt };
  }

  /** The running containers of a service. */
  tasks(service: string): Promise<string[]> {
    return this.lines("ps", "--quiet", "--no-trunc", "--filter", `label=com.docker.swarm.service.name=${service}`);
  }

  /** The container that runs now. */
  current(service: string): Promise<Task> {
    return until(`a running task of ${service}`, 120, () => this.task(service));
  }

  /** The container that follows another. */
  successor(service: string, former: Task, seconds: number): Promise<Task> {
    return until(`a new task of ${service}`, seconds, async () => {
      const task = await this.task(service);
      return task && task.id !== former.id ? task : undefined;
    });
  }

  /** Everything a stack's containers have written, of every task there still is. */
  async log(service: string): Promise<string> {
    const { stderr, stdout } = await this.engine.docker(["service", "logs", "--raw", service], { timeout: 60 });
    return stdout + stderr;
  }

  /** Names of what an engine holds of a stack, by kind. */
  async holdings(stack: string): Promise<Record<string, string[]>> {
    const label = ["--filter", `label=com.docker.stack.namespace=${stack}`];
    return {
      services: await this.lines("service", "ls", "--quiet", ...label),
      containers: await this.lines("ps", "--all", "--quiet", ...label),
      networks: await this.lines("network", "ls", "--quiet", ...label),
      volumes: await this.lines("volume", "ls", "--quiet", ...label),
      secrets: await this.lines("secret", "ls", "--quiet", ...label),
      configs: await this.lines("config", "ls", "--quiet", ...label),
    };
  }
}
