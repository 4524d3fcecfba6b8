/** What steady requests have seen. */
export interface LoadReport {
  requests: number;
  /** Requests that got another status than 200, or none. */
  failed: number;
  /** How often each status came; 0 for no answer. */
  statuses: Record<number, number>;
  /** Milliseconds from the first failure to the next success, the longest such time. */
  longestGap: number;
}

/** Asks for a page again and again, each time over a connection of its own. */
export class SteadyLoad {
  private readonly report: LoadReport = { requests: 0, failed: 0, statuses: {}, longestGap: 0 };
  private readonly ended: Promise<void>;
  private stopping = false;

  /** @param ask status of an answer; throws where there is none */
  constructor(private readonly ask: () => Promise<number>) {
    this.ended = this.run();
  }

  /** What it has seen so far. */
  now(): LoadReport {
    return { ...this.report };
  }

  async stop(): Promise<LoadReport> {
    this.stopping = true;
    await this.ended;
    return this.report;
  }

  private async run(): Promise<void> {
    let failing: number | undefined;
    while (!this.stopping) {
      const at = performance.now();
      const status = await this.ask().catch(() => 0);
      this.report.requests += 1;
      this.report.statuses[status] = (this.report.statuses[status] ?? 0) + 1;
      if (status !== 200) {
        this.report.failed += 1;
        failing ??= at;
      } else if (failing !== undefined) {
        this.report.longestGap = Math.max(this.report.longestGap, performance.now() - failing);
        failing = undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
