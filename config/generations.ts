import type { ParsedStack } from "./schema";

/** The shop's passwords of its servers, among those that have generations: the others are known by their sites. */
export const shopPasswords = { postgres: "shop-postgres", redis: "shop-redis", rabbitmq: "shop-rabbitmq" } as const;

/**
 * The generations of a password that a stack has: the present one first, then those kept for rollback, newest first. The one before the
 * present is among them in any case: who makes a new password known to the server logs in with it.
 *
 * @param present 1 for a password that was never rotated
 * @param kept how many former ones are kept
 */
export function passwordGenerations(present: number, kept: number): number[] {
  return Array.from({ length: Math.min(present, Math.max(kept, 1) + 1) }, (_, index) => present - index);
}

/** The generations of the database password of a site, or of the shop, as above. */
export function siteGenerations({ secrets }: Pick<ParsedStack, "secrets">, site: string): number[] {
  return passwordGenerations(secrets.generations[site] ?? 1, secrets.keepVersions);
}
