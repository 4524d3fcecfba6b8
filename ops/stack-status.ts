import type { BackupReport } from "./backups";

/** How a stack is, in terms that Kubernetes and Swarm share. The shape of `status --json`. */
export interface StackStatus {
  stack: string;
  platform: "kubernetes" | "swarm";
  /** Where it runs: context and namespace, or engine and swarm stack. */
  place: string;
  /** Whether everything that should run does, and is ready. */
  well: boolean;
  containers: ContainerReport[];
  services: ServiceReport[];
  backups: BackupReport;
  /** What is not well, a line each. */
  problems: string[];
  /** What is well, and will not be for long, or of which nobody knows; a line each. */
  notices: string[];
}

/** A container of a pod or of a task. */
export interface ContainerReport {
  /** The app, for example `ghost-blog`. */
  app: string;
  /** Pod, or task such as `mysql.1`. */
  pod: string;
  container: string;
  role: "init" | "sidecar" | "main";
  /** `running`, `done`, or what it waits for or ended with. */
  state: string;
  /** Whether it does its part: a main container is ready, an init container is done. */
  ready: boolean;
  /** Kubernetes: since the pod came. Swarm: tasks of the same slot that ended, as far as the swarm remembers. */
  restarts: number;
  /** Absent where it never ended. */
  lastExit?: ExitReport | undefined;
  /** Begin of the present run, ISO 8601; absent while it does not run. */
  startedAt?: string | undefined;
  /** Absent until there is one. */
  node?: string | undefined;
  image: string;
}

/** How a container ended. */
export interface ExitReport {
  /** Absent where the engine does not tell. */
  code?: number | undefined;
  /** Why, in the platform's words: `OOMKilled`, `Error`, `task: non-zero exit (1)`. */
  reason?: string | undefined;
  /** When, ISO 8601. */
  at?: string | undefined;
}

/** An address of the stack. */
export interface ServiceReport {
  name: string;
  /** `ClusterIP`, `headless`, `Ingress`, `HTTPRoute`, or Swarm's `dnsrr` and `vip`. */
  type: string;
  /** Where it answers: inside, and outside where it is published. */
  addresses: string[];
  /** How many pods or tasks answer behind it; absent where nobody counts them. */
  ready?: number | undefined;
}

/** Signals by number, as far as containers end by them. */
const signals: Record<number, string> = { 2: "SIGINT", 6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM" };

/** An exit in words: `OOMKilled (137, SIGKILL)`, `Error (1)`, `0`. */
export function exitWords({ code, reason }: ExitReport): string {
  const signal = code !== undefined && code > 128 ? signals[code - 128] : undefined;
  const numbers = [code === undefined ? undefined : String(code), signal].filter((part) => part !== undefined);
  if (reason === undefined || reason === "Completed") {
    return numbers.join(", ");
  }
  return numbers.length === 0 ? reason : `${reason} (${numbers.join(", ")})`;
}
