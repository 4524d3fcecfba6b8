/** What every server runs, whether it is single or a member of a set: see the scripts themselves. */
export const serverScripts = [
  "data-options.sh",
  "data-version.sh",
  "attended.sh",
  "volume.sh",
  "initialise.sh",
  "start.sh",
] as const;
