/**
 * What tells a process from another one that gets its number later, also after a restart of the machine.
 *
 * @returns the start in a form that is the same for the same process
 */
export function processStart(pid: number): { state: "gone" } | { state: "runs"; start: string } | { state: "unknown" };

/**
 * When a process was started, in milliseconds as `Date.now()` tells the time, and the name of its program. By the clock of now: where that was set
 * meanwhile, the time is another one.
 *
 * @returns undefined where it does not run, or nobody says
 */
export function processAge(pid: number): { startedAt: number; program: string } | undefined;
