import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../../errors";
import { scriptDirectory } from "../../scripts";
import { lifecycleHooks, sleepHandler } from "./lifecycle";

type EnvVar = types.input.core.v1.EnvVar;
type LifecycleHandler = types.input.core.v1.LifecycleHandler;

/** Who is told, and how long a stop waits. */
export interface NotificationArgs {
  /** Told with a POST request that the container has started. Absent: nobody. */
  started?: pulumi.Input<string>;
  /** Told that it is about to stop. Absent: nobody. */
  stopping?: pulumi.Input<string>;
  /** Seconds before the container gets its stop signal, in which nodes cease to send it requests. Default 5. */
  pause?: number;
  /** Seconds from the pod's deletion until it is killed: its `terminationGracePeriodSeconds`. Default 30. */
  gracePeriod?: number;
}

/** Parts of a container that tells when it starts and stops. */
export interface Notifying {
  /** The pod's identity, for the requests. */
  env: EnvVar[];
  lifecycle: types.input.core.v1.Lifecycle;
}

/** Seconds that `notify.sh` tries, the last request included. */
const longestTry = 8;

/**
 * Hooks that tell an address when the container starts and stops, and that let a stop wait until no node sends it requests any more.
 *
 * Each request has a JSON body with `event` (`started` or `stopping`), `namespace`, `pod` and `uid`, and the header `Idempotency-Key`: the
 * uid, when the container started, and the event. A hook may run twice, and then sends the same key again; a container that is started
 * again in its pod sends another. A receiver that is away delays neither a start nor, beyond 8
 * seconds, a stop. The pod needs the script `notify.sh` on its volume `scripts`, and its image a shell and curl, wget or bash.
 *
 * @throws UserError where the grace period is too short for it
 */
export function notifyingHooks({ started, stopping, pause = 5, gracePeriod = 30 }: NotificationArgs): Notifying {
  const needed = Math.max(pause, stopping === undefined ? 0 : longestTry);
  if (needed >= gracePeriod) {
    throw new UserError(
      `a container that waits ${pause} s and tells an address (up to ${longestTry} s) before its stop needs a grace period above ${needed} s: it has ${gracePeriod} s. Make gracePeriod longer`,
    );
  }
  const preStop = stopping === undefined ? sleepHandler(pause) : notify("stopping", stopping, pause);
  return {
    env: [
      { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
    ],
    lifecycle: lifecycleHooks(
      { ...(started === undefined ? {} : { postStart: notify("started", started, 0) }), preStop },
      gracePeriod,
    ),
  };
}

function notify(event: "started" | "stopping", url: pulumi.Input<string>, pause: number): LifecycleHandler {
  return { exec: { command: ["sh", `${scriptDirectory}/notify.sh`, event, url, String(pause)] } };
}
