import * as path from "node:path";
import { CommandError, UserError } from "../errors";
import { makeFolder, removePath } from "../files/files";
import { machineDirectory } from "../home/project";
import { confirmed, isInteractive } from "../terminal/confirm";
import { Interrupted } from "../terminal/interruption";
import { say, step } from "../terminal/progress";
import { listContent, sampleImage, type ContentFiles } from "./content-folder";
import { checkDump } from "./dump-file";
import { comparedVersions, countsOf, differences, numberOf, type Facts } from "./facts";
import type { SiteJob } from "./open";
import { convertDump, type ConvertedDump } from "./rehearsal";
import { dumpRunning } from "./running-database";
import { SiteData } from "./site-data";
import type { Source } from "./source";

/**
 * Brings an existing Ghost into a site that nobody has written in. The source is only read; until the site's own data are replaced nothing of it
 * changes, and where that fails it is as a new one.
 *
 * @throws UserError for what forbids it, before anything is touched; and where it fails, with what became of the site
 */
export async function importSite(job: SiteJob, source: Source, yes: boolean): Promise<void> {
  const { platform, site, url } = job;
  const content = listContent(source.content);
  const notes = [...source.notes, ...content.notes, ...addressNotes(job, source)];
  say(
    `${source.what}${source.url === undefined ? "" : `, ${source.url}`}: ${content.files.length} files, ${content.images} of them images`,
    ...notes.map((note) => `  not taken: ${note}`),
  );
  // What one left that was killed goes with it.
  const folder = path.join(machineDirectory, "imports", job.stack);
  removePath(folder);
  makeFolder(folder);
  const leave = () => removePath(folder);
  process.once("exit", leave);
  try {
    const dump = await wholeDump(source, folder);
    const data = new SiteData(await platform.site(site), job.database);
    // One that was ended half-way has left it stopped.
    await step(`Look at site ${site}`, (report) => data.place.start(report));
    const before = await data.look();
    await mustBeFree(job, data, before);
    const converted = await rehearse(job, source, dump, data, folder);
    const { facts } = converted;
    mustBeOfOurTime(facts, before);
    say(
      `  ${countsOf(facts)}; Ghost ${facts["version"] ?? "?"} comes to ${before["version"] ?? "?"}`,
      ...factNotes(job, source, facts),
    );
    if (!yes && isInteractive() && !(await confirmed(`Have this as site ${site}?`, "no"))) {
      throw new UserError("Nothing was changed.");
    }
    const files = await step(`Copy ${content.files.length} files`, () =>
      data.putFiles(content, path.join(folder, "files")),
    );
    if (files !== content.files.length) {
      throw new UserError(
        `${files} of ${content.files.length} files came. Nothing else of site ${site} was changed: run this again`,
      );
    }
    await replaceDatabase(job, data, converted);
    const after = await data.look();
    await finish(job, data, content, { before: facts, after, wanted: before["version"] ?? "" });
    say(`Site ${site} is at ${url} with what was in ${source.what}.`);
  } finally {
    process.off("exit", leave);
    leave();
  }
}

/** @throws UserError where somebody has written in the site */
async function mustBeFree({ site, stack }: SiteJob, data: SiteData, facts: Facts): Promise<void> {
  const isNew = facts["posts"] === undefined || (numberOf(facts, "active") === 0 && numberOf(facts, "members") === 0);
  const isCutOff = facts["unfinished"] !== "0" && (facts["loaded"] === undefined || isStill(facts["loaded"], facts));
  if (isCutOff || isNew) {
    return;
  }
  if ((await data.note()) === facts["fingerprint"]) {
    say(`Site ${site} holds what an import has brought, and nobody has written there since: it is replaced.`);
    return;
  }
  throw new UserError(
    `Site ${site} of stack ${stack} is somebody's: ${countsOf(facts)}. An import takes the place of a new site alone. Name another one under sites in the stack file, deploy it (npm start -- --stack ${stack}), and import into that. Nothing was changed.`,
  );
}

/** Whether posts, members and staff are those that were loaded. Tags are the fingerprint's last part, and a Ghost that migrates may add some. */
function isStill(loaded: string, { fingerprint = "" }: Facts): boolean {
  const [was, is] = [loaded, fingerprint].map((print) => print.split("-").slice(0, 3).join("-"));
  return was === is;
}

/** The dump that was named, else one of the running database; whole, and MySQL's. */
async function wholeDump({ database }: Source, folder: string): Promise<string> {
  const dump =
    "dump" in database
      ? path.resolve(database.dump)
      : await step("Dump the database of the source, which goes on running", () => dumpRunning(database.login, folder));
  const notes = await step(`Read ${path.basename(dump)}`, () => checkDump(dump));
  say(...notes.map((note) => `  ${note}`));
  return dump;
}

async function rehearse(
  { platform, username }: SiteJob,
  { url }: Source,
  dump: string,
  data: SiteData,
  folder: string,
): Promise<ConvertedDump> {
  const trial = await platform.trialPlace();
  const former = url?.replace(/\/+$/, "");
  return step("Load it into a server that is thrown away, and mend it there", () =>
    convertDump(dump, username, { folder, former }, trial, data.place.server),
  );
}

