import { snippet, type Message, type Person } from "./message";

const notice =
  "This is a small stand-in for <b>Mailpit</b>, used where Mailpit's own image cannot be had. It catches mail and shows it; nothing is sent on.";

/** The inbox: newest first. */
export function inboxPage(messages: readonly Message[]): string {
  const rows = messages.map(
    (message) =>
      `<tr${message.read ? "" : ' class="unread"'}><td>${escape(people([message.from]))}</td><td>${escape(people(recipients(message)))}</td>` +
      `<td><a href="/view/${message.id}">${escape(message.subject || "(no subject)")}</a><br><small>${escape(snippet(message))}</small></td>` +
      `<td>${escape(message.envelope.created.replace("T", " ").slice(0, 19))} UTC</td></tr>`,
  );
  return layout(
    "Inbox",
    rows.length === 0
      ? "<p>No mail yet.</p>"
      : `<table><tr><th>From</th><th>To</th><th>Subject</th><th>Received</th></tr>${rows.join("")}</table>`,
  );
}

/** One message: its headers, its text, and its HTML in a frame that runs nothing. */
export function messagePage(message: Message): string {
  const html = message.html
    ? `<h2>HTML</h2><iframe sandbox src="/view/${message.id}.html" title="HTML part"></iframe>`
    : "";
  return layout(
    message.subject || "(no subject)",
    `<p><a href="/">Inbox</a> · <a href="/api/v1/message/${message.id}/raw">raw message</a></p>
    <p>From ${escape(people([message.from]))}<br>To ${escape(people(recipients(message)))}<br>${escape(message.date)}</p>
    <pre>${escape(message.text)}</pre>${html}`,
  );
}

function layout(title: string, content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:1rem auto;padding:0 1rem}table{width:100%;border-collapse:collapse}
td,th{text-align:left;vertical-align:top;padding:.4rem;border-bottom:1px solid #ddd}.unread a{font-weight:bold}
.notice{background:#fff3cd;padding:.5rem 1rem}pre{white-space:pre-wrap}iframe{width:100%;height:36rem;border:1px solid #ddd}</style>
<p class="notice">${notice}</p><h1>${escape(title)}</h1>${content}</html>`;
}

function recipients(message: Message): Person[] {
  return [...message.to, ...message.cc, ...message.bcc];
}

function people(list: readonly Person[]): string {
  return list.map(({ address, name }) => (name ? `${name} <${address}>` : address)).join(", ");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
