import { UserError, CommandError, type Completed } from "../errors";
import { run, type RunOptions } from "./process";
import { sshEnvironment, sshTrouble } from "./ssh";

/** What the engine says about its swarm. */
export interface SwarmState {
  /** `inactive` where the engine is in no swarm. */
  state: "inactive" | "pending" | "active" | "error" | "locked";
  isManager: boolean;
  /** Nodes of the swarm; 0 where this engine is no manager. */
  nodes: number;
  /** Managers that it knows of; 0 where it is in no swarm, or locked. */
  managers: number;
  /** Address under which the other nodes know this one. */
  address: string;
}

/** Whether an engine is a manager, or may be one: a locked one does not say, and one that finds no leader is pending. */
export function mayBeManager({ isManager, state }: SwarmState): boolean {
  return isManager || state === "locked" || state === "pending";
}

/** A Docker Engine, spoken to with the docker command. */
export class DockerEngine {
  /** @param host `unix:///…`, `ssh://…` or `tcp://…` */
  constructor(readonly host: string) {}

  /** Variables with which a docker command speaks to the engine named by `--host`. */
  get environment(): Record<string, string | undefined> {
    // A context of the person's own would win over the host.
    return { DOCKER_CONTEXT: undefined, ...sshEnvironment(this.host) };
  }

  /** Runs `docker ARGUMENTS` on the engine. */
  docker(args: readonly string[], options: RunOptions = {}): Promise<Completed> {
    return run("docker", ["--host", this.host, ...args], {
      ...options,
      env: { ...this.environment, ...options.env },
    });
  }

  /** What `docker ARGUMENTS` prints, by line; empty lines left out. */
  async lines(args: readonly string[], options?: RunOptions): Promise<string[]> {
    const { stdout } = await this.docker(args, options);
    return stdout.split("\n").filter((line) => line.trim() !== "");
  }

  /** Why the engine does not answer; undefined when it does. */
  async trouble(): Promise<CommandError | undefined> {
    try {
      await this.docker(["version", "--format", "{{.Server.Version}}"], { timeout: 20 });
      return undefined;
    } catch (error) {
      if (error instanceof CommandError) {
        return error;
      }
      throw error;
    }
  }

  async swarmState(): Promise<SwarmState> {
    const { stdout } = await this.docker(["info", "--format", "{{json .Swarm}}"]);
    const swarm = JSON.parse(stdout) as {
      LocalNodeState: SwarmState["state"];
      ControlAvailable: boolean;
      Nodes?: number;
      RemoteManagers: unknown[] | null;
      NodeAddr: string;
    };
    return {
      state: swarm.LocalNodeState,
      isManager: swarm.ControlAvailable,
      nodes: swarm.Nodes ?? 0,
      managers: swarm.RemoteManagers?.length ?? 0,
      address: swarm.NodeAddr,
    };
  }

  /** Whether the engine has an image under this reference. */
  async hasImage(reference: string): Promise<boolean> {
    try {
      await this.docker(["image", "inspect", "--format", "{{.Id}}", reference]);
      return true;
    } catch (error) {
      if (error instanceof CommandError && /no such image/i.test(error.output)) {
        return false;
      }
      throw error;
    }
  }
}

/** The engine's host that a person's docker command would speak to; undefined where there is no docker command. */
export async function currentDockerHost(): Promise<string | undefined> {
  const given = process.env["DOCKER_HOST"];
  if (given) {
    return given;
  }
  try {
    const { stdout } = await run("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
    return stdout.trim() || undefined;
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

/** The error for an engine that cannot be used as it is. */
export function engineTrouble(engine: DockerEngine, trouble: CommandError): UserError {
  if (trouble.notFound) {
    return new UserError(
      "There is no docker command. Install Docker Engine or Docker Desktop (https://docs.docker.com/engine/install/), and run this again",
    );
  }
  const overSsh = sshTrouble(engine.host, `${trouble.output}\n${trouble.message}`);
  if (overSsh !== undefined) {
    return new UserError(`The Docker Engine at ${engine.host} does not answer: ${overSsh}`);
  }
  if (/permission denied/i.test(trouble.output)) {
    return new UserError(
      `The Docker Engine at ${engine.host} refuses this user. Add yourself to its group (\`sudo usermod -aG docker $USER\`, then log in again), or run this as root`,
    );
  }
  return new UserError(
    `No Docker Engine answers at ${engine.host}. Start it (Docker Desktop, or \`sudo systemctl start docker\`), or install it (https://docs.docker.com/engine/install/), or name another with --host or DOCKER_HOST. docker said:\n${trouble.output.trim() || trouble.message}`,
  );
}
