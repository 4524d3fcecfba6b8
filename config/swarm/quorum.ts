/** How many of so many managers must agree: more than half. */
export function quorumOf(managers: number): number {
  return Math.floor(managers / 2) + 1;
}

/** How many of so many managers may fail before nothing can be changed any more. */
export function tolerated(managers: number): number {
  return Math.max(0, managers - quorumOf(managers));
}

/** The arithmetic in words: `3 managers, quorum 2 (3/2 + 1), tolerates the loss of 1`. */
export function quorumWords(managers: number): string {
  const loss = tolerated(managers);
  return `${managers} manager${managers === 1 ? "" : "s"}, quorum ${quorumOf(managers)} (${managers}/2 + 1), tolerates the loss of ${loss === 0 ? "none" : loss}`;
}
