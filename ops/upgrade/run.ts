import { keyFile, makeKey, readKey } from "../../backup/format/key";
import { platformOf } from "../../backup/open";
import { mustHaveOwnDatabases } from "../../config/mysql/own-databases";
import { readMachineSettings } from "../../config/files/machine";
import { readRawStackFile } from "../../config/files/stack-file";
import type { StackConfig } from "../../config/schema";
import type { UpgradedSite } from "../../components/upgrade";
import { UserError } from "../../errors";
import { lockStack } from "../../home/deployment-lock";
import { projectDirectory } from "../../home/project";
import { openStack } from "../../home/stack";
import { stackConfiguration } from "../../home/stack-configuration";
import { confirmed, isInteractive } from "../../terminal/confirm";
import { say, step } from "../../terminal/progress";
import { newerImages } from "../images/newer";
import { parseReference } from "../images/reference";
import { currentDigest } from "../images/registry";
import { stackStatus } from "../status";
import { backLines, carryOut, goBack, prepared } from "./carry-out";
import { databaseMistakes, freeHere, imageMistakes } from "./checks";
import { cutOff, imagesInWords, readJournal, type Journal } from "../../home/upgrade-journal";
import { planned, runningReference, upgradesOf, type UpgradePlan } from "./plan";
import { SiteDatabase, type DatabaseFacts } from "./site-database";
import { StackWork } from "./stack-work";

/** Of both commands. */
export interface Flags {
  stack: string;
  yes?: boolean;
  timeout: number;
}

export interface UpgradeFlags extends Flags {
  to: string[];
  acceptUnknown?: boolean;
}

export interface RollbackFlags extends Flags {
  /** False: without one. */
  backup: boolean;
}

/** Upgrades a stack, or goes on with an upgrade that was cut off; asks first. */
export async function upgrade(flags: UpgradeFlags): Promise<void> {
  const { acceptUnknown = false, stack, to } = flags;
  mustHaveOwnDatabases(stack, stackConfiguration(stack), "An upgrade");
  lockStack(stack);
  const former = readJournal(stack);
  if (former && former.state !== "done") {
    await goOn(flags, former);
    return;
  }
  const status = await step("Look at the stack", async () => stackStatus(await openStack(stack)));
  if (!status.well) {
    throw UserError.fromMistakes(
      `Stack ${stack} is not well, and an upgrade begins with one that is. Why: npm run ops -- diagnose --stack ${stack}. What is not:`,
      status.problems,
    );
  }
  const plan = await planned({
    stack,
    file: readRawStackFile(projectDirectory, stack, {}),
    machine: readMachineSettings(projectDirectory, stack),
    running: status.containers.map(({ image }) => image),
    to,
    newer: () => newerImages(projectDirectory, stack),
    digest: (reference) => currentDigest(parseReference(reference)),
    acceptUnknown,
  });
  if ("nothing" in plan) {
    say(...plan.nothing);
    return;
  }
  await mustBePossible(flags, plan);
  say(...planLines(plan));
  await mustBeWanted(flags, "Upgrade it?");
  if (await makeKey(keyFile(stack))) {
    say(`Made the key that opens and proves the backups: ${keyFile(stack)}`, "Copy it to a place of its own.");
  }
  const work = await workOf(flags, plan.sites);
  const journal = await prepared(plan, new Date(), work);
  await carryOut(journal, work);
  say(...doneLines(stack, journal));
}

/** Goes on with an upgrade that was cut off. */
async function goOn(flags: UpgradeFlags, journal: Journal): Promise<void> {
  const { stack, to } = flags;
  const words = imagesInWords(journal);
  if (to.length > 0 && !to.every((one) => journal.images.some(({ after, name }) => isMeant(one, name, after)))) {
    throw new UserError(`${cutOff(stack, journal)} Then this`);
  }
  const work = await workOf(flags, sitesOf(stackConfiguration(stack), journal));
  if (journal.state === "restoring" || journal.state === "returning") {
    say(`The upgrade ${words} was on its way back, and was cut off. This goes on with the way back.`);
    say(...backLines(await goBack(journal, work)));
    return;
  }
  say(`The upgrade ${words} of ${journal.since} was cut off. This goes on with it.`);
  await carryOut(journal, work);
  say(...doneLines(stack, journal));
}

function isMeant(text: string, name: string, after: string): boolean {
  const [image, version = ""] = text.split("=");
  return image === name && (after === version || after.endsWith(`:${version}`));
}

