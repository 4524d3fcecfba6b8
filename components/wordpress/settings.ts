import * as pulumi from "@pulumi/pulumi";
import { isIP } from "node:net";
import { databaseCaFile, phpSettingsDirectory, wordpressSecretDirectory } from "../../config/container-paths";
import { senderOf, type MailSender } from "../../config/values/mail-sender";
import { scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";
import type { HealthRequest } from "../health-request";
import type { SiteOwner } from "../site-owner";

/** Where WordPress listens, inside its container. */
export const wordpressPort = 80;
/** The image's user `www-data`. */
export const wordpressUser = 33;
/** Program and content; the program comes from the image at each start. */
export const webRoot = "/var/www/html";
/** Uploads, themes and plugins: what the tasks of a site share. */
export const contentPath = `${webRoot}/wp-content`;
/** Where the container finds the database password, as a file. */
export const passwordFile = `${wordpressSecretDirectory}/database-password`;

/** Where it finds those before it, newest first; see `DatabaseEndpoint.formerPasswords`. */
export function formerPasswordFile(index: number): string {
  return `${passwordFile}-former-${index + 1}`;
}

/** What WordPress signs cookies and forms with, and what its objects are called; all tasks of a site have the same. Short: the names of the site and the stack stand before it. */
const saltNames = {
  AUTH_KEY: "auth-key",
  SECURE_AUTH_KEY: "secure-key",
  LOGGED_IN_KEY: "login-key",
  NONCE_KEY: "nonce-key",
  AUTH_SALT: "auth-salt",
  SECURE_AUTH_SALT: "secure-salt",
  LOGGED_IN_SALT: "login-salt",
  NONCE_SALT: "nonce-salt",
} as const;
/** Names of the salts as objects are named, for example `auth-key`. */
export const salts = Object.values(saltNames);

/** Where the container finds the password with which it hands mail over. */
export const mailPasswordFile = `${wordpressSecretDirectory}/mail-password`;
/** What makes WordPress hand its mail over; loaded by its configuration. */
export const mailScript = `${scriptDirectory}/mail.php`;

/** PHP's settings that say whom to believe, and the folder from which every PHP of the container reads them, beside the image's own. */
export const phpSettingsFile = `${phpSettingsDirectory}/database.ini`;
/**
 * WordPress opens its connections itself, and leaves whom to believe to PHP's settings. Public authorities are believed beside that of the server, as
 * before: pages that plugins ask for have their certificates from them.
 */
export const phpSettings = `openssl.cafile=${databaseCaFile}\nopenssl.capath=/etc/ssl/certs\n`;

/** Where the container finds a salt. */
export function saltFile(name: (typeof salts)[number]): string {
  return `${wordpressSecretDirectory}/${name}`;
}

/** A site, as far as its environment tells. */
export interface WordPressSettings {
  /** Address readers use, for example `https://magazine.example.com`. */
  url: string;
  /** Sender of the site's mail: an address, alone or as `Name <address>`. Default: `noreply@` the host of `url`, without a leading `www.`. */
  mailFrom?: string | undefined;
  /** Whose account is made, with a random password, before anybody can reach the site. Default: the first visitor installs it. */
  owner?: SiteOwner | undefined;
}

/** Address where the people of a site sign in. */
export function adminAddress({ url }: Pick<WordPressSettings, "url">): string {
  return `${url.replace(/\/$/, "")}/wp-admin/`;
}

/**
 * The environment of a WordPress container, as the official image takes it, and what `mail.php` reads. Whatever is secret is the name of a
 * file.
 *
 * @param mail absent: WordPress is left with PHP's own mail, which the image cannot deliver
 */
export function wordpressEnvironment(
  site: WordPressSettings,
  database: Omit<DatabaseEndpoint<unknown>, "password" | "formerPasswords">,
  mail: MailEndpoint<unknown> | undefined,
): Record<string, pulumi.Input<string>> {
  const { url } = site;
  const sender = siteSender(site);
  return {
    WORDPRESS_DB_HOST: pulumi.interpolate`${database.host}:${database.port}`,
    WORDPRESS_DB_NAME: database.database,
    WORDPRESS_DB_USER: database.username,
    WORDPRESS_DB_PASSWORD_FILE: passwordFile,
    // Behind the folder that the image has.
    ...(database.authority.ca === undefined ? {} : { PHP_INI_SCAN_DIR: `:${phpSettingsDirectory}` }),
    ...Object.fromEntries(Object.entries(saltNames).map(([salt, name]) => [`WORDPRESS_${salt}_FILE`, saltFile(name)])),
    WORDPRESS_CONFIG_EXTRA: [
      `define('WP_HOME', '${phpText(url)}');`,
      `define('WP_SITEURL', '${phpText(url)}');`,
      "define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT);",
      // The program is the image's: what WordPress would change of itself is gone with the task.
      "define('AUTOMATIC_UPDATER_DISABLED', true);",
      ...(mail ? [`require '${mailScript}';`] : []),
    ].join(" "),
    ...(mail
      ? {
          WORDPRESS_MAIL_HOST: mail.host,
          WORDPRESS_MAIL_PORT: String(mail.port),
          WORDPRESS_MAIL_ENCRYPTION: mail.encryption ?? "none",
          WORDPRESS_MAIL_FROM: sender.address,
          ...(sender.name === undefined ? {} : { WORDPRESS_MAIL_FROM_NAME: sender.name }),
        }
      : {}),
    ...(mail?.login
      ? { WORDPRESS_MAIL_USER: mail.login.username, WORDPRESS_MAIL_PASSWORD_FILE: mailPasswordFile }
      : {}),
  };
}

/** WordPress takes no address whose host is a number or has no dot for one. */
function siteSender({ mailFrom, url }: WordPressSettings): MailSender {
  const sender = senderOf({ mailFrom, url });
  const host = sender.address.replace(/^.*@/, "");
  const isDomain = host.includes(".") && isIP(host) === 0;
  return mailFrom !== undefined || isDomain ? sender : { address: "noreply@wordpress.invalid" };
}

function phpText(text: string): string {
  return text.replace(/\/$/, "").replace(/['\\]/g, "\\$&");
}

/**
 * The question whether a site serves: the page that installs it, at its second step. It asks the database whether that was done, and shows that it was, or a form. WordPress loads no
 * plugin and no theme for it: one that hides the site, moves its home page or says that it is under maintenance changes nothing here. The first step would ask
 * wordpress.org for languages.
 */
export function servingRequest(url: string): HealthRequest {
  const { host, pathname, protocol } = new URL(url);
  return {
    path: `${pathname.replace(/\/*$/, "/")}wp-admin/install.php?step=1`,
    headers: { Host: host, ...(protocol === "https:" ? { "X-Forwarded-Proto": "https" } : {}) },
    statuses: [200],
  };
}
