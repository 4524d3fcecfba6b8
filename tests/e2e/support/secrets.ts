/** What a password of this program looks like. */
const passwordPattern = /\bp[A-Za-z0-9]{32}\b/g;

/** Passwords in a text. */
export function passwordsIn(text: string): string[] {
  return [...new Set(text.match(passwordPattern) ?? [])];
}

/** Names the first place that holds one of the passwords; undefined where none does. */
export function leak(passwords: readonly string[], places: Record<string, string>): string | undefined {
  return Object.entries(places).find(([, text]) => passwords.some((password) => text.includes(password)))?.[0];
}
