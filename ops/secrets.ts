import * as path from "node:path";
import type { RotatedPassword } from "../components/app";
import { secretsOfOthers, type SecretOfOthers } from "../config/kubernetes/secrets-of-others";
import { UserError } from "../errors";
import { passwordsOnCluster, passwordsOnSwarm, type PasswordInUse } from "../deploy/before/passwords-in-use";
import { servicesInUse } from "../deploy/before/services-in-use";
import { deployedBy } from "../home/deployments";
import { renderedDirectory, shown } from "../home/project";
import type { Stack } from "../home/stack";
import { appsOf } from "../stacks/apps";
import { table } from "../terminal/table";

/** A password that can be rotated, and where it stands. The shape of an entry of `secrets list --json`. */
export type PasswordReport = Pick<PasswordInUse, "generation" | "inUse" | "kept" | "site" | "username">;

/** What names a password to `secrets rotate`. */
export function argument({ site }: Pick<RotatedPassword, "site">): string {
  return site ?? "--mysql";
}

/** The passwords of a stack that can be rotated, and which of them run. */
export async function passwordReports(stack: Stack): Promise<PasswordReport[]> {
  return (await passwordsInUse(stack)).map(passwordReport);
}

/** What is told of a password. */
export function passwordReport({ generation, inUse, kept, site, username }: PasswordInUse): PasswordReport {
  return { ...(site === undefined ? {} : { site }), username, generation, kept, inUse };
}

/** Whether the site's containers all have the password of the stack file. */
export function isThrough({ generation, inUse }: PasswordReport): boolean {
  return inUse.every((other) => other === generation);
}

/** Passwords for a person. */
export function passwordLines(passwords: readonly PasswordReport[]): string[] {
  return [
    ...table(
      [
        { title: "SITE" },
        { title: "USER" },
        { title: "GENERATION", align: "right" },
        { title: "IN USE" },
        { title: "KEPT" },
      ],
      passwords.map(({ generation, inUse, kept, site, username }) => [
        site ?? "(--mysql)",
        username,
        String(generation),
        inUse.join(" "),
        kept.join(" "),
      ]),
    ),
    ...passwords
      .filter((password) => !isThrough(password))
      .map(
        (password) =>
          `The rotation of ${nameOf(password)} is not through: npm run ops -- secrets rotate ${argument(password)} goes on with it.`,
      ),
  ];
}

/** What a password is for, in words. */
export function nameOf({ site }: Pick<RotatedPassword, "site">): string {
  return site ?? "the database server";
}

/**
 * One of a stack's passwords.
 *
 * @param passwords all that can be rotated
 * @param site what names it; undefined for the database server's own users
 * @throws UserError for what has none that can be rotated, with what can be done instead
 */
export function rotatablePassword<Password extends RotatedPassword>(
  { config, name }: Pick<Stack, "config" | "name">,
  passwords: readonly Password[],
  site: string | undefined,
): Password {
  const found = passwords.find((password) => password.site === site);
  if (found) {
    return found;
  }
  const sites = passwords.flatMap((password) => password.site ?? []).join(", ") || "none";
  if (site !== undefined && config.sites[site]?.database?.passwordFile !== undefined) {
    throw new UserError(
      `The database password of ${site} was brought along (sites.${site}.database.passwordFile), so whoever runs that server changes it. Give its user another one beside it (ALTER USER … RETAIN CURRENT PASSWORD), write that into the file, and: npm start -- --stack ${name}. Nothing was changed`,
    );
  }
  const theirs = secretsOfOthers(config);
  const filled = theirs.filter(({ at, user }) =>
    site === undefined || user === site
      ? user !== undefined
      : [`sites.${site}.database.existingSecret`, ...(site === "inbox" ? ["mailpit.existingSecret"] : [])].includes(at),
  );
  if (filled.length > 0) {
    throw new UserError(
      `${theirsInWords(filled)}. Nothing was changed. How one is changed: docs/operate.md#passwords-in-secrets-that-are-there`,
    );
  }
  if (site === undefined) {
    throw new UserError(`Stack ${name} has no database server of this program's`);
  }
  const server = passwords.find((password) => password.site === undefined);
  if (server && ["mysql", ...server.username.split(", ")].includes(site)) {
    throw new UserError(
      `The passwords of the database server's own users (${server.username}) are rotated together: npm run ops -- secrets rotate --mysql --stack ${name}`,
    );
  }
  const others = appsOf(config).flatMap(({ otherUsers }) => otherUsers?.(config) ?? []);
  throw others.includes(site)
    ? UserError.fromMistakes(
        `The password of ${site} is not rotated while the stack serves; those that are: ${sites}. It changes together with all other passwords of the stack, when nothing of it runs. The data stay, and take the new ones:`,
        allPasswordsAnew(name),
      )
    : new UserError(`Stack ${name} has no password "${site}" that can be rotated. It has: ${sites}`);
}

/** Of which passwords somebody else takes care. */
export function theirsInWords(passwords: readonly SecretOfOthers[]): string {
  const each = passwords.map(({ at, key, name }) => `key ${key} of Secret ${name} (${at})`);
  return `${each.join(", ")} ${each.length === 1 ? "is a password that belongs" : "are passwords that belong"} to whoever fills that Secret, who changes ${each.length === 1 ? "it" : "them"}, too`;
}

/** What gives a stack other passwords throughout, step by step. The rendered form keeps them beyond the stack's end. */
function allPasswordsAnew(stack: string): string[] {
  return [
    `npm run destroy -- --stack ${stack}`,
    ...(deployedBy(stack) === "pulumi" ? [] : [`rm ${shown(path.join(renderedDirectory(stack), "passwords.json"))}`]),
    `npm start -- --stack ${stack}`,
  ];
}

/** The passwords of a stack that can be rotated, and which its containers have. */
export async function passwordsInUse(stack: Stack): Promise<PasswordInUse[]> {
  return stack.platform === "kubernetes"
    ? passwordsOnCluster(stack.cluster, stack.config)
    : passwordsOnSwarm(await servicesInUse(stack.engine, stack.swarmName), stack.swarmName, stack.config);
}
