import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";

/**
 * Reads a file with the root of an authority.
 *
 * @returns its text, in PEM form, or what is wrong with the file, words that follow its name
 */
export function readAuthority(file: string): { text?: string; trouble?: string } {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    return { trouble: `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})` };
  }
  try {
    const { ca, validTo } = new X509Certificate(text);
    if (!ca) {
      return { trouble: "is no certificate of an authority, but of a server. Name that of the root" };
    }
    return new Date(validTo) < new Date() ? { trouble: `has ended: ${validTo}` } : { text };
  } catch {
    return { trouble: "has no certificate in PEM form" };
  }
}
