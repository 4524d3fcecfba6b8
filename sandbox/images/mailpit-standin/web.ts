import http from "node:http";
import type { Logins } from "./logins";
import type { Mailbox } from "./mailbox";
import { snippet, type Message, type Person } from "./message";
import { inboxPage, messagePage } from "./pages";
import { search } from "./search";

export const version = "stand-in 2";

/** Numbers Mailpit's /api/v1/info reports. */
export interface Statistics {
  accepted: number;
  acceptedSize: number;
  rejected: number;
}

/** An answer: JSON for plain values, else what it says. */
interface Answer {
  status?: number;
  type: string;
  body: string | Buffer;
  /** Content-Security-Policy of this answer; mail is written by strangers. */
  policy?: string;
  /** More headers. */
  headers?: Record<string, string>;
}

type Handler = (request: { url: URL; body: string; id: string }) => Answer | Promise<Answer>;

/** The web server: health, message API, inbox; with logins all but the health is for those who sign in. It never listens by itself. */
export function webServer(mailbox: Mailbox, statistics: Statistics, logins: Logins | undefined): http.Server {
  const routes: [method: string, path: RegExp, handler: Handler][] = [
    // The mailbox is loaded before the server listens.
    ["GET", /^\/(livez|readyz)$/, () => text("ok")],
    ["GET", /^\/api\/v1\/info$/, () => json(information(mailbox, statistics))],
    ["GET", /^\/api\/v1\/messages$/, ({ url }) => json(listing(mailbox, mailbox.list(), url))],
    [
      "PUT",
      /^\/api\/v1\/messages$/,
      async ({ body }) => {
        const { IDs, Read } = changeRequest(body);
        await mailbox.markRead(IDs ?? mailbox.list().map(({ id }) => id), Read);
        return text("ok");
      },
    ],
    [
      "DELETE",
      /^\/api\/v1\/messages$/,
      async ({ body }) => {
        const { IDs } = changeRequest(body);
        // As in Mailpit: no ids means all of them.
        await mailbox.remove(IDs && IDs.length > 0 ? IDs : mailbox.list().map(({ id }) => id));
        return text("ok");
      },
    ],
    ["GET", /^\/api\/v1\/search$/, ({ url }) => json(listing(mailbox, found(mailbox, url), url))],
    [
      "DELETE",
      /^\/api\/v1\/search$/,
      async ({ url }) => {
        await mailbox.remove(found(mailbox, url).map(({ id }) => id));
        return text("ok");
      },
    ],
    [
      "GET",
      /^\/api\/v1\/message\/(?<id>\w+)$/,
      async ({ id }) => {
        const message = existing(mailbox, id);
        await mailbox.markRead([message.id], true);
        return json(details(message));
      },
    ],
    ["GET", /^\/api\/v1\/message\/(?<id>\w+)\/raw$/, ({ id }) => text(existing(mailbox, id).raw)],
    ["GET", /^\/view\/(?<id>\w+)\.html$/, ({ id }) => foreignHtml(existing(mailbox, id).html)],
    ["GET", /^\/view\/(?<id>\w+)\.txt$/, ({ id }) => text(existing(mailbox, id).text)],
    ["GET", /^\/view\/(?<id>\w+)$/, ({ id }) => page(messagePage(existing(mailbox, id)))],
    ["GET", /^\/$/, () => page(inboxPage(mailbox.list()))],
  ];

  return http.createServer((request, response) => {
    (isAllowed(request, logins) ? answer(routes, request) : Promise.resolve(unauthorized()))
      .catch((error: unknown) =>
        error instanceof RequestError
          ? { ...text(error.message), status: error.status }
          : { ...text(`the stand-in failed: ${error instanceof Error ? error.message : String(error)}`), status: 500 },
      )
      .then(({ body, headers, policy, status, type }) => {
        response.writeHead(status ?? 200, {
          "Content-Type": type,
          "Content-Security-Policy": policy ?? "default-src 'none'",
          "X-Content-Type-Options": "nosniff",
          "Referrer-Policy": "no-referrer",
          ...headers,
        });
        response.end(request.method === "HEAD" ? undefined : body);
      })
      .catch(() => response.destroy());
  });
}

/** Mailpit leaves its health to everybody: probes bring no password. */
function isAllowed({ headers, url }: http.IncomingMessage, logins: Logins | undefined): boolean {
  return !logins || /^\/(livez|readyz)$/.test(url ?? "") || logins.acceptsHeader(headers.authorization);
}

