import * as readline from "node:readline/promises";
import { DockerEngine } from "../engines/docker-engine";
import { interruption } from "../terminal/interruption";
import { run } from "../engines/process";
import { Machine } from "../machines/machine";
import { nodeAddress } from "../config/swarm/swarm-nodes";
import type { SwarmNodeConfig } from "../config/schema";
import { UserError } from "../errors";

/** A person walks to the machine; a machine boots. */
const handLimitSeconds = 600;

/** How a drill breaks and mends a machine. */
export interface Means {
  /** A command of this machine with {node}, {address} and {host} in it. Absent: the node's own `stop`. */
  breakWith?: string | undefined;
  /** The same for mending it. Absent: the node's own `start`. */
  mendWith?: string | undefined;
  /** A person does it, and presses Enter. */
  byHand?: boolean | undefined;
}

/** A machine that can be broken and mended. */
export class Breakable {
  private readonly machine: Machine;
  readonly engine: DockerEngine;

  constructor(
    readonly name: string,
    private readonly config: SwarmNodeConfig,
    private readonly means: Means,
  ) {
    this.machine = new Machine(name, config);
    this.engine = new DockerEngine(config.host);
  }

  async break(): Promise<void> {
    await this.act(this.means.breakWith, this.machine.stop, () => this.machine.stopEngine());
  }

  async mend(): Promise<void> {
    await this.act(this.means.mendWith, this.machine.start, () => this.machine.startEngine());
  }

  /** Waits until its engine answers, or does no longer. */
  async answering(wanted: boolean): Promise<void> {
    const deadline = Date.now() + handLimitSeconds * 1000;
    while (((await this.engine.trouble()) === undefined) !== wanted) {
      interruption.throwIfInterrupted();
      if (Date.now() > deadline) {
        throw new UserError(
          `The engine of ${this.name} ${wanted ? "does not answer" : "still answers"} after ${handLimitSeconds} s`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private async act(given: string | undefined, own: string, otherwise: () => Promise<void>): Promise<void> {
    if (this.means.byHand) {
      const terminal = readline.createInterface({ input: process.stdin, output: process.stderr });
      await terminal.question(`Now, on ${this.name} (${nodeAddress(this.config) ?? ""}): ${own}   then press Enter. `);
      terminal.close();
      return;
    }
    if (given === undefined) {
      return otherwise();
    }
    await run("sh", ["-c", this.filledIn(given)], { timeout: handLimitSeconds });
  }

  private filledIn(command: string): string {
    const { host } = this.config;
    const values: Record<string, string> = { node: this.name, address: nodeAddress(this.config) ?? "", host };
    return command.replace(/\{(node|address|host)\}/g, (_, key: string) => values[key] ?? "");
  }
}
