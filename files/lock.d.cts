/**
 * Takes a lock that ends with the process that holds it, however that ends.
 *
 * @param file the lock; its folder is made
 * @returns the lock, or the id of the process that holds it
 */
export function tryLock(file: string): { held: true; release: () => void } | { held: false; by: number };