class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function answer(
  routes: readonly [method: string, path: RegExp, handler: Handler][],
  request: http.IncomingMessage,
): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://standin");
  const method = request.method === "HEAD" ? "GET" : request.method;
  const here = routes.filter(([, path]) => path.test(url.pathname));
  if (here.length === 0) {
    throw new RequestError(404, `the stand-in has nothing at ${url.pathname}`);
  }
  const route = here.find(([allowed]) => allowed === method);
  if (!route) {
    throw new RequestError(405, `${request.method ?? ""} is not for ${url.pathname}`);
  }
  const [, path, handler] = route;
  return handler({ url, body: await bodyOf(request), id: path.exec(url.pathname)?.groups?.["id"] ?? "" });
}

async function bodyOf(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 1024 * 1024) {
      throw new RequestError(413, "a request has at most 1 MiB");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function changeRequest(body: string): { IDs: string[] | undefined; Read: boolean } {
  let parsed: unknown;
  try {
    parsed = body === "" ? {} : JSON.parse(body);
  } catch {
    throw new RequestError(400, "the body is not JSON");
  }
  const { IDs, Read } = (parsed ?? {}) as { IDs?: unknown; Read?: unknown };
  if (IDs !== undefined && !(Array.isArray(IDs) && IDs.every((id) => typeof id === "string"))) {
    throw new RequestError(400, "IDs must be a list of message ids");
  }
  return { IDs: IDs, Read: Read === true };
}

function existing(mailbox: Mailbox, id: string): Message {
  const message = mailbox.find(id);
  if (!message) {
    throw new RequestError(404, `no message ${id}`);
  }
  return message;
}

function found(mailbox: Mailbox, url: URL): Message[] {
  const query = url.searchParams.get("query")?.trim();
  if (!query) {
    throw new RequestError(400, "the query is missing: ?query=…");
  }
  return search(mailbox.list(), query);
}

// Mailpit's JSON ------------------------------------------------------------------------------------------------------------------

function listing(mailbox: Mailbox, matching: readonly Message[], url: URL) {
  const start = wholeNumber(url, "start", 0);
  const messages = matching.slice(start, start + wholeNumber(url, "limit", 50));
  return {
    total: mailbox.list().length,
    unread: unread(mailbox.list()),
    count: messages.length,
    messages_count: matching.length,
    messages_unread: unread(matching),
    start,
    tags: [],
    messages: messages.map((message) => ({
      ...common(message),
      Read: message.read,
      Created: message.envelope.created,
      Attachments: message.attachments.length,
      Snippet: snippet(message),
    })),
  };
}

function details(message: Message) {
  return {
    ...common(message),
    ReturnPath: message.envelope.from,
    Date: message.date,
    Text: message.text,
    HTML: message.html,
    Inline: [],
    Attachments: message.attachments.map(({ contentId, contentType, fileName, size }) => ({
      FileName: fileName,
      ContentType: contentType,
      ContentID: contentId,
      Size: size,
    })),
  };
}

/** What the list and the single message have in common. */
function common(message: Message) {
  return {
    ID: message.id,
    MessageID: message.messageId,
    From: person(message.from),
    To: message.to.map(person),
    Cc: message.cc.map(person),
    Bcc: message.bcc.map(person),
    ReplyTo: message.replyTo.map(person),
    Subject: message.subject,
    Tags: [],
    Size: message.raw.length,
  };
}

function person({ address, name }: Person) {
  return { Name: name, Address: address };
}

function information(mailbox: Mailbox, statistics: Statistics) {
  return {
    Version: version,
    LatestVersion: "",
    Database: mailbox.path ?? "",
    DatabaseSize: mailbox.size,
    Messages: mailbox.list().length,
    Unread: unread(mailbox.list()),
    Tags: {},
    RuntimeStats: {
      Uptime: Math.round(process.uptime()),
      Memory: process.memoryUsage.rss(),
      MessagesDeleted: mailbox.removedCount,
      SMTPAccepted: statistics.accepted,
      SMTPAcceptedSize: statistics.acceptedSize,
      SMTPRejected: statistics.rejected,
    },
  };
}

function unread(messages: readonly Message[]): number {
  return messages.filter(({ read }) => !read).length;
}

function wholeNumber(url: URL, name: string, otherwise: number): number {
  const given = url.searchParams.get(name);
  return given !== null && /^\d{1,9}$/.test(given) ? Number(given) : otherwise;
}

// Answers -------------------------------------------------------------------------------------------------------------------------

function json(value: unknown): Answer {
  return { type: "application/json", body: JSON.stringify(value) };
}

function text(body: string | Buffer): Answer {
  return { type: "text/plain; charset=utf-8", body };
}

function unauthorized(): Answer {
  return { ...text("Unauthorized.\n"), status: 401, headers: { "WWW-Authenticate": 'Basic realm="Login"' } };
}

function page(body: string): Answer {
  return {
    type: "text/html; charset=utf-8",
    body,
    policy: "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'",
  };
}

/** The HTML of a mail: shown, never run, and nothing is loaded for it. */
function foreignHtml(body: string): Answer {
  return {
    type: "text/html; charset=utf-8",
    body,
    policy: "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'",
  };
}
