import * as path from "node:path";
import { PassThrough } from "node:stream";
import type { SitePlace } from "../../backup/contents/site";
import type { UpgradedSite } from "../../components/upgrade";
import { writeStackFile } from "../../config/files/edit-stack-file";
import { create } from "../../backup/create";
import { dumpEnd, isWholeDump } from "../../backup/format/form";
import type { BackupKey } from "../../backup/format/key";
import { placeOf, withStore } from "../../backup/store/place";
import type { BackupPlatform } from "../../backup/platform";
import { seal, unseal } from "../../backup/format/seal";
import { deployLocked } from "../../deploy/deploy-stack";
import { UserError } from "../../errors";
import { makeFolder, removePath } from "../../files/files";
import { projectDirectory } from "../../home/project";
import { upgradeFolder } from "../../home/upgrade-folder";
import { openStack } from "../../home/stack";
import { interruption } from "../../terminal/interruption";
import { say, step } from "../../terminal/progress";
import { stackStatus } from "../status";
import type { UpgradeWork } from "./carry-out";
import {
  forgetUpgrade,
  writeJournal,
  type Answers,
  type ChangedImage,
  type DatabaseCopy,
  type Journal,
} from "../../home/upgrade-journal";
import { runningReference } from "./plan";
import { SiteDatabase } from "./site-database";

/** A new Ghost answers as it should a moment after it serves. */
const comparePatience = 60;

/** A stack whose images change, as its platform has it. */
export interface UpgradeJob {
  stack: string;
  platform: BackupPlatform;
  key: BackupKey;
  /** The sites that migrate their databases. */
  sites: readonly UpgradedSite[];
  /** The sites that are asked whether they answer as before. */
  asked: readonly UpgradedSite[];
  /** Seconds that a deployment may take. */
  timeout: number;
}

/** Does the steps of an upgrade on a stack that is deployed, whose lock is held. */
export class StackWork implements UpgradeWork {
  constructor(private readonly job: UpgradeJob) {}

  note(journal: Journal | undefined): void {
    const { stack } = this.job;
    if (journal) {
      writeJournal(stack, journal);
    } else {
      forgetUpgrade(stack);
    }
  }

  async backup(): Promise<string> {
    const { key, platform, stack } = this.job;
    let id = "";
    await withStore(placeOf(stack, {}), stack, { command: "upgrade", use: "make" }, async (store) => {
      ({ id } = await create({ stack, platform, store, key }, { dataOnly: true, outage: false }));
      say(`Backup ${id} is in ${store.place}`);
    });
    return id;
  }

  async ask(): Promise<Answers> {
    const answers: Answers = {};
    for (const { asks, place, site } of await this.places(this.job.asked)) {
      answers[site] = await answersOf(place, asks);
    }
    return answers;
  }

  async stop(): Promise<void> {
    for (const { place, site } of await this.places()) {
      await step(`Stop site ${site}`, () => place.stop());
    }
  }

  async start(): Promise<void> {
    for (const { place, site } of await this.places()) {
      await step(`Start site ${site}`, (report) => place.start(report));
    }
  }

  async copy(): Promise<DatabaseCopy[]> {
    const { key, stack } = this.job;
    const folder = upgradeFolder(stack);
    makeFolder(folder);
    const copies: DatabaseCopy[] = [];
    for (const { database, site } of await this.places()) {
      interruption.throwIfInterrupted();
      const file = `${site}.sql.gz.age`;
      removePath(path.join(folder, file));
      const { schema } = await database.look();
      await step(`Copy the database of site ${site}`, async () => {
        const dump = new PassThrough();
        const sealing = seal(dump, path.join(folder, file), key);
        // Whoever fails first ends the other: nobody would read what is dumped, or write what is sealed.
        const [sealed] = await Promise.all([
          sealing.catch((error: unknown) => {
            dump.destroy();
            throw error;
          }),
          dumped(database, dump),
        ]);
        copies.push({ site, schema, sealed: { ...sealed, file } });
      });
    }
    return copies;
  }

