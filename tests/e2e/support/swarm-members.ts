import { run } from "../../../engines/process";
import type { Engine } from "./swarm-place";
import { until } from "./until";

/** The container of a member, and the engine it runs on. */
export interface MemberContainer {
  engine: Engine;
  id: string;
}

/** The members of a replicated set on the engines of a swarm, by their number. */
export class SwarmMembers {
  readonly source: string;
  readonly replica: string;

  /**
   * @param engines those of the swarm, one of the managers first
   * @param stack the stack's name in the swarm
   */
  constructor(
    protected readonly engines: readonly [Engine, ...Engine[]],
    stack: string,
  ) {
    this.source = `${stack}_mysql`;
    this.replica = `${stack}_mysql-replica`;
  }

  /** The container of a member, while there is one. An engine that does not answer is a node that is lost: nothing runs there. */
  async container(member: number): Promise<MemberContainer | undefined> {
    const name = `name=^${this.task(member).replaceAll(".", "\\.")}`;
    for (const engine of this.engines) {
      const [id] = await engine.lines("ps", "--quiet", "--no-trunc", "--filter", name).catch(() => []);
      if (id) {
        return { engine, id };
      }
    }
    return undefined;
  }

  /** What the name of a member's container begins with. */
  protected task(member: number): string {
    return member === 0 ? `${this.source}.1.` : `${this.replica}.${member}.`;
  }

  /** Its container, which must be there. */
  async running(member: number): Promise<MemberContainer> {
    const found = await this.container(member);
    if (!found) {
      throw new Error(`mysql-${member} does not run`);
    }
    return found;
  }

  /** Runs a statement as root, and returns what it prints. */
  readonly root = async (member: number, sql: string): Promise<string> => {
    const { engine, id } = await this.running(member);
    return engine.docker("exec", id, "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBre", sql);
  };

  /** Runs a program for bash in a member's container, and returns what it prints. */
  async inside(member: number, program: string): Promise<string> {
    const { engine, id } = await this.running(member);
    return engine.docker("exec", id, "bash", "-c", program);
  }

  /** Id, on this machine, of the server's process. */
  async serverProcess({ engine, id }: MemberContainer): Promise<number> {
    const [line] = (await engine.lines("top", id, "-eo", "pid,comm")).filter((found) => /\bmysqld$/.test(found));
    return Number(line?.trim().split(" ")[0]);
  }

  async log(member: number): Promise<string> {
    const { engine, id } = await this.running(member);
    return engine.docker("logs", id);
  }

  /**
   * Waits until a member is well.
   *
   * @param otherThan container that is going
   */
  ready(member: number, otherThan?: MemberContainer, seconds = 420): Promise<MemberContainer> {
    return until(`mysql-${member} to be ready`, seconds, async () => {
      const found = await this.container(member);
      const health = await found?.engine.docker("inspect", "--format", "{{.State.Health.Status}}", found.id);
      return found?.id !== otherThan?.id && health === "healthy" ? found : undefined;
    });
  }

  /** Addresses behind a name, as the source finds them. */
  async addresses(name: string): Promise<string[]> {
    const { engine, id } = await this.running(0);
    return (await engine.lines("exec", id, "bash", "-c", `getent ahostsv4 ${name} || true`))
      .flatMap((line) => /^(\S+) +STREAM/.exec(line)?.[1] ?? [])
      .sort();
  }

  /** Waits until so many members are behind the name for reading. */
  async read(count: number, seconds = 120): Promise<void> {
    await until(`${count} members behind mysql-read`, seconds, async () => {
      return (await this.addresses("mysql-read")).length === count;
    });
  }
}

/** The members of a group, each with a service of its own. */
export class GroupMembers extends SwarmMembers {
  /** Full name of a member's service. */
  service(member: number): string {
    return member === 0 ? this.source : `${this.source}-${member}`;
  }

  protected override task(member: number): string {
    return `${this.service(member)}.1.`;
  }

  /** Name of the volume with a member's data. */
  volume(member: number): string {
    return `${this.source}-data${member === 0 ? "" : `-${member}`}`;
  }

  /** Ends a member's container and takes its volume away before the next one is made. Containers that ended hold it, too. */
  async removeData(member: number): Promise<void> {
    const { engine } = await this.running(member);
    const volume = this.volume(member);
    await until("its volume to go", 120, async () => {
      await engine.docker("rm", "--force", ...(await engine.lines("ps", "-aq", "--filter", `volume=${volume}`)));
      await engine.docker("volume", "rm", volume);
      return true;
    });
  }

  /** Id, on this machine, of a member's server. */
  async serverOf(member: number): Promise<number> {
    return this.serverProcess(await this.running(member));
  }

  /** The first processes of the proxies that are well, by the ids of their containers. */
  async proxies(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const well = [
      "--filter",
      "health=healthy",
      "--filter",
      `label=com.docker.swarm.service.name=${this.source}-primary`,
    ];
    for (const engine of this.engines) {
      for (const id of await engine.lines("ps", "--quiet", "--no-trunc", ...well)) {
        found.set(id, Number(await engine.docker("inspect", "--format", "{{.State.Pid}}", id)));
      }
    }
    return found;
  }

  /** Runs a command that a script has printed. */
  async asPrinted(engine: Engine, command: string): Promise<void> {
    await run("bash", ["-c", command.replaceAll(/\bdocker /g, `docker --host ${engine.host} `)], { timeout: 180 });
  }

  /** Waits until another container of a member runs. */
  succeeded(member: number, former: MemberContainer, seconds = 120): Promise<MemberContainer> {
    return until(`another container of mysql-${member}`, seconds, async () => {
      const found = await this.container(member);
      return found && found.id !== former.id ? found : undefined;
    });
  }
}