/** Undoes the last upgrade of a stack; says what is lost, and asks first. */
export async function rollback(flags: RollbackFlags): Promise<void> {
  const { backup, stack } = flags;
  lockStack(stack);
  const journal = readJournal(stack);
  if (!journal) {
    throw new UserError(
      `This machine knows of no upgrade of stack ${stack} that could be undone. Backups: npm run backup -- list --stack ${stack}`,
    );
  }
  if (journal.state === "done") {
    await mustRunStill(stack, journal);
  }
  const work = await workOf(flags, sitesOf(stackConfiguration(stack), journal));
  say(`Undo the upgrade of ${journal.since}: ${imagesInWords(journal)}`);
  if (journal.state === "done" || journal.state === "deploying") {
    const changed = await work.changed(journal.copies ?? []);
    say(
      ...lossLines(
        changed.map(({ site }) => site),
        journal,
      ),
    );
    await mustBeWanted(flags, "Go back?");
    if (backup && journal.state === "done" && changed.length > 0) {
      await backedUp(work, stack);
    }
  }
  say(...backLines(await goBack(journal, work)));
}

/** @throws UserError where another image has been deployed since: that is not what this undoes */
async function mustRunStill(stack: string, { images, since }: Journal): Promise<void> {
  const { containers } = await stackStatus(await openStack(stack));
  const running = containers.map(({ image }) => image);
  const others = images.flatMap(({ after, name }) => {
    const runs = runningReference(after, running);
    return runs === undefined || runs === after ? [] : [`${name}: ${runs} runs, and that upgrade was to ${after}`];
  });
  if (others.length > 0) {
    throw UserError.fromMistakes(
      `Something else has been deployed since the upgrade of ${since}, which is not undone by undoing that one. Nothing was changed. Backups: npm run backup -- list --stack ${stack}`,
      others,
    );
  }
}

async function backedUp(work: StackWork, stack: string): Promise<void> {
  try {
    await work.backup();
  } catch (error) {
    if (error instanceof UserError) {
      error.message += `\nNothing was changed. What is lost by going back would be nowhere. To go back nevertheless: npm run ops -- rollback --no-backup --stack ${stack}`;
    }
    throw error;
  }
}

/** @throws UserError with all that forbids the plan here, before anything is touched */
async function mustBePossible({ acceptUnknown, stack }: UpgradeFlags, plan: UpgradePlan): Promise<void> {
  const platform = platformOf(stack);
  const databases: Record<string, DatabaseFacts> = {};
  for (const { database, site } of plan.sites) {
    databases[site] = await new SiteDatabase(await platform.site(site), database).look();
  }
  const { mistakes, unknown } = databaseMistakes({ databases, here: freeHere(stack) });
  const all = [
    ...(await imageMistakes(plan.config, plan.images)),
    ...mistakes,
    ...(acceptUnknown ? [] : unknown.map((text) => `it is not known ${text}. To go on with that: --accept-unknown`)),
  ];
  if (all.length > 0) {
    throw UserError.fromMistakes("This upgrade is not begun, and nothing was changed:", all);
  }
}

async function workOf({ stack, timeout }: Flags, sites: readonly UpgradedSite[]) {
  const config = stackConfiguration(stack);
  const asked = Object.values(upgradesOf(config)).flatMap((upgrade) => upgrade?.sites?.(config) ?? []);
  return new StackWork({
    stack,
    platform: platformOf(stack),
    key: await readKey(keyFile(stack)),
    sites,
    asked,
    timeout,
  });
}

/** The sites that migrate, of an upgrade that has begun. */
function sitesOf(config: StackConfig, { images, migrates }: Journal): UpgradedSite[] {
  const upgrades = upgradesOf(config);
  return migrates ? images.flatMap(({ name }) => upgrades[name]?.sites?.(config) ?? []) : [];
}

async function mustBeWanted({ yes }: Flags, question: string): Promise<void> {
  if (yes) {
    return;
  }
  if (!isInteractive()) {
    throw new UserError("Nothing was changed. With --yes, it is done without asking.");
  }
  if (!(await confirmed(question, "no"))) {
    throw new UserError("Nothing was changed.");
  }
}

function planLines({ images, migrates, remarks, sites }: UpgradePlan): string[] {
  return [
    "What changes:",
    ...images.map(({ after, before, key }) => `  ${key.join(".")}: ${before} → ${after}`),
    "What is done:",
    "  a backup, while everything runs",
    ...(migrates
      ? [
          `  the sites stop (${sites.map(({ site }) => site).join(", ")}), and their databases are copied: so nothing that was written is lost on a way back`,
        ]
      : []),
    "  the deployment, and a look whether everything answers as before: pages, sign-in, mail",
    `  where that fails, the way back to what runs now${migrates ? ", with these databases" : ""}`,
    ...remarks.map((line) => `Not known here, or left out: ${line}`),
  ];
}

function doneLines(stack: string, journal: Journal): string[] {
  return [`The upgrade is through: ${imagesInWords(journal)}.`, `To undo it: npm run ops -- rollback --stack ${stack}`];
}

function lossLines(changed: readonly string[], { since }: Journal): string[] {
  return changed.length === 0
    ? ["No database was migrated, so none is touched, and nothing that was written is lost."]
    : [
        `Databases that were migrated come back as they were before the upgrade of ${since}: ${changed.join(", ")}.`,
        "What was written there since is lost: posts, members, settings. Images and other files stay.",
      ];
}
