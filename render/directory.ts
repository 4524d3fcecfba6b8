import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { UserError } from "../errors";
import { attempted, entriesOf, makeFolder, removePath, writeContent } from "../files/files";
import { readOwnFile, writeOwnFile, type OwnFileKind } from "../files/own-file";
import { PasswordStore } from "./passwords";
import type { RenderedFile } from "./rendered-file";

/** Says that a folder is ours, for which stack, and which entries of it we made. */
const markerName = ".ghost-platform.json";
const passwordsName = "passwords.json";

interface Marker {
  stack: string;
  entries: string[];
}

const markerKind: OwnFileKind<Marker> = {
  what: "which says what this project made in its folder",
  format: "json",
  schema: z.strictObject({
    stack: z.string(),
    // What is removed at the next run: names in this folder, and nothing else.
    entries: z.array(
      z
        .string()
        .regex(/^[^/\\]+$/)
        .refine((name) => name !== "." && name !== ".."),
    ),
  }),
  remedy: `Write it anew, as {"stack": "NAME", "entries": []}, and leave ${passwordsName} beside it as it is`,
};

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
    const entries = entriesOf(location);
    this.previous = readOwnFile(path.join(location, markerName), markerKind);
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
    makeFolder(this.location);
    attempted("written", this.location, () => fs.chmodSync(this.location, 0o700));
    const entries = [...new Set(files.map((file) => file.path.split("/")[0] ?? ""))].sort();
    const marker: Marker = { stack: this.stack, entries };
    this.removeRemains();
    const fresh = attempted("written", this.location, () => fs.mkdtempSync(path.join(this.location, ".new-")));
    try {
      for (const file of files) {
        writeContent(path.join(fresh, file.path), file.content, file.secret ? 0o600 : 0o644);
      }
      // From here the folder is ours, whatever happens; the passwords are there before what carries them.
      writeOwnFile(path.join(this.location, markerName), markerKind, marker);
      passwords.save(path.join(this.location, passwordsName));
      for (const entry of new Set([...(this.previous?.entries ?? []), ...entries])) {
        removePath(path.join(this.location, entry));
      }
      for (const entry of entries) {
        const target = path.join(this.location, entry);
        attempted("written", target, () => fs.renameSync(path.join(fresh, entry), target));
      }
    } finally {
      removePath(fresh);
    }
  }

  /** What runs that were killed have left. */
  private removeRemains(): void {
    for (const entry of entriesOf(this.location)) {
      if (entry.startsWith(".new-")) {
        removePath(path.join(this.location, entry));
      }
    }
  }
}
