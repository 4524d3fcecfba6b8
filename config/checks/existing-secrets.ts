import { secretsOfOthers } from "../kubernetes/secrets-of-others";
import type { ServerUser } from "../mysql/existing-secret";
import { ownComponent } from "../own-apps";
import type { ParsedStack } from "../schema";

/** Users that the database server of a stack has not, Secrets that are the program's own, and what has generations no more. */
export function existingSecretMistakes(config: ParsedStack): string[] {
  const named = secretsOfOthers(config);
  return named.flatMap(({ at, name, of, user }) => {
    const without = user && missingUser(config, user);
    const maker = makerOf(config, name);
    return [
      ...(without === undefined ? [] : [`${at}: ${without}`]),
      ...(of === "inbox" && !config.mailpit.authentication
        ? [`${at}: without effect: mailpit.authentication is false. Remove one of the two`]
        : []),
      ...(maker === undefined
        ? []
        : [
            `${at}: ${name} is what this program calls a Secret that it makes for ${maker}, and deletes. Name another one`,
          ]),
    ];
  });
}

/** Why a user's password would have no effect, or not everywhere. */
function missingUser({ backup, mysql }: ParsedStack, user: ServerUser): string | undefined {
  const ofSet = `without effect: mysql.topology is ${mysql.topology}, whose server has no user ${user}. Remove the key`;
  switch (user) {
    case "replication":
      return mysql.topology === "replicated" ? undefined : ofSet;
    case "group":
      return mysql.topology === "group" ? undefined : ofSet;
    case "clone":
      return mysql.topology === "single" ? ofSet : undefined;
    case "archive":
      return backup?.pointInTime ? undefined : "without effect: only with backup.pointInTime. Remove the key";
    case "backup":
      return backup?.recipient === undefined
        ? undefined
        : "does not go with backup.recipient: the cluster's own backups log in with a password of the program's. Remove one of the two";
    default:
      return undefined;
  }
}

/** What the program makes a Secret of such a name for; an app that is no part of it has any that begin with its own. */
function makerOf({ apps, sites }: ParsedStack, name: string): string | undefined {
  const own: [RegExp, string][] = [
    [/^mysql-(server|tls|backup|metrics|archive|db-.*)$/, "mysql"],
    [/^mailpit-(inbox|sender)$/, "mailpit"],
    ...Object.keys(sites).map((site): [RegExp, string] => [
      new RegExp(`^ghost-${site}-(owner|settings.*)$`),
      `sites.${site}`,
    ]),
    ...Object.keys(apps).map((app): [RegExp, string] => [new RegExp(`^${ownComponent(app)}(-|$)`), `apps.${app}`]),
  ];
  return own.find(([pattern]) => pattern.test(name))?.[1];
}
