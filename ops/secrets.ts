import * as path from "node:path";
import { passwordGenerations } from "../config/generations";
import { projectDirectory } from "../cli/project";
import { run } from "../cli/process";
import { siteDatabase, wordpressDatabase } from "../components/mysql/users";
import { writeStackFile } from "../config/edit-stack-file";
import { UserError } from "../errors";
import { discardOnCluster } from "./kubernetes/former-password";
import { openStack, type Stack } from "./stack";
import { discardOnSwarm } from "./swarm/former-password";
import { table } from "./table";

/** A password that can be rotated. The shape of an entry of `secrets list --json`. */
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

/** What a rotation did, and when. The shape of `secrets rotate --json`. */
export interface Rotation extends RotatablePassword {
  steps: { step: string; seconds: number }[];
}

/** The passwords of a stack's databases. */
export function rotatablePasswords({ config }: Pick<Stack, "config">): RotatablePassword[] {
  const of = (sites: object, usernameOf: (site: string) => string) =>
    Object.keys(sites).map((site) => {
      const [generation = 1, ...kept] = passwordGenerations(
        config.secrets.generations[site] ?? 1,
        config.secrets.keepVersions,
      );
      return { site, username: usernameOf(site), generation, kept };
    });
  return [
    ...of(config.sites, (site) => siteDatabase(site).username),
    ...of(config.wordpress, (site) => wordpressDatabase(site).username),
  ];
}

/** Passwords for a person. */
export function passwordLines(passwords: readonly RotatablePassword[]): string[] {
  return table(
    [{ title: "SITE" }, { title: "USER" }, { title: "GENERATION", align: "right" }, { title: "KEPT" }],
    passwords.map(({ generation, kept, site, username }) => [site, username, String(generation), kept.join(" ")]),
  );
}

/**
 * Gives the database user of a site another password, while the site serves.
 *
 * 1. The stack file gets the next generation, and the stack is deployed. The first new task makes the new password known to the server,
 *    where the former stays valid beside it: tasks that still run with it go on.
 * 2. Once no task uses the former password, it is discarded.
 *
 * Stopped in between, nothing is broken: both passwords are valid. `resume` goes on from there.
 *
 * @param resume do not make another password: deploy the present one, and discard the one before
 * @throws UserError for a site the stack does not have, and when the deployment fails
 */
export async function rotatePassword(
  stack: Stack,
  site: string,
  { resume, say }: { resume: boolean; say: (line: string) => void },
): Promise<Rotation> {
  const known = rotatablePasswords(stack);
  const before = known.find((password) => password.site === site);
  if (!before) {
    throw new UserError(
      `Stack ${stack.name} has no site "${site}" with a database. It has: ${known.map((password) => password.site).join(", ") || "none"}`,
    );
  }
  const steps: Rotation["steps"] = [];
  const step = async (text: string, work: () => Promise<void>) => {
    const began = performance.now();
    say(`${text} …`);
    await work();
    steps.push({ step: text, seconds: Math.round((performance.now() - began) / 100) / 10 });
  };
  if (!resume) {
    const generation = before.generation + 1;
    writeStackFile(projectDirectory, stack.name, [{ keys: ["secrets", "generations", site], value: generation }]);
    say(`Pulumi.${stack.name}.yaml: secrets.generations.${site} is ${generation} now. Commit it.`);
  }
  await step(`Deploy stack ${stack.name} with the new password`, () => deploy(stack.name, say));
  const current = await openStack(stack.name);
  await step(`Discard the former password of ${before.username}`, () =>
    current.platform === "kubernetes"
      ? discardOnCluster(current, before.username)
      : discardOnSwarm(current, site, before.username),
  );
  const after = rotatablePasswords(current).find((password) => password.site === site) ?? before;
  return { ...after, steps };
}

/** A rotation for a person. */
export function rotationLines({ generation, site, steps, username }: Rotation): string[] {
  return [
    `${username} has password ${generation} now, and no other.`,
    ...steps.map(({ seconds, step }) => `  ${step}: ${seconds} s`),
    `Site ${site} went on with the former password until its new tasks had taken over.`,
  ];
}

async function deploy(stack: string, say: (line: string) => void): Promise<void> {
  await run(
    process.execPath,
    [path.join(projectDirectory, "cli", "bootstrap.mjs"), "cli/start.ts", "--stack", stack, "--yes"],
    {
      cwd: projectDirectory,
      timeout: 3600,
      onLine: (line) => say(`  ${line}`),
    },
  );
}
