import type { PodScenario } from "./scenarios/pod-scenario";
import { claimPending, evicted, nodeLost, stuckStopping, unschedulable, volumeUnmounted } from "./scenarios/placement";
import { crashLoop, databaseUnreachable, outOfMemory, probeFailing, unknown } from "./scenarios/running";
import {
  hookFailed,
  imageUnavailable,
  initialising,
  notStartable,
  starting,
  volumeNotWritable,
  waitingForDatabase,
  waitingForForeignDatabase,
} from "./scenarios/start";

/** Those that know what the program's own containers say and do. */
export const aboutOwnContainers: ReadonlySet<PodScenario> = new Set([
  waitingForForeignDatabase,
  waitingForDatabase,
  volumeNotWritable,
  databaseUnreachable,
]);

/** In the order in which they are asked. */
export const scenarios: readonly PodScenario[] = [
  stuckStopping,
  evicted,
  nodeLost,
  claimPending,
  unschedulable,
  imageUnavailable,
  notStartable,
  volumeUnmounted,
  hookFailed,
  outOfMemory,
  waitingForForeignDatabase,
  waitingForDatabase,
  volumeNotWritable,
  crashLoop,
  databaseUnreachable,
  probeFailing,
  initialising,
  starting,
  unknown,
];
