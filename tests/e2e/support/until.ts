/**
 * Asks again and again until a condition holds, and fails with the last reason when it does not within the limit.
 *
 * @param what the condition in words, for the error
 * @param seconds how long at most
 * @param attempt returns a value when the condition holds; throws, or returns undefined or false, while it does not
 */
export async function until<Value>(
  what: string,
  seconds: number,
  attempt: () => Promise<Value | undefined | false>,
): Promise<Value> {
  const deadline = Date.now() + seconds * 1000;
  let reason: unknown;
  do {
    try {
      const value = await attempt();
      if (value !== undefined && value !== false) {
        return value;
      }
      reason = "not yet";
    } catch (error) {
      reason = error instanceof Error ? error.message : error;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  } while (Date.now() < deadline);
  throw new Error(`waited ${seconds} s for ${what}; last: ${String(reason)}`);
}

/** Runs work and prints how long it took: a figure to read, never to assert. */
export async function timed<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  const began = performance.now();
  const value = await work();
  console.log(`      ⏱ ${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return value;
}
