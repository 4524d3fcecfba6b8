import type { RunInContainer, TriedPart } from "./container";

/** A Ghost site that is deployed: what somebody needs who puts another's data into it, or takes its own out. */
export interface SitePlace {
  /** The database server's, for a server of the same image that is thrown away. */
  server: TriedPart;
  /** Runs a program in the container of the database server that takes writes. */
  inServer: RunInContainer;
  /** Runs a program in Ghost's container, as Ghost's user. */
  inGhost: RunInContainer;
  /** Reference of the image that the platform is to run Ghost from. */
  image(): Promise<string>;
  /** Stops Ghost, and waits until it is gone; readers get no answer. */
  stop(): Promise<void>;
  /**
   * Starts Ghost, unless it runs, and waits until it serves.
   *
   * @throws UserError where it does not come up
   */
  start(report: (text: string) => void): Promise<void>;
}

/** Seconds that Ghost may take to start: the migration of a large database takes long. */
export const siteStartLimit = 30 * 60;
/** Seconds that it may take to stop: its grace period is 30. */
export const siteStopLimit = 120;
