import type { types } from "@pulumi/kubernetes";

type Probe = types.input.core.v1.Probe;

/** How often and how long a probe asks. */
export interface ProbeTiming {
  /** Seconds between two tries. Default 10. */
  period?: number;
  /** Seconds a try may take. Default 5. */
  timeout?: number;
  /** Failed tries in a row until the verdict. Default 3. */
  failures?: number;
  /** Seconds before the first try. Default 0: a startup probe says better when to begin. */
  delay?: number;
  /**
   * Seconds between the request to stop and the kill of a container that this probe ends; not for readiness, which ends none. Default: the
   * pod's grace period, which a process that hangs cannot use.
   */
  killAfter?: number;
}

/** Asks over HTTP; 200 to 399 is well. */
export function httpProbe(
  request: { path: string; port: number; headers?: Record<string, string> },
  timing: ProbeTiming = {},
): Probe {
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => ({ name, value }));
  return {
    httpGet: { path: request.path, port: request.port, ...(headers.length > 0 ? { httpHeaders: headers } : {}) },
    ...timed(timing),
  };
}

/** Runs a command in the container; exit status 0 is well. */
export function execProbe(command: string[], timing: ProbeTiming = {}): Probe {
  return { exec: { command }, ...timed(timing) };
}

function timed({ period = 10, timeout = 5, failures = 3, delay, killAfter }: ProbeTiming) {
  return {
    periodSeconds: period,
    timeoutSeconds: timeout,
    failureThreshold: failures,
    ...(delay === undefined ? {} : { initialDelaySeconds: delay }),
    ...(killAfter === undefined ? {} : { terminationGracePeriodSeconds: killAfter }),
  };
}
