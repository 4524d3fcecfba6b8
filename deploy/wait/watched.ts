/** Looks whether an operation can still succeed, until its signal is aborted. Throws the reason why it cannot. */
export type Watch = (signal: AbortSignal) => Promise<void>;

/**
 * Runs an operation beside a watch. When the watch throws, the operation is asked to stop, and fails with what the watch has found.
 *
 * @param operation gets the signal by which it is asked to stop
 */
export async function watched<Result>(
  watch: Watch | undefined,
  operation: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const hopeless = new AbortController();
  const found: { reason?: unknown } = {};
  const watching = watch?.(over.signal).catch((reason: unknown) => {
    found.reason = reason;
    hopeless.abort();
  });
  try {
    return await operation(hopeless.signal);
  } catch (error) {
    throw found.reason ?? error;
  } finally {
    over.abort();
    await watching;
  }
}
