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
    private readonly engines: readonly [Engine, ...Engine[]],
    stack: string,
  ) {
    this.source = `${stack}_mysql`;
    this.replica = `${stack}_mysql-replica`;
  }

  /** The container of a member, while there is one. */
  async container(member: number): Promise<MemberContainer | undefined> {
    const task = member === 0 ? `${this.source}.1.` : `${this.replica}.${member}.`;
    for (const engine of this.engines) {
      const [id] = await engine.lines("ps", "--quiet", "--no-trunc", "--filter", `name=${task}`);
      if (id) {
        return { engine, id };
      }
    }
    return undefined;
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
