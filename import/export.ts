import * as fs from "node:fs";
import * as path from "node:path";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { run } from "../engines/process";
import { UserError } from "../errors";
import { attempted, entriesOf, makeFolder, removePath } from "../files/files";
import { say, step } from "../terminal/progress";
import { listContent } from "./content-folder";
import { checkDump } from "./dump-file";
import { countsOf } from "./facts";
import type { SiteJob } from "./open";
import { SiteData } from "./site-data";
import { exportedDump } from "./source";

/**
 * Writes a site so that any other Ghost can take it: the database as SQL without owners and transactions, the content folder, and how.
 *
 * @param to folder, which is absent or empty; it gets its name when all is there
 * @throws UserError where the folder holds something, or what was written is not whole; nothing half made is left
 */
export async function exportSite({ database, platform, site, stack, url }: SiteJob, to: string): Promise<void> {
  const folder = path.resolve(to);
  if (entriesOf(folder).length > 0) {
    throw new UserError(`${folder} is not empty. Name a folder that is, or one that is not there`);
  }
  const data = new SiteData(await platform.site(site), database);
  const facts = await data.look();
  makeFolder(path.dirname(folder));
  // Beside it, under a name that nobody has.
  const unfinished = attempted("made", folder, () => fs.mkdtempSync(`${folder}.unfinished-`));
  makeFolder(path.join(unfinished, "content"));
  try {
    const sql = path.join(unfinished, exportedDump);
    await step("Dump the database", async () => {
      const zipped = createGzip();
      const written = finished(zipped.pipe(fs.createWriteStream(sql, { mode: 0o600 })));
      written.catch(() => undefined);
      await data.dump(zipped);
      await written;
      await checkDump(sql);
    });
    // Behind the database: what a row names is there before the row.
    await step("Copy the content", async () => {
      const archive = path.join(unfinished, "content.tar");
      await data.readFiles(fs.createWriteStream(archive, { mode: 0o600 }));
      await run("tar", ["-C", path.join(unfinished, "content"), "-xf", archive], { timeout: 3600 });
      removePath(archive);
    });
    attempted("written", unfinished, () =>
      fs.writeFileSync(path.join(unfinished, "README.txt"), readme(url, facts["version"] ?? "6"), { mode: 0o600 }),
    );
    attempted("made", folder, () => {
      fs.rmSync(folder, { recursive: true, force: true });
      fs.renameSync(unfinished, folder);
    });
  } catch (error) {
    removePath(unfinished);
    throw error;
  }
  const { files, images } = listContent(path.join(folder, "content"));
  say(
    `${folder} holds site ${site} of stack ${stack}: ${countsOf(facts)}, ${files.length} files, ${images} of them images.`,
    "It is not sealed: members' addresses and password hashes can be read in it. Its README.txt says how another Ghost takes it.",
  );
}

function readme(url: string, version: string): string {
  return `A Ghost site, ${url}, database of Ghost ${version}.

${exportedDump}   its database, for MySQL 8 or newer
content/       images, media, files, themes, settings (routes), data (redirects)

Another Ghost, ${version} or newer, takes it so. Stop it, give it an empty database, and load this one as the user that Ghost logs in with:
  gunzip -c ${exportedDump} | mysql --user=ghost --password DATABASE
Copy content/ over its content folder, have its user own it, set url in its configuration, and start it.
With this project: npm run import -- --site NAME --from FOLDER
`;
}
