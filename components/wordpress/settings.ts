import * as pulumi from "@pulumi/pulumi";
import type { DatabaseEndpoint } from "../endpoints";

/** Where WordPress listens, inside its container. */
export const wordpressPort = 80;
/** The image's user `www-data`. */
export const wordpressUser = 33;
/** Program and content; the program comes from the image at each start. */
export const webRoot = "/var/www/html";
/** Uploads, themes and plugins: what the tasks of a site share. */
export const contentPath = `${webRoot}/wp-content`;
const secretDirectory = "/run/secrets/wordpress";
/** Where the container finds the database password, as a file. */
export const passwordFile = `${secretDirectory}/database-password`;

/** Where it finds those before it, newest first; see `DatabaseEndpoint.formerPasswords`. */
export function formerPasswordFile(index: number): string {
  return `${passwordFile}-former-${index + 1}`;
}

/** What WordPress signs cookies and forms with; all tasks of a site have the same. */
export const salts = [
  "AUTH_KEY",
  "SECURE_AUTH_KEY",
  "LOGGED_IN_KEY",
  "NONCE_KEY",
  "AUTH_SALT",
  "SECURE_AUTH_SALT",
  "LOGGED_IN_SALT",
  "NONCE_SALT",
] as const;
export type Salt = (typeof salts)[number];

/** Name of a salt as objects are named, for example `auth-key`. */
export function saltName(salt: Salt): string {
  return salt.toLowerCase().replaceAll("_", "-");
}

/** Where the container finds a salt. */
export function saltFile(salt: Salt): string {
  return `${secretDirectory}/${saltName(salt)}`;
}

/**
 * The environment of a WordPress container, as the official image takes it. Whatever is secret is the name of a file.
 *
 * @param url address readers use
 */
export function wordpressEnvironment(
  url: string,
  database: Omit<DatabaseEndpoint<unknown>, "password" | "formerPasswords">,
): Record<string, pulumi.Input<string>> {
  return {
    WORDPRESS_DB_HOST: pulumi.interpolate`${database.host}:${database.port}`,
    WORDPRESS_DB_NAME: database.database,
    WORDPRESS_DB_USER: database.username,
    WORDPRESS_DB_PASSWORD_FILE: passwordFile,
    ...Object.fromEntries(salts.map((salt) => [`WORDPRESS_${salt}_FILE`, saltFile(salt)])),
    WORDPRESS_CONFIG_EXTRA: [
      `define('WP_HOME', '${phpText(url)}');`,
      `define('WP_SITEURL', '${phpText(url)}');`,
      // The server's certificate is its own: the connection is encrypted, the server is not authenticated.
      "define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT);",
      // The program is the image's: what WordPress would change of itself is gone with the task.
      "define('AUTOMATIC_UPDATER_DISABLED', true);",
    ].join(" "),
  };
}

function phpText(text: string): string {
  return text.replace(/\/$/, "").replace(/['\\]/g, "\\$&");
}
