import * as path from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import {
  databaseCaFile,
  ghostMailSecretDirectory,
  ghostSecretDirectory,
  ghostSettingSecretDirectory,
} from "../../config/container-paths";
import { secretSettingMistakes, settingMistakes } from "../../config/ghost-settings";
import { senderOf, senderText } from "../../config/values/mail-sender";
import { ghostPool } from "../../config/mysql/size";
import { UserError } from "../../errors";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";
import type { SiteOwner } from "../site-owner";

/** Where Ghost listens, inside its container. */
export const ghostPort = 2368;
/** The image's user `node`. */
export const ghostUser = 1000;
export const contentPath = "/var/lib/ghost/content";
export const logPath = "/var/log/ghost";
/** A JSON line for each request and each error. */
export const logFile = `${logPath}/access.log`;
/** Where the container finds the database password, as a file. */
export const passwordFile = `${ghostSecretDirectory}/database-password`;

/** Where it finds those before it, newest first; see `DatabaseEndpoint.formerPasswords`. */
export function formerPasswordFile(index: number): string {
  return `${passwordFile}-former-${index + 1}`;
}

/** Root of the authority that its database server's certificate is from, as a file among its scripts, which everybody may read; none where the authority is a public one. */
export function databaseCa({
  authority,
}: Pick<DatabaseEndpoint<unknown>, "authority">): Record<string, pulumi.Input<string>> {
  return authority.ca === undefined ? {} : { [path.posix.basename(databaseCaFile)]: authority.ca };
}

/** Where it finds the password with which it hands mail over, as a file. */
export const mailPasswordFile = `${ghostMailSecretDirectory}/password`;

/** Where it finds the value of a secret setting, as a file. */
export function secretSettingFile(name: string): string {
  return `${ghostSettingSecretDirectory}/${name}`;
}

/** What one Ghost site is, whatever it runs on. */
export interface SiteSettings {
  /** Address readers use, for example `https://blog.example.com` or `http://localhost:2368/news`. */
  url: string;
  /** Address of the admin, where it has a host of its own. Default: below `url`. */
  adminUrl?: string | undefined;
  /** Sender of the site's mail: an address, alone or as `Name <address>`. Default: `noreply@` the host of `url`, without a leading `www.`. */
  mailFrom?: string;
  /** Whose account is made, with a random password, before anybody can reach the site. Default: the first visitor of the admin owns it. */
  owner?: SiteOwner | undefined;
  /** More Ghost settings as environment variables; `__` nests keys. Those this program sets are refused. */
  settings?: Record<string, string>;
  /** Settings that are secrets, by the same names: only its containers get the values, as files. */
  secretSettings?: Readonly<Record<string, unknown>>;
}

/**
 * The environment of a Ghost container, without any secret: passwords are read from `passwordFile` and `mailPasswordFile`.
 *
 * @param mail absent: Ghost delivers nothing, unless the site's own settings say how. Then it does not ask its staff for the code that it would mail to them on a
 *   new device, either: nobody could sign in
 * @throws UserError for a setting that this program sets itself
 */
export function ghostEnvironment(
  site: SiteSettings,
  database: Omit<DatabaseEndpoint<unknown>, "password">,
  mail: MailEndpoint<unknown> | undefined,
): Record<string, pulumi.Input<string>> {
  const own: Record<string, pulumi.Input<string>> = {
    NODE_ENV: "production",
    url: site.url,
    ...(site.adminUrl === undefined ? {} : { admin__url: site.adminUrl }),
    server__host: "0.0.0.0",
    server__port: String(ghostPort),
    // Below the 30 s grace period, with what the pre-stop pause takes of it.
    server__shutdownTimeout: "20000",
    paths__contentPath: contentPath,
    logging__path: logPath,
    logging__filename: "access",
    logging__transports: JSON.stringify(["stdout", "file"]),
    logging__rotation__enabled: "true",
    logging__rotation__period: "1d",
    logging__rotation__count: "3",
    privacy__useUpdateCheck: "false",
    ...databaseEnvironment(database),
    ...(mail ? mailEnvironment(site, mail) : {}),
  };
  const { secretSettings = {}, settings = {} } = site;
  const mistakes = [
    ...settingMistakes("the site", settings, mail !== undefined),
    ...secretSettingMistakes("the site", { secretSettings, settings }, mail !== undefined),
  ];
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("settings of a site name what this program sets itself:", mistakes);
  }
  const secret = Object.fromEntries(
    Object.keys(secretSettings).map((name) => [`${name}_FILE`, secretSettingFile(name)]),
  );
  return {
    ...(mail || namesMail(site) ? {} : { security__staffDeviceVerification: "false" }),
    ...own,
    ...settings,
    ...secret,
  };
}

/** Address of a site's admin: Ghost puts the path of `url` behind `adminUrl`, too. */
export function adminAddress({ adminUrl, url }: Pick<SiteSettings, "adminUrl" | "url">): string {
  const base = adminUrl === undefined ? url : new URL(new URL(url).pathname, adminUrl).href;
  return `${base.replace(/\/$/, "")}/ghost/`;
}

/** Whether a site's own settings say where its mail goes. */
export function namesMail({
  secretSettings = {},
  settings = {},
}: Pick<SiteSettings, "secretSettings" | "settings">): boolean {
  return Object.keys({ ...settings, ...secretSettings }).some((key) => /^mail__(transport|options)/.test(key));
}

function databaseEnvironment(
  database: Omit<DatabaseEndpoint<unknown>, "password">,
): Record<string, pulumi.Input<string>> {
  return {
    database__client: "mysql",
    database__connection__host: database.host,
    database__connection__port: String(database.port),
    database__connection__user: database.username,
    database__connection__password_FILE: passwordFile,
    database__connection__database: database.database,
    // Who finds all of them busy waits for one. The server takes as many as all sites together.
    database__pool__max: String(ghostPool),
    ...databaseTls(database),
  };
}

function databaseTls({
  authority,
  dropsIdle,
}: Pick<DatabaseEndpoint<unknown>, "authority" | "dropsIdle">): Record<string, string> {
  return {
    database__connection__ssl__rejectUnauthorized: "true",
    // Without it any name will do that the authority has given a certificate.
    database__connection__ssl__verifyIdentity: "true",
    ...(authority.ca === undefined ? {} : { database__connection__ssl__ca_FILE: databaseCaFile }),
    // By default two are kept for good; those above the least end after 30 s.
    ...(dropsIdle ? { database__pool__min: "0" } : {}),
  };
}

function mailEnvironment(site: SiteSettings, mail: MailEndpoint<unknown>): Record<string, pulumi.Input<string>> {
  return {
    mail__transport: "SMTP",
    mail__from: senderText(senderOf(site)),
    mail__options__host: mail.host,
    mail__options__port: String(mail.port),
    mail__options__secure: String(mail.encryption === "tls"),
    // Without it the password would go over the wire in plain text where somebody on the way hides that the server knows STARTTLS.
    ...(mail.encryption === "starttls" ? { mail__options__requireTLS: "true" } : {}),
    // Left to itself, Ghost's mailer takes up STARTTLS wherever it is offered, and fails where the certificate does not hold.
    ...((mail.encryption ?? "none") === "none" ? { mail__options__ignoreTLS: "true" } : {}),
    ...(mail.login
      ? { mail__options__auth__user: mail.login.username, mail__options__auth__pass_FILE: mailPasswordFile }
      : {}),
  };
}
