import { expect } from "chai";
import type { Kubectl } from "./kubectl";
import type { Engine } from "./swarm-place";
import { until } from "./until";

/** A series as Prometheus has it at one moment. */
export interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

/** The Prometheus of a stack, asked in its container: it is published nowhere. */
export class Prometheus {
  /** @param inside runs a program there, and returns what it prints */
  private constructor(private readonly inside: (...command: string[]) => Promise<string>) {}

  /** @param engine the machine it runs on */
  static onSwarm(engine: Engine, stack: string): Prometheus {
    return new Prometheus(async (...command) => {
      const { id } = await engine.current(`${stack}_prometheus`);
      return engine.docker("exec", id, ...command);
    });
  }

  static onKubernetes(kubectl: Kubectl): Prometheus {
    return new Prometheus((...command) =>
      kubectl.run("exec", "deployment/monitoring", "--container", "prometheus", "--", ...command),
    );
  }

  /** What its API answers to a path below `/api/v1/`. */
  async get<Answer>(path: string): Promise<Answer> {
    const page = `http://127.0.0.1:9090/api/v1/${path}`;
    const text = await this.inside("wget", "-q", "-O", "-", page);
    const { data, status } = JSON.parse(text) as { status: string; data: Answer };
    expect(status, path).to.equal("success");
    return data;
  }

  /**
   * Waits until everything that it asks answers.
   *
   * @param isAll whether all is among its targets that has to be. Default: something is
   * @returns what it asks: the job, and the name or role of each
   */
  async everythingAnswers(
    isAll: (targets: readonly Target[]) => boolean = (targets) => targets.length > 0,
  ): Promise<string[]> {
    return until("every target to be up", 60, async () => {
      const { activeTargets } = await this.get<{ activeTargets: Target[] }>("targets");
      const down = activeTargets.filter(({ health }) => health !== "up");
      if (down.length > 0 || !isAll(activeTargets)) {
        throw new Error(JSON.stringify(down.map(({ lastError, scrapeUrl }) => `${scrapeUrl}: ${lastError}`)));
      }
      return activeTargets.map(({ labels }) =>
        `${labels["job"] ?? ""} ${labels["name"] ?? labels["role"] ?? ""}`.trim(),
      );
    });
  }

  /** Every series of an expression, in which Grafana's variable may stand. */
  async query(expression: string): Promise<Sample[]> {
    const now = expression.replaceAll("$__rate_interval", "1m");
    const { result } = await this.get<{ result: Sample[] }>(`query?query=${encodeURIComponent(now)}`);
    return result;
  }

  /** The value of an expression with one series. */
  async value(expression: string): Promise<string | undefined> {
    return (await this.query(expression))[0]?.value[1];
  }
}

/** Parts of what its API tells. */
interface Target {
  labels: Record<string, string>;
  health: string;
  lastError: string;
  scrapeUrl: string;
}
export interface Rule {
  name: string;
  query: string;
  health: string;
}
