/** Who a mail is from. */
export interface MailSender {
  /** What readers see in place of the address; absent where they see that. */
  name?: string;
  address: string;
}

/**
 * A mail address, alone or behind a name: `Notes <ghost@example.com>`. Quotation marks around the name may be there or not. Inside, nothing that means
 * something in a mail's head or in a template: `"`, `\`, angle brackets, braces.
 */
export const senderPattern =
  // oxlint-disable-next-line no-control-regex -- they are what it refuses
  /^(?:(?:"[^"\\<>{}\x00-\x1f\x7f]+"|[^"\\<>{}\x00-\x20\x7f][^"\\<>{}\x00-\x1f\x7f]*)\s*<[^\s@<>"]+@[^\s@<>"]+>|[^\s@<>"]+@[^\s@<>"]+)$/;

/** Reads a sender that `senderPattern` accepts. */
export function mailSender(text: string): MailSender {
  const [, name = "", address] = /^"?([^"<]*?)"?\s*<(.+)>$/.exec(text) ?? [];
  return address === undefined ? { address: text } : { ...(name.trim() ? { name: name.trim() } : {}), address };
}

/**
 * The sender of a site that names none: `noreply@` its host. The `www.` in front of a domain is no part of it: mail is signed for the domain, and mail servers
 * take senders of that.
 */
export function defaultSender(url: string): MailSender {
  return { address: `noreply@${new URL(url).hostname.replace(/^www\.(?=[^.]+\.[^.])/, "")}` };
}

/** The sender of a site, named or not. */
export function senderOf({ mailFrom, url }: { mailFrom?: string | undefined; url: string }): MailSender {
  return mailFrom === undefined ? defaultSender(url) : mailSender(mailFrom);
}

/** A sender as a mail's head has it (RFC 5322), with the name's own letters: for programs that encode it themselves. */
export function senderText({ address, name }: MailSender): string {
  return name === undefined ? address : `"${name}" <${address}>`;
}

/** The same in ASCII alone (RFC 2047): for programs that write what they are given. */
export function encodedSender({ address, name }: MailSender): string {
  return name === undefined || /^[\x20-\x7e]*$/.test(name)
    ? senderText({ address, ...(name === undefined ? {} : { name }) })
    : `${encodedWords(name)} <${address}>`;
}

/** An encoded word has 75 characters at most, and holds whole letters. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let part = "";
  for (const letter of text) {
    if (Buffer.byteLength(part + letter) > 45) {
      words.push(part);
      part = "";
    }
    part += letter;
  }
  return [...words, part].map((word) => `=?utf-8?B?${Buffer.from(word).toString("base64")}?=`).join(" ");
}
