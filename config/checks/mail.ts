import { readMailRelay } from "../mail-relay";
import type { ParsedStack } from "../schema";

/** Mail goes to one place. */
export function mailMistakes({ mailpit, mailRelay }: ParsedStack): string[] {
  if (!mailRelay) {
    return [];
  }
  return [
    ...(mailpit.enabled
      ? ["mailpit.enabled: must be false with mailRelay. The sites' mail goes to the inbox or to the relay"]
      : []),
    ...readMailRelay(mailRelay, process.cwd()).mistakes,
  ];
}
