/**
 * Label of the config that says when the newest good backup of a stack was made, and whether one has failed since. A config never changes, so each
 * time is another one; the newest counts.
 */
export const backupRecordLabel = "ghost-platform.backup-record";
