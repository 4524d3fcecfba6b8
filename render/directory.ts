import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";
import { PasswordStore } from "./passwords";
import type { RenderedFile } from "./rendered-file";

/** Says that a folder is ours, for which stack, and which entries of it we made. */
const markerName = ".ghost-platform.json";
const passwordsName = "passwords.json";

interface Marker {
  stack: string;
  entries: string[];
}

/**
 * The folder a stack is rendered to, readable by its owner only: the files, and the passwords that must be the same the next time.
 *
 * @throws UserError for a folder with something else in it
 */
export class RenderedDirectory {
  private readonly previous: Marker | undefined;

  constructor(
    readonly location: string,
    private readonly stack: string,
  ) {
    const entries = fs.existsSync(location) ? fs.readdirSync(location) : [];
    this.previous = entries.includes(markerName) ? readMarker(path.join(location, markerName)) : undefined;
    if (!this.previous && entries.length > 0) {
      throw new UserError(
        `${location} has files in it that \`npm run render\` did not make, and it would replace them. Name an empty folder with --out, or one that does not exist`,
      );
    }
    if (this.previous && this.previous.stack !== stack) {
      throw new UserError(
        `${location} holds stack ${this.previous.stack}, with its passwords. Name another folder for stack ${stack} with --out`,
      );
    }
  }

  /** The passwords of earlier runs; new ones where there was none. */
  passwords(): PasswordStore {
    return new PasswordStore(path.join(this.location, passwordsName));
  }

  /** Puts the files in place of the earlier ones. Everything is written before anything is replaced. */
  write(files: readonly RenderedFile[], passwords: PasswordStore): void {
    fs.mkdirSync(this.location, { recursive: true, mode: 0o700 });
    fs.chmodSync(this.location, 0o700);
    const entries = [...new Set(files.map((file) => file.path.split("/")[0] ?? ""))].sort();
    const marker: Marker = { stack: this.stack, entries };
    this.removeRemains();
    const fresh = fs.mkdtempSync(path.join(this.location, ".new-"));
    try {
      for (const file of files) {
        writeFile(path.join(fresh, file.path), file.content, file.secret ? 0o600 : 0o644);
      }
      // From here the folder is ours, whatever happens; the passwords are there before what carries them.
      replaceFile(path.join(this.location, markerName), `${JSON.stringify(marker)}\n`, 0o600);
      passwords.save(path.join(fresh, passwordsName));
      fs.renameSync(path.join(fresh, passwordsName), path.join(this.location, passwordsName));
      for (const entry of new Set([...(this.previous?.entries ?? []), ...entries])) {
        fs.rmSync(path.join(this.location, entry), { recursive: true, force: true });
      }
      for (const entry of entries) {
        fs.renameSync(path.join(fresh, entry), path.join(this.location, entry));
      }
    } finally {
      fs.rmSync(fresh, { recursive: true, force: true });
    }
  }

  /** What runs that were killed have left. */
  private removeRemains(): void {
    for (const entry of fs.readdirSync(this.location)) {
      if (entry.startsWith(".new-")) {
        fs.rmSync(path.join(this.location, entry), { recursive: true, force: true });
      }
    }
  }
}

function readMarker(file: string): Marker {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as Marker;
  } catch (error) {
    throw new UserError(`${file} is damaged (${(error as Error).message}): delete its folder and render again`);
  }
}

function writeFile(file: string, content: string | Uint8Array, mode: number): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, content, { mode });
}

function replaceFile(file: string, content: string, mode: number): void {
  const fresh = `${file}.new`;
  writeFile(fresh, content, mode);
  fs.renameSync(fresh, file);
}
