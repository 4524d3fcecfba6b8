import { CommandError, UserError } from "../../errors";
import { Interrupted } from "../../terminal/interruption";
import type { Answers, ChangedImage, DatabaseCopy, Journal } from "../../home/upgrade-journal";

/** What an upgrade does to a stack. Each may fail at any point, and may be done again after it was cut off. */
export interface UpgradeWork {
  /** Keeps how far it is; undefined forgets it, with the copies of the databases. */
  note(journal: Journal | undefined): void;
  /** Makes a backup of what runs. @returns its name */
  backup(): Promise<string>;
  /** What the sites answer, those that do not migrate, too. */
  ask(): Promise<Answers>;
  /** Stops the sites that migrate their databases, and waits until they are gone. */
  stop(): Promise<void>;
  /** Starts them again as they were. */
  start(): Promise<void>;
  /** Copies the databases of the sites, which stand still. */
  copy(): Promise<DatabaseCopy[]>;
  /** Has the images of before or after in the stack file, and deploys it; waits until everything answers. */
  deploy(images: readonly ChangedImage[], which: "before" | "after"): Promise<void>;
  /** @throws UserError where the sites answer otherwise than before */
  compare(before: Answers): Promise<void>;
  /** Restores those databases that are not as they were copied. @returns their sites, with those of a run that was cut off */
  restore(copies: readonly DatabaseCopy[]): Promise<string[]>;
  /** Drops what the restore has put aside. */
  dropAside(): Promise<void>;
}

/** An upgrade that failed, and what was done about it. */
export class WentBack extends UserError {}

/** A way back that is through. */
export interface WayBack {
  /** The sites whose databases were restored. */
  restored: string[];
  /** What is not as it was before the upgrade nevertheless, in lines. */
  remarks: string[];
}

/** Makes the backup and asks the sites. Nothing is changed, so nothing is noted yet. */
export async function prepared(
  { images, migrates }: Pick<Journal, "images" | "migrates">,
  since: Date,
  work: UpgradeWork,
): Promise<Journal> {
  const backup = await work.backup();
  return { state: "copying", since: since.toISOString(), images, migrates, backup, answers: await work.ask() };
}

/**
 * Does an upgrade from where it is on. What fails before the deployment leaves the stack as it was; what fails from then on goes back, with the data
 * where they were migrated.
 *
 * @throws WentBack where everything is as before; UserError where it is not, and how to go on
 */
export async function carryOut(journal: Journal, work: UpgradeWork): Promise<void> {
  let at = journal;
  const note = (next: Partial<Journal>) => work.note((at = { ...at, ...next }));
  if (at.state === "copying") {
    note({});
    const copies = await copied(at, work);
    note({ copies, state: "deploying" });
  }
  try {
    await work.deploy(at.images, "after");
    await work.compare(at.answers);
  } catch (error) {
    if (error instanceof Interrupted) {
      throw error;
    }
    const reason = inWords(error);
    const back = await goBack(at, work).catch((failure: unknown) => {
      throw failure instanceof Interrupted ? failure : new UserError(`${reason}\n\n${inWords(failure)}`);
    });
    throw new WentBack([reason, "", ...backLines(back)].join("\n"));
  }
  note({ state: "done" });
}

/** Stops the sites and copies their databases; where that fails, they serve again. */
async function copied({ migrates }: Journal, work: UpgradeWork): Promise<DatabaseCopy[]> {
  if (!migrates) {
    return [];
  }
  try {
    await work.stop();
    return await work.copy();
  } catch (error) {
    const isInterrupted = error instanceof Interrupted;
    try {
      await work.start();
    } catch (failure) {
      // Whether they serve again is not known: the note of it stays.
      throw isInterrupted ? error : failure;
    }
    work.note(undefined);
    throw isInterrupted
      ? error
      : new UserError(`${inWords(error)}\nNothing was changed, and the sites serve as before.`);
  }
}

/**
 * Brings a stack back to what it was before an upgrade, from where it is on.
 *
 * @throws UserError where it fails, from which another run goes on
 */
export async function goBack(journal: Journal, work: UpgradeWork): Promise<WayBack> {
  try {
    return await back(journal, work);
  } catch (error) {
    if (error instanceof Interrupted) {
      throw error;
    }
    throw new UserError(
      `${inWords(error)}\nThe way back is not through. Mend what it says, then go on with it: npm run ops -- rollback`,
    );
  }
}

async function back(journal: Journal, work: UpgradeWork): Promise<WayBack> {
  let at = journal;
  const note = (next: Partial<Journal>) => work.note((at = { ...at, ...next }));
  if (at.state === "copying") {
    if (at.migrates) {
      await work.start();
    }
    work.note(undefined);
    return { restored: [], remarks: [] };
  }
  if (at.state !== "returning") {
    note({ state: "restoring" });
    if (at.migrates) {
      await work.stop();
    }
    note({ restored: at.migrates ? await work.restore(at.copies ?? []) : [], state: "returning" });
  }
  await work.deploy(at.images, "before");
  const remarks = await work.compare(at.answers).then(
    () => [],
    (error: unknown) => {
      if (error instanceof UserError || error instanceof CommandError) {
        return [error.message];
      }
      throw error;
    },
  );
  if (at.migrates) {
    await work.dropAside();
  }
  work.note(undefined);
  return { restored: at.restored ?? [], remarks };
}

/** What a way back came to. */
export function backLines({ remarks, restored }: WayBack): string[] {
  return [
    restored.length === 0
      ? "The images of before run again. No database was restored: none was migrated."
      : `The images of before run again, with the databases as they were before the upgrade of: ${restored.join(", ")}.`,
    ...remarks,
  ];
}

function inWords(error: unknown): string {
  if (error instanceof UserError || error instanceof CommandError) {
    return error.message;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
