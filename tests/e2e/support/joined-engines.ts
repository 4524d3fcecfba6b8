import { DockerEngine } from "../../../engines/docker-engine";
import { startEngine, type SandboxEngine } from "../../../sandbox/engine";
import { Engine } from "./swarm-place";

/** A machine of a swarm. */
export interface JoinedEngine extends SandboxEngine {
  /** As the swarm calls it. */
  node: string;
  engine: Engine;
}

/**
 * Engines made one swarm by `docker swarm init` and `join`; the first is its manager. What they had of another swarm is gone.
 *
 * @param numbers of the engines, which are started where they do not run; others than those that other tests use at the same time
 */
export async function joinedEngines(numbers: readonly number[]): Promise<[JoinedEngine, ...JoinedEngine[]]> {
  const joined: JoinedEngine[] = [];
  for (const number of numbers) {
    const sandbox = await startEngine(number);
    const machine = { ...sandbox, node: `node${number}`, engine: new Engine(new DockerEngine(sandbox.host)) };
    await leaveSwarm(machine);
    const [manager] = joined;
    if (manager) {
      const token = await manager.engine.docker("swarm", "join-token", "--quiet", "worker");
      const advertised = ["--advertise-addr", machine.address];
      await machine.engine.docker("swarm", "join", "--token", token, ...advertised, `${manager.address}:2377`);
    } else {
      await machine.engine.docker("swarm", "init", "--advertise-addr", machine.address);
    }
    joined.push(machine);
  }
  const [first, ...others] = joined;
  if (!first) {
    throw new Error("no engine was named");
  }
  return [first, ...others];
}

/** Takes an engine out of its swarm, with all volumes of it. */
export async function leaveSwarm({ engine, host }: Pick<JoinedEngine, "engine" | "host">): Promise<void> {
  if ((await new DockerEngine(host).swarmState()).state !== "inactive") {
    await engine.docker("swarm", "leave", "--force");
  }
  const containers = await engine.lines("ps", "--all", "--quiet");
  if (containers.length > 0) {
    await engine.docker("rm", "--force", ...containers);
  }
  const volumes = await engine.lines("volume", "ls", "--quiet");
  if (volumes.length > 0) {
    await engine.docker("volume", "rm", "--force", ...volumes);
  }
}
