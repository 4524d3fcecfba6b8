import * as path from "node:path";
import { siteGenerations } from "../config/generations";
import { deployedBy } from "../cli/deployments";
import { tryLock } from "../cli/lock.mjs";
import {
  passwordsOnCluster,
  passwordsOnSwarm,
  refuseFormerPasswords,
  type PasswordsInUse,
} from "../cli/passwords-in-use";
import { CommandError, run } from "../cli/process";
import { machineDirectory, projectDirectory, renderedDirectory, shown } from "../cli/project";
import { siteDatabase, wordpressDatabase } from "../components/mysql/users";
import { writeStackFile } from "../config/edit-stack-file";
import { UserError } from "../errors";
import { discardOnCluster } from "./kubernetes/former-password";
import { openStack, type Stack } from "./stack";
import { discardOnSwarm } from "./swarm/former-password";
import { table } from "./table";

/** A password that can be rotated. */
export interface RotatablePassword {
  /** The site whose database it is for. */
  site: string;
  /** User of the database server. */
  username: string;
  /** Which one it is: 1 for the first. */
  generation: number;
  /** Generations that are kept for rollback. */
  kept: number[];
}

/** The same, and where it stands. The shape of an entry of `secrets list --json`. */
export interface PasswordReport extends RotatablePassword {
  /** Generations that the site's containers have: two while a rotation goes on or after one that was stopped, none where the site is not deployed. */
  inUse: number[];
}

/** What a rotation did, and when. The shape of `secrets rotate --json`. */
export interface Rotation extends RotatablePassword {
  steps: { step: string; seconds: number }[];
}

/** The passwords of a stack's databases. */
export function rotatablePasswords({ config }: Pick<Stack, "config">): RotatablePassword[] {
  const of = (sites: object, usernameOf: (site: string) => string) =>
    Object.keys(sites).map((site) => {
      const [generation = 1, ...kept] = siteGenerations(config, site);
      return { site, username: usernameOf(site), generation, kept };
    });
  return [
    ...of(config.sites, (site) => siteDatabase(site).username),
    ...of(config.wordpress, (site) => wordpressDatabase(site).username),
  ];
}

/** The passwords of a stack's databases, and which of them run. */
export async function passwordReports(stack: Stack): Promise<PasswordReport[]> {
  const inUse = await passwordsInUse(stack);
  return rotatablePasswords(stack).map((password) => ({ ...password, inUse: inUse[password.site] ?? [] }));
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
        site,
        username,
        String(generation),
        inUse.join(" "),
        kept.join(" "),
      ]),
    ),
    ...passwords
      .filter((password) => !isThrough(password))
      .map(
        ({ site }) => `The rotation of ${site} is not through: npm run ops -- secrets rotate ${site} goes on with it.`,
      ),
  ];
}

/** The password of a site's database user. @throws UserError for what has none that can be rotated, with what can be done instead */
export function rotatablePassword(stack: Pick<Stack, "config" | "name">, site: string): RotatablePassword {
  const known = rotatablePasswords(stack);
  const found = known.find((password) => password.site === site);
  if (found) {
    return found;
  }
  const sites = known.map((password) => password.site).join(", ") || "none";
  const others = otherPasswords(stack);
  throw others.has(site)
    ? UserError.fromMistakes(
        `The password of ${site} is not rotated while the stack serves; only those of sites are, and the stack has these: ${sites}. It changes together with all other passwords of the stack, when nothing of it runs. The data stay, and take the new ones:`,
        allPasswordsAnew(stack.name),
      )
    : new UserError(`Stack ${stack.name} has no site "${site}" with a database. It has: ${sites}`);
}

/** What gives a stack other passwords throughout, step by step. The rendered form keeps them beyond the stack's end. */
function allPasswordsAnew(stack: string): string[] {
  return [
    `npm run destroy -- --stack ${stack}`,
    ...(deployedBy(stack) === "pulumi" ? [] : [`rm ${shown(path.join(renderedDirectory(stack), "passwords.json"))}`]),
    `npm start -- --stack ${stack}`,
  ];
}

/** Users whose passwords a stack has, beside those of sites: of the database server itself, and of the shop. */
function otherPasswords({ config }: Pick<Stack, "config">): Set<string> {
  return new Set([
    ...["mysql", "root", "monitor", "backup"],
    ...(config.mysql.topology === "replicated" ? ["replication", "clone"] : []),
    ...(config.shop ? ["shop", "postgres", "redis", "rabbitmq"] : []),
    ...(config.mailpit.enabled ? ["mailpit", "inbox"] : []),
  ]);
}

