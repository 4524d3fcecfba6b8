import * as fs from "node:fs";
import * as path from "node:path";
import type { Readable, Writable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Work } from "../backup/contents/container";
import { outputOf, withEnd } from "../backup/contents/pipe";
import type { SitePlace } from "../backup/contents/site";
import { unpackScript, endOfArchive } from "../backup/restore/fill";
import { homeRequest } from "../components/health-request";
import { contentPath } from "../components/ghost/settings";
import { readScripts } from "../platforms/scripts";
import { contentFolders, type ContentFiles } from "./content-folder";
import { factsIn, scriptWithFacts, type Facts } from "./facts";
import { endOfDump } from "./rehearsal";

const scripts = readScripts(path.join(__dirname, "scripts"), ["place-content.sh", "ask-site.js"]);

const databaseScript = scriptWithFacts("site-database.sh");

/** Where files wait in the content folder until all are there. */
const staging = `${contentPath}/.ghost-platform-import`;
/** Says of whose data the site's are, for as long as nobody writes there. */
const noteFile = `${contentPath}/.ghost-platform-imported`;

/** A site's database and files, in its own containers. */
export class SiteData {
  constructor(
    readonly place: SitePlace,
    private readonly database: string,
  ) {}

  /** What is in the database. */
  async look(): Promise<Facts> {
    return this.inDatabase("look");
  }

  /** Makes the database one without a table. */
  async empty(): Promise<void> {
    await this.inDatabase("empty");
  }

  /** Has a converted dump in place of what was there. Until `done`, the server says that an import is under way. */
  async load(file: string): Promise<Facts> {
    const dump = fs.createReadStream(file).pipe(createGunzip());
    return this.inDatabase("load", withEnd(dump, `\nSELECT '${endOfDump}';\n`));
  }

  /** Ends the mark that an import is under way. */
  async done(): Promise<void> {
    await this.inDatabase("done");
  }

  /** Writes the database as SQL. */
  async dump(output: Writable): Promise<void> {
    await this.place.inServer({ ...this.work("dump"), output });
  }

  /**
   * Puts files into the content folder.
   *
   * @param list file for their names
   * @returns how many came
   */
  async putFiles({ files, folder }: ContentFiles, list: string): Promise<number> {
    // From `.` on: whoever unpacks it leaves the first part of each name out.
    fs.writeFileSync(list, files.map((name) => `./${name}\0`).join(""), { mode: 0o600 });
    const archive = outputOf(["tar", "-C", folder, "--no-recursion", "--null", "-T", list, "-cf", "-"]);
    const program = (script: string) => ["sh", "-c", script] as const;
    await this.place.inGhost({
      program: program(`rm -rf "$volume" && mkdir -p "$volume"\n${unpackScript}`),
      variables: { volume: staging, end: endOfArchive },
      data: withEnd(archive.stream, endOfArchive),
      as: "server",
    });
    await archive.ended;
    const lines = await this.linesInGhost(program(scripts["place-content.sh"]), {
      content: contentPath,
      folders: contentFolders.join(" "),
      staging,
    });
    return Number(factsIn(lines)["files"]);
  }

  /** How many images there are, without the sizes of them that Ghost makes. */
  async countImages(): Promise<number> {
    const count = `find "$content/images" -path "$content/images/size" -prune -o -type f ! -path "$content/images/README.md" -print | wc -l`;
    const [line] = await this.linesInGhost(["sh", "-c", count], { content: contentPath });
    return Number(line);
  }

  /** Writes the content folder as a tar archive. */
  async readFiles(output: Writable): Promise<void> {
    const pack = `cd "$content" && for folder in $folders; do [ ! -d "$folder" ] || set -- "$@" "$folder"; done
tar --exclude=images/size --exclude='*.db' -cf - "$@" || [ "$?" = 1 ]`;
    await this.place.inGhost({
      program: ["sh", "-c", pack, "sh"],
      variables: { content: contentPath, folders: contentFolders.join(" ") },
      output,
      as: "server",
    });
  }

  /** What the note says that stands in the content folder; undefined where there is none. */
  async note(): Promise<string | undefined> {
    const lines = await this.linesInGhost(["sh", "-c", '[ ! -e "$note" ] || cat "$note"'], { note: noteFile });
    return lines.find((line) => line.trim() !== "")?.trim();
  }

  async writeNote(text: string): Promise<void> {
    await this.place.inGhost({
      program: ["sh", "-c", 'printf "%s\\n" "$text" > "$note.new" && mv "$note.new" "$note"'],
      variables: { note: noteFile, text },
      as: "server",
    });
  }

  /** Asks Ghost, in its own container, for paths below its address. Returns the status of each, or why there is none. */
  async ask(url: string, paths: readonly string[]): Promise<string[]> {
    const { headers, path: base } = homeRequest(url);
    const asked = paths.map((one) => `${base.replace(/\/$/, "")}/${one}`);
    const lines = await this.linesInGhost([
      ...(["node", "-e", scripts["ask-site.js"], "--"] as const),
      ...[JSON.stringify(headers), ...asked],
    ]);
    return lines.filter((line) => line !== "").map((line) => line.slice(0, line.lastIndexOf(" ")));
  }

  /** What a program in Ghost's container prints, by line. */
  private async linesInGhost(program: Work["program"], variables: Record<string, string> = {}): Promise<string[]> {
    const lines: string[] = [];
    await this.place.inGhost({ program, variables, onLine: (line) => lines.push(line), as: "server" });
    return lines;
  }

  private async inDatabase(action: string, data?: Readable): Promise<Facts> {
    const lines: string[] = [];
    await this.place.inServer({ ...this.work(action), ...(data ? { data } : {}), onLine: (line) => lines.push(line) });
    return factsIn(lines);
  }

  private work(action: string) {
    return {
      program: ["bash", "-c", databaseScript] as const,
      variables: { action, database: this.database, end: endOfDump },
      as: "server" as const,
    };
  }
}
