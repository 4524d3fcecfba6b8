import { InvalidArgumentError } from "commander";
import type { Placing } from "./platform";

/** What the options of `npm run backup` mean; each refuses what it does not understand. */

/** Further machines that take the place of others: `worker1=north`. */
export function placement(text: string, before: Placing["place"]): Placing["place"] {
  const [, old, fresh] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (old === undefined || fresh === undefined) {
    throw new InvalidArgumentError(
      "It must be the name of a machine in the backup and one of swarm.nodes: worker1=north.",
    );
  }
  return { ...before, [old]: fresh };
}

/** In KiB a second where no letter says otherwise; a time table of rclone's is none of these. */
export function rate(text: string): string {
  if (/^\d{1,6}(\.\d{1,3})?[BKMG]?(:\d{1,6}(\.\d{1,3})?[BKMG]?)?$/.test(text)) {
    return text;
  }
  throw new InvalidArgumentError("It must be a rate as rclone has it: 512K or 2M, or 2M:10M for sending and fetching.");
}

export function count(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) {
    return Number(text);
  }
  throw new InvalidArgumentError("It must be a number of backups, 1 or more.");
}