  async deploy(images: readonly ChangedImage[], which: "before" | "after"): Promise<void> {
    const { stack, timeout } = this.job;
    interruption.throwIfInterrupted();
    const values = images.map(({ after, key, written }) => ({
      keys: key,
      value: which === "after" ? after : (written ?? undefined),
    }));
    writeStackFile(projectDirectory, stack, values);
    // An engine that has deployed this already sees nothing to change, and leaves a site that was stopped as it is.
    for (const { place, site } of await this.places()) {
      const runs = await place.image();
      if (images.some((image) => runningReference(image[which], [runs]) === image[which])) {
        await step(`Start site ${site}`, (report) => place.start(report));
      }
    }
    // An image built here in place of one that cannot be had would be another version.
    await deployLocked({ stack, timeout, yes: true, buildImages: false });
  }

  async compare(before: Answers): Promise<void> {
    const { stack } = this.job;
    await step("Ask the sites and the stack", async (report) => {
      const deadline = Date.now() + comparePatience * 1000;
      for (;;) {
        interruption.throwIfInterrupted();
        const { problems } = await stackStatus(await openStack(stack));
        const wrong = [...problems, ...differences(before, await this.ask())];
        if (wrong.length === 0) {
          return;
        }
        report(wrong[0] ?? "");
        if (Date.now() > deadline) {
          throw UserError.fromMistakes("What runs does not do all that it did before:", wrong);
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    });
  }

  async restore(copies: readonly DatabaseCopy[]): Promise<string[]> {
    const { key, stack } = this.job;
    for (const copy of await this.changed(copies)) {
      const { place } = copy;
      await step(`Restore the database of site ${copy.site}`, async () => {
        const file = path.join(upgradeFolder(stack), copy.sealed.file);
        const { schema } = await place.database.restore(await unseal(file, copy.sealed, key));
        if (schema !== copy.schema) {
          throw new UserError(`The database of site ${copy.site} is not as it was copied`);
        }
      });
    }
    const restored: string[] = [];
    for (const { database, site } of await this.places()) {
      if ((await database.look()).restored) {
        restored.push(site);
      }
    }
    return restored;
  }

  async dropAside(): Promise<void> {
    for (const { database } of await this.places()) {
      await database.forget();
    }
  }

  /** The copies whose databases are otherwise now, or were being restored. */
  async changed(copies: readonly DatabaseCopy[]): Promise<(DatabaseCopy & { place: Opened })[]> {
    const changed = [];
    for (const place of await this.places()) {
      const copy = copies.find(({ site }) => site === place.site);
      const now = await place.database.look();
      if (copy && (now.schema !== copy.schema || (now.aside > 0 && !now.restored))) {
        changed.push({ ...copy, place });
      }
    }
    return changed;
  }

  /** What a platform knows of the sites, read anew: each deployment changes it. */
  private async places(sites = this.job.sites): Promise<Opened[]> {
    const opened = [];
    for (const site of sites) {
      const place = await this.job.platform.site(site.site);
      opened.push({ ...site, place, database: new SiteDatabase(place, site.database) });
    }
    return opened;
  }
}

/** A site, where it runs. */
type Opened = Omit<UpgradedSite, "database"> & { place: SitePlace; database: SiteDatabase };

/** @throws UserError for a dump that is not whole */
async function dumped(database: SiteDatabase, dump: PassThrough): Promise<void> {
  let end = "";
  dump.on("data", (chunk: Buffer) => (end = (end + chunk.toString("latin1")).slice(-dumpEnd)));
  try {
    await database.dump(dump);
  } catch (error) {
    dump.destroy(error as Error);
    throw error;
  }
  if (!isWholeDump(end)) {
    throw new UserError("The copy of the database broke off");
  }
}

async function answersOf({ inGhost }: SitePlace, asks: UpgradedSite["asks"]): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  const onLine = (line: string) => {
    const [what, answer] = line.split("\t");
    if (what !== undefined && answer !== undefined) {
      answers[what] = answer;
    }
  };
  await inGhost({ program: asks, onLine, as: "server" });
  return answers;
}

/** What is answered otherwise than before, in lines. What failed before may fail. */
export function differences(before: Answers, now: Answers): string[] {
  return Object.entries(before).flatMap(([site, answers]) =>
    Object.entries(answers).flatMap(([what, was]) => {
      const is = now[site]?.[what] ?? "no answer";
      const fine = is === was || !isWell(was) || (isRedirectOrPage(was) && isRedirectOrPage(is));
      return fine ? [] : [`site ${site}, ${what}: ${is}; before: ${was}`];
    }),
  );
}

function isWell(answer: string): boolean {
  return /^[234]\d\d$/.test(answer);
}

function isRedirectOrPage(answer: string): boolean {
  return /^[23]\d\d$/.test(answer);
}
