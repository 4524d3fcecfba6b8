import * as fs from "node:fs";
import * as path from "node:path";
import type { MailEncryption } from "../endpoints";
import { mailPasswordFile, mailTemplateFile } from "./settings";

/** Where and how alerts are sent. */
export interface AlertMail {
  to: readonly string[];
  from: string;
  host: string;
  port: number;
  encryption: MailEncryption;
  /** Absent: the server takes mail from anybody. The password stands in `mailPasswordFile`. */
  username?: string | undefined;
  /** See `monitoring.alerts` in config/schema/monitoring.ts. */
  every: string;
  repeat: string;
}

/**
 * The configuration of Alertmanager: everything by mail, one mail for all alerts of a kind. Alertmanager speaks TLS from the first byte on port
 * 465, and STARTTLS or nothing elsewhere.
 */
export function alertmanagerConfig({ encryption, every, from, host, port, repeat, to, username }: AlertMail): object {
  return {
    global: {
      smtp_smarthost: `${host}:${port}`,
      smtp_from: from,
      smtp_require_tls: encryption === "starttls",
      ...(username === undefined ? {} : { smtp_auth_username: username, smtp_auth_password_file: mailPasswordFile }),
    },
    templates: [mailTemplateFile],
    route: {
      receiver: "mail",
      group_by: ["alertname"],
      // What comes at once with the first one is told in the same mail.
      group_wait: "10s",
      group_interval: every,
      repeat_interval: repeat,
    },
    receivers: [
      {
        name: "mail",
        email_configs: [
          {
            to: to.join(", "),
            send_resolved: true,
            headers: { Subject: '{{ template "ghost-platform.subject" . }}' },
            // Plain text: what to do next is a command to copy.
            html: "",
            text: '{{ template "ghost-platform.text" . }}',
          },
        ],
      },
    ],
  };
}

/** The text of a mail, as Alertmanager's templates have it. */
export function mailTemplate(): string {
  return fs.readFileSync(path.join(__dirname, "templates", "mail.tmpl"), "utf8");
}
