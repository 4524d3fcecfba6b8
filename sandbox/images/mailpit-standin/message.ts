import PostalMime, { type Address as ParsedAddress } from "postal-mime";

/** A message in the mailbox. */
export interface Message {
  id: string;
  envelope: { id: string; created: string; from: string; to: string[] };
  raw: Buffer;
  read: boolean;
  from: Person;
  to: Person[];
  cc: Person[];
  /** Recipients of the envelope whom no header names. */
  bcc: Person[];
  replyTo: Person[];
  subject: string;
  messageId: string;
  /** Of the Date header; the time of arrival when there is none. */
  date: string;
  text: string;
  html: string;
  attachments: Attachment[];
}

export interface Person {
  name: string;
  address: string;
}

export interface Attachment {
  fileName: string;
  contentType: string;
  contentId: string;
  size: number;
}

/** Parses what came over SMTP. A mail that is no proper MIME message is still a message, with what could be read of it. */
export async function parseMessage(entry: {
  id: string;
  created: string;
  from: string;
  to: string[];
  raw: Buffer;
}): Promise<Message> {
  const { created, id, raw } = entry;
  const parsed = await PostalMime.parse(raw, { attachmentEncoding: "arraybuffer" });
  const [to, cc, bcc] = [parsed.to, parsed.cc, parsed.bcc].map(people) as [Person[], Person[], Person[]];
  const named = new Set([...to, ...cc, ...bcc].map(({ address }) => address.toLowerCase()));
  const unnamed = entry.to.filter((address) => !named.has(address.toLowerCase()));
  const html = parsed.html ?? "";
  return {
    id,
    envelope: { id, created, from: entry.from, to: entry.to },
    raw,
    read: false,
    from: people(parsed.from ? [parsed.from] : [])[0] ?? { name: "", address: entry.from },
    to,
    cc,
    bcc: [...bcc, ...unnamed.map((address) => ({ name: "", address }))],
    replyTo: people(parsed.replyTo),
    subject: parsed.subject ?? "",
    messageId: (parsed.messageId ?? "").replace(/^<|>$/g, ""),
    date: validDate(parsed.date) ?? created,
    text: parsed.text ?? textOf(html),
    html,
    attachments: parsed.attachments.map((attachment) => ({
      fileName: attachment.filename ?? "",
      contentType: attachment.mimeType,
      contentId: (attachment.contentId ?? "").replace(/^<|>$/g, ""),
      size: typeof attachment.content === "string" ? attachment.content.length : attachment.content.byteLength,
    })),
  };
}

/** The first 250 characters in one line, as lists show them. */
export function snippet(message: Message): string {
  return message.text.replace(/\s+/g, " ").trim().slice(0, 250);
}

/** Groups are taken apart: an inbox shows mailboxes. */
function people(addresses: readonly ParsedAddress[] | undefined): Person[] {
  return (addresses ?? []).flatMap((entry) =>
    entry.group
      ? entry.group.map(({ address, name }) => ({ name, address }))
      : [{ name: entry.name, address: entry.address }],
  );
}

function validDate(text: string | undefined): string | undefined {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Good enough to search in and to show beside the HTML. */
function textOf(html: string): string {
  return html
    .replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, "")
    .replace(/<br\s*\/?>|<\/(p|div|tr|h\d|li)>/gi, "\n")
    .replace(/<[^>]+>/g, "")
    .replace(/&nbsp;/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&");
}
