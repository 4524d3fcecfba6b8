import * as fs from "node:fs";
import * as path from "node:path";
import { attempted } from "../files/files";

/** Folders of Ghost's content that come along. */
export const contentFolders = ["images", "media", "files", "themes", "settings", "data"] as const;

/** What of a content folder comes along. */
export interface ContentFiles {
  folder: string;
  /** Paths in it, with `/`. */
  files: string[];
  /** What is left where it is, in lines. */
  notes: string[];
  /** How many of the files are images. */
  images: number;
}

/**
 * Lists what of a content folder comes along: files, and nothing that links lead to. Sizes of images that Ghost makes itself are left out, logs too.
 *
 * @throws UserError for a folder that cannot be read
 */
export function listContent(folder: string): ContentFiles {
  const files: string[] = [];
  const notes: string[] = [];
  const walk = (relative: string) => {
    const entries = attempted("read", path.join(folder, relative), () =>
      fs.readdirSync(path.join(folder, relative), { withFileTypes: true }),
    );
    for (const entry of entries) {
      const name = `${relative}/${entry.name}`;
      if (isMadeAgain(name)) {
        continue;
      }
      if (entry.isDirectory()) {
        walk(name);
      } else if (entry.isFile()) {
        attempted("read", path.join(folder, name), () => fs.accessSync(path.join(folder, name), fs.constants.R_OK));
        files.push(name);
      } else if (entry.isSymbolicLink() && /^themes\/(casper|source)$/.test(name)) {
        notes.push(`content/${name} is the theme of Ghost's own version there; the new site has its own`);
      } else {
        notes.push(`content/${name} is ${entry.isSymbolicLink() ? "a link" : "no file"}, and stays behind`);
      }
    }
  };
  for (const name of contentFolders) {
    if (fs.existsSync(path.join(folder, name))) {
      walk(name);
    }
  }
  const adapters = path.join(folder, "adapters");
  const own = fs.existsSync(adapters) ? fs.readdirSync(adapters).filter((name) => name !== "README.md") : [];
  return {
    folder,
    files,
    images: files.filter((name) => name.startsWith("images/") && name !== "images/README.md").length,
    notes: [
      ...notes,
      ...(own.length > 0
        ? [`content/adapters (${own.join(", ")}) are programs, and stay behind: an image of Ghost has its own`]
        : []),
    ],
  };
}

/** Whether Ghost makes it anew, or it is another database's. */
function isMadeAgain(name: string): boolean {
  return name === "images/size" || (name.startsWith("data/") && !/^data\/redirects[^/]*\.(json|yaml)$/.test(name));
}

/** An image that the site is asked for in the end; undefined where there is none. */
export function sampleImage({ files }: ContentFiles): string | undefined {
  return files.find((name) => /^images\/.*\.(png|jpe?g|gif|webp|svg)$/i.test(name));
}
