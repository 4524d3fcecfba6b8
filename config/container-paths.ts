/** Where containers on a swarm have files of this program's own, beside what a person gives them. */

/** Scripts. */
export const scriptDirectory = "/scripts";
/** Root of the authority that the database server's certificate is from: no secret, so it stands among the scripts. */
export const databaseCaFile = `${scriptDirectory}/mysql-ca.pem`;
/** Settings of PHP. */
export const phpSettingsDirectory = "/etc/ghost-platform/php";
/** What Ghost is told in secret. */
export const ghostSecretDirectory = "/run/secrets/ghost";
export const ghostSettingSecretDirectory = "/run/secrets/ghost-settings";
export const ghostMailSecretDirectory = "/run/secrets/ghost-mail";
export const ghostOwnerSecretDirectory = "/run/secrets/ghost-owner";
/** What the proxy of the web analytics is told in secret. */
export const trackerSecretDirectory = "/run/secrets/analytics";
/** What the ActivityPub server is told in secret. */
export const activityPubSecretDirectory = "/run/secrets/activitypub";
/** What WordPress is told in secret. */
export const wordpressSecretDirectory = "/run/secrets/wordpress";

const ownDirectories = [
  scriptDirectory,
  phpSettingsDirectory,
  ghostSecretDirectory,
  ghostSettingSecretDirectory,
  ghostMailSecretDirectory,
  ghostOwnerSecretDirectory,
  wordpressSecretDirectory,
  // The kernel's, and files that the engine itself puts there.
  "/proc",
  "/sys",
  "/dev",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
];

/**
 * What is wrong with the places of files that a person gives to an app. Each mistake begins with the key.
 *
 * @param key of the app, for example `wordpress.magazine`
 */
export function filePlaceMistakes(
  key: string,
  files: { secrets?: Record<string, unknown> | undefined; configs?: Record<string, unknown> | undefined },
): string[] {
  const keyOf = new Map<string, string>();
  const mistakes: string[] = [];
  for (const kind of ["secrets", "configs"] as const) {
    for (const target of Object.keys(files[kind] ?? {})) {
      const at = `${key}.${kind}.${target}`;
      const own = ownDirectories.find((directory) => target === directory || target.startsWith(`${directory}/`));
      const other = [...keyOf].find(
        ([place]) => place === target || place.startsWith(`${target}/`) || target.startsWith(`${place}/`),
      );
      if (own !== undefined) {
        mistakes.push(`${at}: the container has files of its own at ${own}. Give yours another path`);
      } else if (other !== undefined) {
        mistakes.push(`${at}: cannot be there together with ${other[1]}. Give one of them another path`);
      }
      keyOf.set(target, at);
    }
  }
  return mistakes;
}
