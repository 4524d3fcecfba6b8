import { run, type Completed } from "../cli/process";
import type { SwarmNodeConfig } from "../config/schema";
import { UserError } from "../errors";

/** An engine that stops gives its containers 10 s to end; one that starts opens its volumes and networks. */
const engineLimitSeconds = 180;
const commands = {
  stop: "systemctl stop docker.socket docker.service",
  start: "systemctl start docker.service",
};

/** A machine of the swarm, below its engine: commands on it, as root, over ssh or on this one. */
export class Machine {
  constructor(
    readonly name: string,
    private readonly config: SwarmNodeConfig,
  ) {}

  /**
   * The program and arguments that run a shell script on the machine as root.
   *
   * @throws UserError for a machine whose engine is reached over tcp
   */
  command(script: string): [program: string, ...args: string[]] {
    const { hostname, port, protocol, username } = new URL(this.config.host);
    if (protocol === "unix:") {
      return ["sh", "-c", script];
    }
    if (protocol !== "ssh:") {
      throw new UserError(
        `swarm.nodes.${this.name}.host: ${this.config.host} is an engine and no way to run commands on its machine. Name it as ssh://user@host`,
      );
    }
    const quoted = `'${script.replaceAll("'", "'\\''")}'`;
    return [
      "ssh",
      ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=10"],
      ...(port === "" ? [] : ["-p", port]),
      username === "" ? hostname : `${username}@${hostname}`,
      `if [ "$(id -u)" = 0 ]; then sh -c ${quoted}; else sudo -n sh -c ${quoted}; fi`,
    ];
  }

  /** Runs a shell script on the machine, as root. */
  shell(script: string, timeout = 60): Promise<Completed> {
    const [program, ...args] = this.command(script);
    return run(program, args, { timeout });
  }

  /** The command that stops its engine, and with it the containers. */
  get stop(): string {
    return this.config.stop ?? commands.stop;
  }

  /** The command that starts its engine. */
  get start(): string {
    return this.config.start ?? commands.start;
  }

  async stopEngine(): Promise<void> {
    await this.shell(this.stop, engineLimitSeconds);
  }

  async startEngine(): Promise<void> {
    await this.shell(this.start, engineLimitSeconds);
  }
}
