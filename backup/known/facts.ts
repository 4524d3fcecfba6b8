/** A backup that was made. */
export interface GoodBackup {
  /** When, ISO 8601. */
  at: string;
  /** Its name; absent where the platform knows only that there is one. */
  backup?: string;
  /** Folder or remote storage. */
  place: string;
  /** Who made it. */
  by: string;
}

/** One that was not. */
export interface FailedBackup {
  at: string;
  by: string;
  why: string;
  /** What shows more of it. Default: the journal of the machine that makes backups. */
  look?: string;
}

/** One that was read back and loaded, at the time of `backup.verify`. */
export interface VerifiedBackup {
  at: string;
  backup: string;
  by: string;
}

/** What the platform knows about a stack's backups. */
export interface BackupFacts {
  /** In any order. */
  good: GoodBackup[];
  failed: FailedBackup[];
  /** The newest that was read back; and the newest attempt that came to no good end, where none has since. */
  verified?: VerifiedBackup | undefined;
  notVerified?: FailedBackup | undefined;
  /** Since when the stack is there; absent where that is not known. */
  since?: string | undefined;
  /** What makes them, where that is a part of the stack, and whether somebody has switched it off. */
  schedule?: { what: string; suspended: boolean; run: string };
}

/** The same, or why it is not known. */
export type KnownBackups = BackupFacts | { unknown: string };
