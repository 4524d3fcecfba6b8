/*
 * What the archive of binary logs tells of itself where the stack is monitored. Here stand names alone, for the program that tells is bundled.
 */

/** The moment until which all that the server had committed is in the store, in seconds since 1970. Absent: not known yet. */
export const archivedThrough = "ghost_platform_archive_through_timestamp_seconds";

/** Port where it is told. */
export const archiveFiguresPort = 9117;

/** Variable with that port; absent: it is not told. */
export const figuresPortVariable = "FIGURES_PORT";
