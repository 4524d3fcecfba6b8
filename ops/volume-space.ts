import { CommandError } from "../errors";
import { shownBytes } from "../terminal/bytes";
import type { Finding } from "./finding";

/** Room on the volume of a database server, in bytes. */
export interface VolumeSpace {
  free: number;
  size: number;
}

/** Asks, inside a database server's container, for the room on its volume. */
const question = ["df", "-Pk", "/var/lib/mysql"] as const;

/**
 * The room on a database server's volume.
 *
 * @param inContainer runs a command in the container, and returns what it prints
 * @returns undefined where the container does not run, or nobody may run a command in it
 */
export async function volumeSpace(
  inContainer: (command: readonly string[]) => Promise<string>,
): Promise<VolumeSpace | undefined> {
  try {
    return parsedSpace(await inContainer(question));
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

/** Reads what `df -Pk` prints; undefined for something else. */
export function parsedSpace(output: string): VolumeSpace | undefined {
  const [, size, free] = /^.*\s(\d+)\s+\d+\s+(\d+)\s+\d+%\s+\/.*$/m.exec(output) ?? [];
  return size === undefined || free === undefined
    ? undefined
    : { free: Number(free) * 1024, size: Number(size) * 1024 };
}

/** With less than this, one of the server's files will not grow: it makes them larger by up to 16 MiB at a time. */
const full = 16 * 2 ** 20;
/** Less than a twentieth, or than this on a large volume, is worth a word. */
const scarce = 2 ** 30;

/** Whether a server cannot go on with the room that there is. */
export function isFull({ free }: VolumeSpace): boolean {
  return free < full;
}

/**
 * What is to be said about the room on a database server's volume; nothing while there is enough.
 *
 * @param object what the volume belongs to, for example `pod mysql-0`
 * @param mend how it gets more room
 */
export function spaceFinding(object: string, space: VolumeSpace, mend: string[]): Finding | undefined {
  const { free, size } = space;
  const room = `${shownBytes(free)} of ${shownBytes(size)} are free`;
  if (isFull(space)) {
    return {
      scenario: "volume-full",
      severity: "failure",
      object,
      why: `Its volume is full: ${room}. The server goes on answering reads; a write waits until there is room, which the server looks for once a minute, or fails. A member of a group leaves it until there is room, where the others have some. What was acknowledged is safe.`,
      mend,
    };
  }
  return free < Math.min(size / 20, scarce)
    ? {
        scenario: "volume-nearly-full",
        severity: "notice",
        object,
        why: `Its volume is nearly full: ${room}. Writes wait once it is.`,
        mend,
      }
    : undefined;
}