/**
 * The generation that a rotation leads to: another one, or the one in the stack file where an earlier rotation has not brought it to every task.
 * Before it has, another one would take from the server the password that these tasks still run with: it knows two at most.
 *
 * @param inUse generations that the site's containers have
 * @param resume never another one
 * @throws UserError for a site that is not deployed
 */
export function wantedGeneration(
  stack: string,
  { generation, site }: Pick<RotatablePassword, "generation" | "site">,
  inUse: readonly number[],
  resume: boolean,
): number {
  if (inUse.length === 0) {
    throw new UserError(
      `Site ${site} is not deployed, so it has no password yet. First: npm start -- --stack ${stack}`,
    );
  }
  return resume || inUse.some((other) => other !== generation) ? generation : generation + 1;
}

/**
 * Gives the database user of a site another password, while the site serves.
 *
 * 1. The stack file gets the next generation, and the stack is deployed. The first new task makes the new password known to the server,
 *    where the former stays valid beside it: tasks that still run with it go on.
 * 2. Once no task uses the former password, it is discarded.
 *
 * Stopped in between, nothing is broken: both passwords are valid. Run again, it goes on from there.
 *
 * @param resume do not make another password: deploy the present one, and discard the one before
 * @throws UserError for a site the stack does not have or that is not deployed, and when the deployment fails
 */
export async function rotatePassword(
  stack: Stack,
  site: string,
  { resume, say }: { resume: boolean; say: (line: string) => void },
): Promise<Rotation> {
  const before = rotatablePassword(stack, site);
  lockRotation(stack.name);
  const inUse = await passwordsInUse(stack);
  refuseFormerPasswords(stack.name, stack.config, inUse);
  const generation = wantedGeneration(stack.name, before, inUse[site] ?? [], resume);
  const steps: Rotation["steps"] = [];
  const step = async (text: string, work: () => Promise<void>) => {
    const began = performance.now();
    say(`${text} …`);
    await work();
    steps.push({ step: text, seconds: Math.round((performance.now() - began) / 100) / 10 });
  };
  if (generation > before.generation) {
    writeStackFile(projectDirectory, stack.name, [{ keys: ["secrets", "generations", site], value: generation }]);
    say(`Pulumi.${stack.name}.yaml: secrets.generations.${site} is ${generation} now. Commit it.`);
  } else if (!resume) {
    say(`An earlier rotation has not brought password ${generation} to every task of ${site}: this goes on with it.`);
  }
  await step(`Deploy stack ${stack.name} with the new password`, () => deploy(stack.name, site, say));
  const current = await openStack(stack.name);
  const former = ((await passwordsInUse(current))[site] ?? []).filter((other) => other !== generation);
  if (former.length > 0) {
    throw new UserError(
      `Site ${site} still runs with password ${former.join(" and ")}, so nothing is discarded and both stay valid. See why: npm run ops -- diagnose --stack ${stack.name}. Then run this again: it goes on with password ${generation}`,
    );
  }
  await step(`Discard the former password of ${before.username}`, () =>
    current.platform === "kubernetes"
      ? discardOnCluster(current, before.username)
      : discardOnSwarm(current, site, before.username),
  );
  return { ...rotatablePassword(current, site), steps };
}

function passwordsInUse(stack: Stack): Promise<PasswordsInUse> {
  return stack.platform === "kubernetes"
    ? passwordsOnCluster(stack.cluster)
    : passwordsOnSwarm(stack.engine, stack.swarmName, stack.config);
}

/** Two rotations at once would each make a password; the deployment has a lock of its own. */
function lockRotation(stack: string): void {
  const lock = tryLock(path.join(machineDirectory, `${stack}.rotation.lock`));
  if (!lock.held) {
    throw new UserError(
      `A password of stack ${stack} is being rotated by another run (process ${lock.by}). Wait until it is through`,
    );
  }
}

/** A rotation for a person. */
export function rotationLines({ generation, site, steps, username }: Rotation): string[] {
  return [
    `${username} has password ${generation} now, and no other.`,
    ...steps.map(({ seconds, step }) => `  ${step}: ${seconds} s`),
    `What ran of ${site} with the former password went on until it was replaced.`,
  ];
}

async function deploy(stack: string, site: string, say: (line: string) => void): Promise<void> {
  const start = [path.join(projectDirectory, "cli", "bootstrap.mjs"), "cli/start.ts", "--stack", stack, "--yes"];
  try {
    await run(process.execPath, start, { cwd: projectDirectory, timeout: 3600, onLine: (line) => say(`  ${line}`) });
  } catch (error) {
    throw error instanceof CommandError
      ? new UserError(
          `${error.message}\nThe former password of ${site} stays valid. Once this is mended, run npm run ops -- secrets rotate ${site} --stack ${stack} again: it goes on with the same new password.`,
        )
      : error;
  }
}
