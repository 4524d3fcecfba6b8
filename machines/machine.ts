import { run } from "../engines/process";
import { CommandError, type Completed, UserError } from "../errors";
import { sshTrouble } from "../engines/ssh";
import type { SwarmNodeConfig } from "../config/schema";
import { sshOptions } from "../platforms/swarm/ssh";

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
      ...sshOptions(),
      ...(port === "" ? [] : ["-p", port]),
      username === "" ? hostname : `${username}@${hostname}`,
      `if [ "$(id -u)" = 0 ]; then sh -c ${quoted}; else sudo -n sh -c ${quoted}; fi`,
    ];
  }

  /**
   * Runs a shell script on the machine, as root.
   *
   * @throws UserError for a machine that cannot be reached, or does not let this user be root; CommandError when the script fails
   */
  async shell(script: string, timeout = 60): Promise<Completed> {
    const [program, ...args] = this.command(script);
    try {
      return await run(program, args, { timeout });
    } catch (error) {
      const trouble = error instanceof CommandError && sshTrouble(this.config.host, error.output);
      throw trouble ? new UserError(`${this.name}: no command can be run on it: ${trouble}`) : error;
    }
  }

  /** The command that stops its engine, and with it the containers. */
  get stop(): string {
    return this.config.stop ?? commands.stop;
  }

  /** The command that starts its engine. */
  get start(): string {
    return this.config.start ?? commands.start;
  }

  /** @throws UserError when its command fails */
  async stopEngine(): Promise<void> {
    await this.engineCommand("stop", this.stop);
  }

  /** @throws UserError when its command fails */
  async startEngine(): Promise<void> {
    await this.engineCommand("start", this.start);
  }

  private async engineCommand(key: "start" | "stop", command: string): Promise<void> {
    try {
      await this.shell(command, engineLimitSeconds);
    } catch (error) {
      throw error instanceof CommandError
        ? new UserError(
            `${this.name}: its engine does not ${key} by \`${command}\`. Mend it there, or name another command as swarm.nodes.${this.name}.${key}. It said:\n${error.output.trim() || error.message}`,
          )
        : error;
    }
  }
}
