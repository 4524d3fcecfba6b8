import { say } from "../terminal/progress";
import type { LoadReport } from "./steady-load";

/** Something that happened in a drill. */
export interface DrillEvent {
  /** Seconds since the drill began. */
  at: number;
  text: string;
}

/** What a drill found. The shape of `--json`. */
export interface DrillReport {
  drill: "leader" | "worker" | "quorum";
  /** The machines that were broken. */
  nodes: string[];
  timeline: DrillEvent[];
  /** Seconds, each from the moment the engine stopped answering or was told to start; absent where it did not come to it. */
  measured: Record<string, number>;
  /** What a client saw that asked for a page of the stack throughout; absent without one. */
  client?: (LoadReport & { url: string }) | undefined;
  /** What the drill has shown, in sentences. */
  findings: string[];
}

/** Notes what happens, with its time, and tells it at once. */
export class Timeline {
  readonly events: DrillEvent[] = [];
  private readonly began = performance.now();

  /** @param silent where only the report at the end is printed */
  constructor(private readonly silent: boolean) {}

  /** Seconds since the drill began. */
  get now(): number {
    return (performance.now() - this.began) / 1000;
  }

  /** Notes an event. Returns its time. */
  note(text: string): number {
    const event = { at: rounded(this.now), text };
    this.events.push(event);
    if (!this.silent) {
      say(eventLine(event));
    }
    return event.at;
  }
}

function eventLine({ at, text }: DrillEvent): string {
  return `${at.toFixed(1).padStart(7)} s  ${text}`;
}

/** A figure as it is told: to the tenth. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

/** What is said at the end; the timeline was told while it came. */
export function reportLines({ client, findings, measured }: DrillReport): string[] {
  return [
    "",
    ...Object.entries(measured).map(([name, seconds]) => `${name}: ${seconds.toFixed(1)} s`),
    ...(client
      ? [
          `A client asked ${client.url} ${client.requests} times: ${client.failed} without an answer of 200` +
            (client.failed > 0 ? `, the longest gap ${(client.longestGap / 1000).toFixed(1)} s` : ""),
        ]
      : []),
    ...findings,
  ];
}
