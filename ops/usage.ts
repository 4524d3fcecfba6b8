/** What a stack's containers use. The shape of `metrics --json`. */
export interface Usage {
  stack: string;
  /** Who has measured. */
  source: "metrics.k8s.io" | "kubelet" | "docker stats";
  /** Those that run now. */
  containers: ContainerUsage[];
}

/** What a container uses, against what it asked for and what it may have. */
export interface ContainerUsage {
  app: string;
  /** Pod, or task such as `mysql.1`. */
  pod: string;
  container: string;
  node: string;
  /** Cores. */
  cpu: Amounts;
  /** Bytes. */
  memory: Amounts;
}

/** `used` is absent where it could not be measured, the others where none is set. */
export interface Amounts {
  used?: number | undefined;
  request?: number | undefined;
  limit?: number | undefined;
}
