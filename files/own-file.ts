import { parseDocument } from "yaml";
import type { z } from "zod";
import { yamlText } from "./yaml-text";
import { UserError } from "../errors";
import { ownerOnly, readText, writeContent } from "./files";

/** A file that the commands keep, and how it is understood. */
export interface OwnFileKind<Content> {
  /** What it is, at the end of a sentence: `the list of what was deployed from here`. */
  what: string;
  format: "json" | "yaml";
  schema: z.ZodType<Content>;
  /** What a person does when it is damaged, a sentence without its stop. */
  remedy: string;
  /** Comment at its beginning, for YAML. */
  heading?: string;
  /** Its rights. Default: for its owner only. */
  mode?: number;
}

/**
 * Reads a file of ours.
 *
 * @returns undefined where there is none
 * @throws UserError for one that cannot be read, and for one that holds something else than it should
 */
export function readOwnFile<Content>(file: string, kind: OwnFileKind<Content>): Content | undefined {
  const text = readText(file);
  if (text === undefined) {
    return undefined;
  }
  const value = kind.format === "json" ? parsedJson(file, text, kind) : parsedYaml(file, text, kind);
  const result = kind.schema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw damaged(file, kind, `${issue?.path.join(".") || "it"} is not what it should be`);
  }
  return result.data;
}

/** Puts a file of ours in place in one step. */
export function writeOwnFile<Content>(file: string, kind: OwnFileKind<Content>, content: Content): void {
  const text =
    kind.format === "json"
      ? `${JSON.stringify(content, undefined, 2)}\n`
      : `${kind.heading ? `# ${kind.heading}\n` : ""}${yamlText(content)}`;
  writeContent(file, text, kind.mode ?? ownerOnly);
}

/** The error for a file of ours that holds something else than it should; never with its content, which may be secret. */
function damaged(
  file: string,
  { remedy, what }: Pick<OwnFileKind<unknown>, "remedy" | "what">,
  cause: string,
): UserError {
  return new UserError(`${file}, ${what}, is damaged: ${cause}. ${remedy}`);
}

function parsedJson(file: string, text: string, kind: OwnFileKind<unknown>): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(file, kind, text.trim() === "" ? "it is empty" : "it is not JSON, or was cut off");
  }
}

function parsedYaml(file: string, text: string, kind: OwnFileKind<unknown>): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const line = text.slice(0, error.pos[0]).split("\n").length;
    throw damaged(file, kind, `line ${line} is not YAML (${error.code})`);
  }
  try {
    return document.toJS();
  } catch {
    throw damaged(file, kind, "its aliases refer to nothing");
  }
}
