import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";
import { ghostCliSource } from "./ghost-cli";
import { ghostDockerSource } from "./ghost-docker";
import { exportedDump, type Found, type Source } from "./source";

/**
 * Finds out what a path is, and what of it can be taken.
 *
 * @param from folder of a Ghost-CLI install, of ghost-docker, or one with `content` in it
 * @param dump a dump of its database, where the person has one
 * @throws UserError with all that cannot be taken
 */
export function readSource(from: string, dump: string | undefined): Source {
  const folder = path.resolve(from);
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(
      `${folder} is no folder here. --from names the folder of a Ghost-CLI install, of ghost-docker, or one with content/ in it; copy it to this machine first (rsync -a)`,
    );
  }
  const found = ghostCliSource(folder, dump) ?? ghostDockerSource(folder, dump) ?? plainSource(folder, dump);
  if (found.mistakes.length > 0) {
    throw UserError.fromMistakes(`${found.source.what} cannot be taken as it is:`, found.mistakes);
  }
  return found.source;
}

/** A content folder beside a dump, which is found where `export` writes it. */
function plainSource(folder: string, dump: string | undefined): Found {
  const inside = path.join(folder, "content");
  const content = fs.existsSync(inside) ? inside : folder;
  const exported = path.join(folder, exportedDump);
  const database = dump ?? (fs.existsSync(exported) ? exported : undefined);
  const mistakes = [
    ...(["images", "themes", "settings", "data"].some((name) => fs.existsSync(path.join(content, name)))
      ? []
      : [
          `there is no content/ in it, no config.production.json of Ghost-CLI, and no .env of ghost-docker. Name the folder that has one of them`,
        ]),
    ...(database === undefined
      ? ["there is nothing of its database. Name a dump: --dump FILE.sql or FILE.sql.gz"]
      : []),
  ];
  return { source: { what: `Folder ${folder}`, content, database: { dump: database ?? "" }, notes: [] }, mistakes };
}
