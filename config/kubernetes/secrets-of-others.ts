import { hasInbox, runsDatabaseServer } from "../apps";
import type { ServerUser } from "../mysql/existing-secret";
import type { ParsedStack } from "../schema";

/** A password, or several, in a Secret that somebody else fills. */
export interface SecretOfOthers {
  /** What names it, for example `sites.blog.database.existingSecret`. */
  at: string;
  /** Name of the Secret. */
  name: string;
  /** Its key with that. */
  key: string;
  /** What it is: a password of the database server's own users or of a site's, who may read the inbox, or the first password of an owner. */
  of: "server" | "site" | "inbox" | "owner";
  /** Which of the server's own users has it. */
  user?: ServerUser;
}

/** The passwords that a stack has from Secrets which are there. */
export function secretsOfOthers(
  config: Pick<ParsedStack, "apps" | "mailpit" | "mysql" | "platform" | "sites" | "wordpress">,
): SecretOfOthers[] {
  const { mailpit, mysql, platform, sites } = config;
  return platform === "kubernetes"
    ? [
        ...(runsDatabaseServer(config) ? databaseSecrets({ mysql, sites }) : []),
        ...Object.entries(sites).flatMap(([site, { owner }]): SecretOfOthers[] =>
          owner?.existingSecret
            ? [{ at: `sites.${site}.owner.existingSecret`, of: "owner", ...owner.existingSecret }]
            : [],
        ),
        ...(hasInbox(config) && mailpit.existingSecret
          ? [{ at: "mailpit.existingSecret", of: "inbox" as const, ...mailpit.existingSecret }]
          : []),
      ]
    : [];
}

function databaseSecrets({ mysql, sites }: Pick<ParsedStack, "mysql" | "sites">): SecretOfOthers[] {
  const { keys = {}, name = "" } = mysql.existingSecret ?? {};
  return [
    ...Object.entries(keys).map(([user, key]) => ({
      at: `mysql.existingSecret.keys.${user}`,
      name,
      key,
      of: "server" as const,
      user: user as ServerUser,
    })),
    ...Object.entries(sites).flatMap(([site, { database }]): SecretOfOthers[] =>
      database?.existingSecret
        ? [{ at: `sites.${site}.database.existingSecret`, of: "site", ...database.existingSecret }]
        : [],
    ),
  ];
}

/** Whether the password of a user of the database server is in such a Secret. */
export function isInSecret(config: Parameters<typeof secretsOfOthers>[0], user: string): boolean {
  return secretsOfOthers(config).some((one) => one.user === user);
}
