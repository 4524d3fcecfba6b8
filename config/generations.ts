/**
 * The generations of a password that a stack has: the present one first, then those kept for rollback, newest first.
 *
 * @param present 1 for a password that was never rotated
 * @param kept how many former ones are kept
 */
export function passwordGenerations(present: number, kept: number): number[] {
  return Array.from({ length: Math.min(present, kept + 1) }, (_, index) => present - index);
}
