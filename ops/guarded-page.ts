/** Where a page of a stack is, and who may see it. The shape of `queues --json` and of `dashboards --json`. */
export interface GuardedPage {
  stack: string;
  address: string;
  login: { username: string; password: string };
}

/**
 * The same for a person.
 *
 * @param title what the page is, before its address
 */
export function guardedPageLines(title: string, { address, login }: GuardedPage): string[] {
  const row = (name: string, value: string) => `${name.padEnd(title.length)}  ${value}`;
  return [row(title, address), row("  user", login.username), row("  password", login.password)];
}
