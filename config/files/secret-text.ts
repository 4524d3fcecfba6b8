import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import { largestFile } from "./app-files";

/**
 * Reads a file that holds a secret and nothing else; what ends its last line does not belong to it.
 *
 * @returns the secret, or what is wrong with the file, words that follow its name
 */
export function readSecretText(file: string): { text: string } | { text?: undefined; trouble: string } {
  let content: Buffer;
  try {
    content = fs.readFileSync(file);
  } catch (error) {
    return { trouble: `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})` };
  }
  if (!isUtf8(content) || content.includes(0)) {
    return { trouble: "is not text in UTF-8 without NUL characters" };
  }
  if (content.length > largestFile) {
    return { trouble: `has more than ${largestFile / 1024} KiB, which is more than a platform takes as a secret` };
  }
  const text = content.toString("utf8").replace(/\r?\n$/, "");
  return text === "" ? { trouble: "is empty" } : { text };
}

/**
 * The same of a password, which is one line.
 *
 * @returns the password, or what is wrong with the file, words that follow its name
 */
export function readPasswordFile(file: string): { password?: string; trouble?: string } {
  const read = readSecretText(file);
  if (read.text === undefined) {
    return { trouble: read.trouble };
  }
  return /[\r\n]/.test(read.text)
    ? { trouble: "has several lines; it must hold the password alone" }
    : { password: read.text };
}
