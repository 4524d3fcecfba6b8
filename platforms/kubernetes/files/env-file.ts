import { isUtf8 } from "node:buffer";

/** A variable of an env file. */
export interface EnvLine {
  /** Line of the file, counted from 1. */
  line: number;
  key: string;
  value: string;
}

/** kubectl reads no further at such a line, and says nothing. */
const longestLine = 64 * 1024;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** What Go's `unicode.IsSpace` knows: `\s` has a byte order mark more, and a next line (U+0085) less. */
const leadingSpace = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/**
 * Reads an env file by the rules of `kubectl create configmap --from-env-file`:
 *
 * - a line is `NAME=value`; everything behind the first `=` is the value, spaces, quotes and `#` included;
 * - a line whose first character is `#`, spaces aside, is a comment; empty lines are left out;
 * - `NAME` alone takes its value from the environment, and is empty where that has none;
 * - there is no `export`, no quoting, no continuation and no expansion.
 *
 * @param environment where names without a value get one
 * @returns the variables in order, and what is wrong with other lines, each with its number
 */
export function readEnvFile(
  content: Buffer,
  environment: Record<string, string | undefined>,
): { lines: EnvLine[]; mistakes: string[] } {
  const lines: EnvLine[] = [];
  const mistakes: string[] = [];
  const variable = (name: string) => (Object.hasOwn(environment, name) ? (environment[name] ?? "") : "");
  splitLines(content).forEach((bytes, index) => {
    const line = index + 1;
    const mistake = (text: string) => mistakes.push(`line ${line}: ${text}`);
    if (bytes.length >= longestLine) {
      mistake("is longer than 64 KiB, where kubectl would stop reading without a word");
      return;
    }
    if (!isUtf8(bytes)) {
      mistake("is not UTF-8");
      return;
    }
    const text = withoutMark(bytes, index).toString("utf8").replace(leadingSpace, "");
    if (text === "" || text.startsWith("#")) {
      return;
    }
    const at = text.indexOf("=");
    const key = at < 0 ? text : text.slice(0, at);
    if (!isEnvName(key)) {
      mistake(`"${key}" is no name of a variable: ${hint(key)}`);
      return;
    }
    lines.push({ line, key, value: at < 0 ? variable(key) : text.slice(at + 1) });
  });
  return { lines, mistakes };
}

function isEnvName(name: string): boolean {
  return /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name) && name !== "." && !name.startsWith("..");
}

function hint(key: string): string {
  if (/^export\s/.test(key)) {
    return "an env file has no `export`, remove the word";
  }
  return /\s$/.test(key)
    ? "there may be no space before ="
    : "letters, digits, -, _ and . are allowed, no digit first, nor two dots";
}

/** The lines of a file without their ends, which are LF or CRLF. */
function splitLines(content: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < content.length;) {
    const end = content.indexOf(0x0a, from);
    const to = end < 0 ? content.length : end;
    lines.push(content.subarray(from, to > from && content[to - 1] === 0x0d ? to - 1 : to));
    from = to + 1;
  }
  return lines;
}

function withoutMark(bytes: Buffer, index: number): Buffer {
  const marked = index === 0 && bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
  return marked ? bytes.subarray(byteOrderMark.length) : bytes;
}
