import * as path from "node:path";
import { shopPasswords, siteGenerations } from "../config/generations";
import { deployedBy } from "../home/deployments";
import { passwordsOnCluster, passwordsOnSwarm, type PasswordsInUse } from "../deploy/before/passwords-in-use";
import { renderedDirectory, shown } from "../home/project";
import { memberUsers } from "../components/mysql/replication/users";
import { ofEachServer, serverLogin, shopOperator, shopUser } from "../components/shop/settings";
import { metricsUser, siteDatabase, wordpressDatabase } from "../components/mysql/users";
import { hasDatabaseServer } from "../config/apps";
import { UserError } from "../errors";
import type { Stack } from "../home/stack";
import { table } from "../terminal/table";

/** A password that can be rotated, or those of the database server's own users, which are rotated together. */
export interface RotatablePassword {
  /** The site whose database it is for, or a server of the shop as in `shopPasswords`. Absent: the database server's own. */
  site?: string;
  /** Who logs in with it, or several, separated by commas. */
  username: string;
  /** Which one it is: 1 for the first. */
  generation: number;
  /** Generations that are kept for rollback. */
  kept: number[];
}

/** The same, and where it stands. The shape of an entry of `secrets list --json`. */
export interface PasswordReport extends RotatablePassword {
  /** Generations that the site's or the server's containers have: two while a rotation goes on or after one that was stopped, none where the site is not deployed. */
  inUse: number[];
}

/** The passwords of a stack's databases, and of the server's own users. */
export function rotatablePasswords({ config }: Pick<Stack, "config">): RotatablePassword[] {
  const of = (sites: object, usernameOf: (site: string) => string) =>
    Object.keys(sites).map((site) => {
      const [generation = 1, ...kept] = siteGenerations(config, site);
      return { site, username: usernameOf(site), generation, kept };
    });
  const shop = ofEachServer((server): RotatablePassword => {
    const site = shopPasswords[server];
    const [generation = 1, ...kept] = siteGenerations(config, site);
    return { site, username: serverLogin(generation), generation, kept };
  });
  return [
    ...of(config.sites, (site) => siteDatabase(site).username),
    ...of(config.wordpress, (site) => wordpressDatabase(site).username),
    ...(config.shop ? Object.values(shop) : []),
    ...(hasDatabaseServer(config)
      ? [{ username: serverUsers(config).join(", "), generation: config.mysql.passwordGeneration, kept: [] }]
      : []),
  ];
}

/** Users of the database server that belong to no site. */
function serverUsers({ monitoring, mysql }: Stack["config"]): string[] {
  return [
    ...(mysql.topology === "replicated" ? ["root", ...Object.keys(memberUsers)] : ["root", "monitor", "backup"]),
    ...(monitoring ? [metricsUser] : []),
  ];
}

/** What names a password to `secrets rotate`. */
export function argument({ site }: Pick<RotatablePassword, "site">): string {
  return site ?? "--mysql";
}

/** The passwords of a stack's databases, and which of them run. */
export async function passwordReports(stack: Stack): Promise<PasswordReport[]> {
  const inUse = await passwordsInUse(stack);
  return rotatablePasswords(stack).map((password) => ({ ...password, inUse: generationsInUse(inUse, password) }));
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
          `The rotation of ${subject(password)} is not through: npm run ops -- secrets rotate ${argument(password)} goes on with it.`,
      ),
  ];
}

/** What a password is for, in words. */
export function subject({ site }: Pick<RotatablePassword, "site">): string {
  return site ?? "the database server";
}

/**
 * The password of a site's database user, or those of the server's own.
 *
 * @param site undefined for the server's own
 * @throws UserError for what has none that can be rotated, with what can be done instead
 */
export function rotatablePassword(stack: Pick<Stack, "config" | "name">, site: string | undefined): RotatablePassword {
  const known = rotatablePasswords(stack);
  const found = known.find((password) => password.site === site);
  if (found) {
    return found;
  }
  const sites = known.flatMap((password) => password.site ?? []).join(", ") || "none";
  if (site === undefined) {
    throw new UserError(`Stack ${stack.name} has no database server of this program's`);
  }
  if (hasDatabaseServer(stack.config) && ["mysql", ...serverUsers(stack.config)].includes(site)) {
    throw new UserError(
      `The passwords of the database server's own users (${serverUsers(stack.config).join(", ")}) are rotated together: npm run ops -- secrets rotate --mysql --stack ${stack.name}`,
    );
  }
  throw otherPasswords(stack).has(site)
    ? UserError.fromMistakes(
        `The password of ${site} is not rotated while the stack serves; those that are: ${sites}. It changes together with all other passwords of the stack, when nothing of it runs. The data stay, and take the new ones:`,
        allPasswordsAnew(stack.name),
      )
    : new UserError(`Stack ${stack.name} has no password "${site}" that can be rotated. It has: ${sites}`);
}

/** What gives a stack other passwords throughout, step by step. The rendered form keeps them beyond the stack's end. */
function allPasswordsAnew(stack: string): string[] {
  return [
    `npm run destroy -- --stack ${stack}`,
    ...(deployedBy(stack) === "pulumi" ? [] : [`rm ${shown(path.join(renderedDirectory(stack), "passwords.json"))}`]),
    `npm start -- --stack ${stack}`,
  ];
}

/** Users whose passwords a stack has, beside those that are rotated: of the shop's operators, and of the inbox. */
function otherPasswords({ config }: Pick<Stack, "config">): Set<string> {
  return new Set([
    ...(config.shop ? [shopOperator, shopUser] : []),
    ...(config.mailpit.enabled ? ["mailpit", "inbox"] : []),
    ...(config.monitoring?.dashboards ? ["grafana"] : []),
  ]);
}

/** Which passwords the containers of a stack have. */
export function passwordsInUse(stack: Stack): Promise<PasswordsInUse> {
  return stack.platform === "kubernetes"
    ? passwordsOnCluster(stack.cluster)
    : passwordsOnSwarm(stack.engine, stack.swarmName, stack.config);
}

/** Those of one password. */
export function generationsInUse(
  { server, sites }: PasswordsInUse,
  { site }: Pick<RotatablePassword, "site">,
): number[] {
  return site === undefined ? server : (sites[site] ?? []);
}
