import type { types } from "@pulumi/kubernetes";
import { UserError } from "../../../errors";

type Lifecycle = types.input.core.v1.Lifecycle;
type LifecycleHandler = types.input.core.v1.LifecycleHandler;

/** Runs a command in the container. Its output goes nowhere; a failure shows as an event of the pod. */
export function execHandler(command: readonly [string, ...string[]]): LifecycleHandler {
  return { exec: { command: [...command] } };
}

/** Sends a GET request from the node to the pod, or to `host`. 200 to 399 is well; the answer's body goes nowhere. */
export function httpHandler(request: {
  path: string;
  port: number;
  /** Default: the pod's address. */
  host?: string;
  headers?: Record<string, string>;
}): LifecycleHandler {
  const { headers = {}, host, path, port } = request;
  const httpHeaders = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return {
    httpGet: { path, port, ...(host ? { host } : {}), ...(httpHeaders.length > 0 ? { httpHeaders } : {}) },
  };
}

/** Waits. Needs no shell in the image; Kubernetes 1.30 or newer. */
export function sleepHandler(seconds: number): LifecycleHandler {
  return { sleep: { seconds } };
}

/**
 * The hooks of a container. Each is called at least once, so a second call must do no harm. There is no hook before the start:
 * `postStart` runs beside the container's own program, and a failure of it kills the container.
 *
 * @param hooks `preStop` runs before SIGTERM and counts against the grace period; it does not run when the program ends by itself
 * @param gracePeriod seconds from the pod's deletion until it is killed
 * @throws UserError for a handler that Kubernetes would accept and never execute, or that cannot end in time
 */
export function lifecycleHooks(
  hooks: { postStart?: LifecycleHandler; preStop?: LifecycleHandler },
  gracePeriod = 30,
): Lifecycle {
  const mistakes = Object.entries(hooks).flatMap(([hook, handler]) => handlerMistakes(hook, handler, gracePeriod));
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("the lifecycle hooks of a container cannot work:", mistakes);
  }
  return hooks;
}

function handlerMistakes(hook: string, handler: LifecycleHandler, gracePeriod: number): string[] {
  if (handler.tcpSocket !== undefined) {
    return [`${hook}.tcpSocket: Kubernetes accepts such a handler and never executes it. Use exec, httpGet or sleep`];
  }
  const actions = Object.keys(handler);
  if (actions.length !== 1) {
    return [`${hook}: must have one action, exec, httpGet or sleep (got ${actions.join(", ") || "none"})`];
  }
  const seconds = (handler.sleep as { seconds?: unknown } | undefined)?.seconds;
  return hook === "preStop" && typeof seconds === "number" && seconds >= gracePeriod
    ? [`preStop.sleep: must be shorter than the grace period of ${gracePeriod} s (got ${seconds} s)`]
    : [];
}
