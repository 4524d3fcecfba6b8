import type { Readable, Writable } from "node:stream";
import type { DatabasePart } from "../format/manifest";

/** A program that works on data in a container. */
export interface Work {
  program: readonly [name: string, ...args: string[]];
  /** Variables of its environment; nothing of them is secret. */
  variables?: Readonly<Record<string, string>>;
  /** What it reads on its standard input. Default: nothing. */
  data?: Readable;
  /** Called with each line of its standard output. */
  onLine?: (line: string) => void;
  /** Where its standard output goes as it is, in place of `onLine`; it is ended with it. */
  output?: Writable;
  /** As whom it works: as who may write files of any owner, or as the user of the image's database server. */
  as: "files" | "server";
}

/**
 * Runs a program in a container to its end.
 *
 * @throws CommandError where the program fails; that of its data, where that fails first
 */
export type RunInContainer = (work: Work) => Promise<void>;

/** Runs a program in a container of a database's image, on an empty volume where the server's was; both are gone afterwards, whatever became of it. */
export type TryInContainer = (part: TriedPart, work: Work) => Promise<void>;

/** What has to be known of a database to have a server of its image, where its own runs. */
export type TriedPart = Pick<DatabasePart, "image" | "kind" | "node" | "target" | "volume">;
