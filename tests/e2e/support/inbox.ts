/** A message as Mailpit's API lists it. */
export interface Message {
  ID: string;
  Subject: string;
  To: { Address: string }[];
  From: { Address: string };
}

/** Messages in the inbox, newest first. */
export async function messages(base: string): Promise<Message[]> {
  const response = await fetch(`${base}/api/v1/messages`, { signal: AbortSignal.timeout(10_000) });
  if (response.status !== 200) {
    throw new Error(`the inbox answers ${response.status}`);
  }
  return ((await response.json()) as { messages: Message[] }).messages;
}

/** The newest message to somebody, with its text; undefined while there is none. */
export async function newestTo(base: string, address: string): Promise<(Message & { Text: string }) | undefined> {
  const found = (await messages(base)).find(({ To }) => To.some(({ Address }) => Address === address));
  if (!found) {
    return undefined;
  }
  const response = await fetch(`${base}/api/v1/message/${found.ID}`, { signal: AbortSignal.timeout(10_000) });
  return (await response.json()) as Message & { Text: string };
}