/** @throws UserError for a database that the site's Ghost cannot take further */
function mustBeOfOurTime(facts: Facts, before: Facts): void {
  const [theirs = "0.0", ours] = [facts["version"], before["version"]];
  if (ours === undefined) {
    throw new UserError(
      "What version the new site is of cannot be known: its own database has no Ghost in it. See npm run ops -- diagnose",
    );
  }
  if (comparedVersions(theirs, ours) > 0) {
    throw new UserError(
      `The database is of Ghost ${theirs}, and this stack's is of ${ours}, which is older: no Ghost goes back. Set images.ghost in the stack file to ${theirs} or newer, deploy it, and run this again. Nothing was changed.`,
    );
  }
  const [major, own] = [theirs, ours].map((version) => Number(version.split(".")[0])) as [number, number];
  if (major < own - 1) {
    throw new UserError(
      `The database is of Ghost ${theirs}, and Ghost ${own} takes over from Ghost ${own - 1} alone. Where the site is, go up one major at a time, to the newest of each, until ${own - 1} (Ghost-CLI: ghost update v${major}, then ghost update v${major + 1}, and so on), then dump it again. Nothing was changed.`,
    );
  }
}

function addressNotes({ site, url }: SiteJob, source: Source): string[] {
  const was = source.url?.replace(/\/+$/, "");
  return was === undefined || was === url.replace(/\/+$/, "")
    ? []
    : [
        `its address ${was}: site ${site} is ${url}. To have the former one, set sites.${site}.url in the stack file and deploy it`,
      ];
}

function factNotes({ url }: SiteJob, { url: was }: Source, facts: Facts): string[] {
  const differs = was !== undefined && was.replace(/\/+$/, "") !== url.replace(/\/+$/, "");
  return [
    ...(facts["converted"] === "0"
      ? []
      : [`  ${facts["converted"] ?? ""} tables had another order of letters, and have utf8mb4_0900_ai_ci now`]),
    ...(Number(facts["absolute"] ?? 0) > 0 && differs
      ? [`  ${facts["absolute"] ?? ""} posts name ${was} in their text, which stays as it is`]
      : []),
    ...(Number(facts["triggers"] ?? 0) > 0 ? ["  triggers of the source are not taken: Ghost makes none"] : []),
    ...(Number(facts["paying"] ?? 0) > 0
      ? [
          "  it has members at Stripe: end the old site before the new one serves, or both answer Stripe and mail everybody twice",
        ]
      : []),
  ];
}

/** Has the converted dump in place of the site's data, and Ghost bring it to its schema. Where that fails, the site is as a new one. */
async function replaceDatabase(
  { site, stack }: SiteJob,
  data: SiteData,
  { facts, file }: ConvertedDump,
): Promise<void> {
  try {
    await step(`Stop Ghost of site ${site}`, () => data.place.stop());
    await step("Have the database in its place", async () => {
      const loaded = await data.load(file);
      const wrong = differences(facts, loaded);
      if (wrong.length > 0) {
        throw new UserError(`Not all came: ${wrong.join("; ")}`);
      }
    });
    await step("Start Ghost, which brings it to its own version", (report) => data.place.start(report));
  } catch (error) {
    if (error instanceof Interrupted) {
      throw error;
    }
    const reason = error instanceof UserError || error instanceof CommandError ? error.message : String(error);
    await step("Make the site a new one again", async (report) => {
      await data.place.stop();
      await data.empty();
      await data.done();
      await data.place.start(report);
    }).catch((failure: unknown) => {
      throw new UserError(
        `${reason}\nThe database of site ${site} may be half filled, and Ghost is stopped (${failure instanceof Error ? failure.message : String(failure)}). Run this again: it begins anew.`,
      );
    });
    throw new UserError(
      `${reason}\nSite ${site} is empty, as a new one. The source is as it was. Ghost's own words: npm run ops -- logs ghost-${site} --stack ${stack}`,
    );
  }
}

/** Compares, asks the site, and notes that the import is through. */
async function finish(
  { site, url }: SiteJob,
  data: SiteData,
  content: ContentFiles,
  { after, before, wanted }: { before: Facts; after: Facts; wanted: string },
): Promise<void> {
  const image = sampleImage(content);
  const paths = ["", ...(image === undefined ? [] : [`content/${image.split("/").map(encodeURIComponent).join("/")}`])];
  const [home = "", picture] = await step("Ask the site", () => data.ask(url, paths));
  const images = await data.countImages();
  say(
    `  before: ${countsOf(before)}, ${content.images} images; Ghost ${before["version"] ?? "?"}`,
    `  after:  ${countsOf(after)}, ${images} images; Ghost ${after["version"] ?? "?"}`,
    `  home page: ${home}${picture === undefined ? "" : `; ${paths[1] ?? ""}: ${picture}`}`,
  );
  await data.writeNote(after["fingerprint"] ?? "");
  await data.done();
  const wrong = [
    ...differences(before, after),
    ...(after["version"] === wanted
      ? []
      : [`its database is of Ghost ${after["version"] ?? "?"}, and was to become ${wanted}`]),
    ...(images >= content.images ? [] : [`images: ${content.images} before, ${images} after`]),
    ...(/^[23]\d\d$/.test(home) ? [] : [`the home page answers ${home}`]),
    ...(picture === undefined || /^[23]\d\d$/.test(picture) ? [] : [`${paths[1] ?? ""} answers ${picture}`]),
  ];
  if (wrong.length > 0) {
    throw UserError.fromMistakes(`Site ${site} holds what was imported, and something is not as it was:`, wrong);
  }
}
