import { setMaxListeners } from "node:events";

/** Thrown in place of a result when the person has pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * Ctrl-C (or SIGTERM): the first asks whatever runs to stop, and the command ends once it has; a second one ends the command at once.
 */
class Interruption {
  private readonly controller = new AbortController();

  constructor() {
    // As many programs may run at once as there are machines.
    setMaxListeners(0, this.signal);
  }

  /** For functions that take one. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Begins to listen; for commands that change something. Without it, Ctrl-C ends the process as ever. */
  listen(): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (this.signal.aborted) {
          process.exit(130);
        }
        process.stderr.write("\nStopping at the next safe point; press Ctrl-C again to stop at once.\n");
        this.controller.abort();
      });
    }
  }

  /** Calls back at the first Ctrl-C. Returns a function that takes the callback away. */
  onInterrupt(callback: () => void): () => void {
    this.signal.addEventListener("abort", callback, { once: true });
    return () => this.signal.removeEventListener("abort", callback);
  }

  throwIfInterrupted(): void {
    if (this.signal.aborted) {
      throw new Interrupted();
    }
  }
}

export const interruption = new Interruption();
