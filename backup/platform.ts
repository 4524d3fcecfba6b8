import type { Noted } from "./known/record";
import type { TryInContainer } from "./contents/container";
import type { Deployment } from "./contents/deployment";
import type { BackupKey } from "./format/key";
import type { Contents, PlatformName } from "./format/manifest";
import type { Output } from "./contents/pipe";
import type { SitePlace } from "./contents/site";
import type { Backup } from "./store/stack-folder";
import type { VolumeToFill } from "./restore/fill";
import type { RestoreRun } from "./restore/volume-marker";

/*
 * Where a platform begins. What a backup is made of, how it is sealed, signed, kept, checked, tried and put back is the same for every platform; a
 * platform says what there is to read, where a program can run on data, and which volumes are to be filled.
 */

/** What a platform brings for the backups of one stack. Another platform is a folder with one of these. */
export interface BackupPlatform {
  readonly name: PlatformName;
  /**
   * All that a backup of the stack holds, beside what this machine knows. Asked of what runs; changes nothing.
   *
   * @throws UserError with all that would be lacking: a backup without it would be none
   */
  sources(options: CreateOptions): Promise<Source[]>;
  /**
   * Where a dump can be loaded into a server that is thrown away.
   *
   * @throws UserError where that is nowhere at the moment
   */
  trialPlace(): Promise<TryInContainer>;
  /**
   * Notes on the platform itself what became of a backup, for every machine that asks after the stack.
   *
   * @throws where that cannot be
   */
  note(noted: Noted): Promise<void>;
  /**
   * A site that is deployed, for what comes in and goes out.
   *
   * @throws UserError where it is not deployed, or its database server does not run
   */
  site(name: string): Promise<SitePlace>;
  /**
   * What a restore will do here, and how far an earlier run of it came. Changes nothing.
   *
   * @throws UserError with all that forbids it
   */
  planRestore(backup: Backup, key: BackupKey, placing: Placing): Promise<RestorePlan>;
}

/** What a person may want of `create`. */
export interface CreateOptions {
  /** Save the swarm's state although that stops the only manager, and with it what runs there. */
  outage: boolean;
  /** Leave the swarm's state out. */
  dataOnly: boolean;
}

/** Where a person wants things to go. Default: where they were. */
export interface Placing {
  /** Name of the machine that takes the swarm's state. Default: the manager at its address, else the one it is from, else the first. */
  to?: string | undefined;
  /** Which machine of the configuration takes the place of one in the backup. Default: each its own. */
  place: Readonly<Record<string, string>>;
}

/** Something to be saved. */
export interface Source {
  contents: Contents;
  /** The step in which it is read. */
  title: string;
  /** Name of its file, to which a number comes before and `.gz.age` behind. */
  name: string;
  /** Begins to read it. An output that breaks off fails. */
  open: () => Output;
  /** What has to be waited for afterwards. */
  settled?: { title: string; wait: (report: (text: string) => void) => Promise<void> };
}

/** A restore that nothing forbids. */
export interface RestorePlan {
  /** They are filled one after the other. */
  volumes: VolumeToFill[];
  /** What else is restored or has to be known, in lines. */
  remarks: string[];
  /** What tells the earlier run from others; undefined where there was none. */
  run: string | undefined;
  /**
   * Does what is left once every volume is filled.
   *
   * @param asOf the moment that the stack is brought back to, in words
   * @returns what the person is told at the end
   */
  complete(run: RestoreRun, deployment: Deployment | undefined, asOf: string): Promise<string[]>;
  /** Takes away the platform's own notes of how far it came, when it is through. */
  forgetRun(): Promise<void>;
  /** Leaves nothing that works for the restore, whatever became of it. */
  close(): Promise<void>;
}
