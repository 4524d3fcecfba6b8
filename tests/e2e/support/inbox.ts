/** A message as Mailpit's API lists it. */
export interface Message {
  ID: string;
  Subject: string;
  To: { Address: string }[];
  From: { Address: string };
}

/** Somebody who may read the mail. */
export interface Reader {
  username: string;
  password: string;
}

/** Status and answer of the inbox's API. */
export function askInbox(base: string, path: string, reader?: Reader): Promise<Response> {
  const login = reader && Buffer.from(`${reader.username}:${reader.password}`).toString("base64");
  return fetch(`${base}${path}`, {
    signal: AbortSignal.timeout(10_000),
    ...(login ? { headers: { Authorization: `Basic ${login}` } } : {}),
  });
}

/** Messages in the inbox, newest first. */
export async function messages(base: string, reader?: Reader): Promise<Message[]> {
  const response = await askInbox(base, "/api/v1/messages", reader);
  if (response.status !== 200) {
    throw new Error(`the inbox answers ${response.status}: ${(await response.text()).slice(0, 200)}`);
  }
  return ((await response.json()) as { messages: Message[] }).messages;
}

/** The newest message to somebody, with its text; undefined while there is none. */
export async function newestTo(
  base: string,
  address: string,
  reader?: Reader,
): Promise<(Message & { Text: string }) | undefined> {
  const found = (await messages(base, reader)).find(({ To }) => To.some(({ Address }) => Address === address));
  if (!found) {
    return undefined;
  }
  const response = await askInbox(base, `/api/v1/message/${found.ID}`, reader);
  return (await response.json()) as Message & { Text: string };
}
