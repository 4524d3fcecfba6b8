import type { Message, Person } from "./message";

/**
 * The messages that match a query in Mailpit's language, as far as tests use it: words and "quoted words" that all have to occur
 * anywhere, `from:`, `to:`, `cc:`, `bcc:`, `addressed:`, `subject:`, `message-id:`, `is:read`, `is:unread`, `has:attachment`, each
 * negated by a leading `-` or `!`. Case does not matter.
 */
export function search(messages: readonly Message[], query: string): Message[] {
  const conditions = terms(query).map(condition);
  return messages.filter((message) => conditions.every((matches) => matches(message)));
}

function terms(query: string): string[] {
  return query.match(/[-!]?(?:[a-z-]+:)?(?:"[^"]*"|[^\s"]+)/gi) ?? [];
}

function condition(term: string): (message: Message) => boolean {
  const negated = /^[-!]/.test(term);
  const [, key = "", quoted] = /^[-!]?(?:([a-z-]+):)?(.*)$/is.exec(term) ?? [];
  const wanted = (quoted ?? "").replaceAll('"', "").toLowerCase();
  const matches = fields[key.toLowerCase()]?.(wanted) ?? anywhere(key ? `${key}:${wanted}`.toLowerCase() : wanted);
  return (message) => matches(message) !== negated;
}

type Condition = (message: Message) => boolean;

const fields: Record<string, (wanted: string) => Condition | undefined> = {
  from: (wanted) => (message) => includes([message.from], wanted),
  to: (wanted) => (message) => includes(message.to, wanted),
  cc: (wanted) => (message) => includes(message.cc, wanted),
  bcc: (wanted) => (message) => includes(message.bcc, wanted),
  addressed: (wanted) => (message) => includes(everyone(message), wanted),
  subject: (wanted) => (message) => message.subject.toLowerCase().includes(wanted),
  "message-id": (wanted) => (message) => message.messageId.toLowerCase().includes(wanted),
  is: (wanted) => (message) => (wanted === "read" ? message.read : wanted === "unread" && !message.read),
  has: (wanted) => (message) => wanted.startsWith("attachment") && message.attachments.length > 0,
};

function anywhere(wanted: string): Condition {
  return (message) =>
    includes(everyone(message), wanted) ||
    [message.subject, message.text, message.html].some((text) => text.toLowerCase().includes(wanted));
}

function everyone(message: Message): Person[] {
  return [message.from, ...message.to, ...message.cc, ...message.bcc, ...message.replyTo];
}

function includes(people: readonly Person[], wanted: string): boolean {
  return people.some(({ address, name }) => `${name} ${address}`.toLowerCase().includes(wanted));
}
