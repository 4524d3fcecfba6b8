import * as fs from "node:fs";
import * as path from "node:path";

export const project = path.join(__dirname, "..", "..", "..");

/** A page of the documentation. */
export interface Page {
  /** Path in the project. */
  name: string;
  text: string;
}

/** Every page that a person reads. */
export function pages(): Page[] {
  const elsewhere = ["node_modules", "rendered"];
  return filesBelow(".", (name) => name.endsWith(".md"), elsewhere).map((name) => ({
    name,
    text: fs.readFileSync(path.join(project, name), "utf8"),
  }));
}

/** Paths in the project of the files whose name suits; hidden folders are left out. */
export function filesBelow(
  folder: string,
  suits: (name: string) => boolean,
  without: readonly string[] = [],
): string[] {
  return fs.readdirSync(path.join(project, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name.startsWith(".") || without.includes(entry.name) ? [] : filesBelow(name, suits, without);
    }
    return suits(entry.name) ? [name] : [];
  });
}

/** The fenced blocks of a page in one language. */
export function blocks({ text }: Page, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, info, content]) =>
    info === language ? [content ?? ""] : [],
  );
}

/** What stands between backticks in the running text of a page, on one line each. */
export function inlineCode({ text }: Page): string[] {
  const running = text.replace(/^```\w*\n[\s\S]*?^```$/gm, "");
  return [...running.matchAll(/`([^`]+)`/g)].map(([, code]) => (code ?? "").replace(/\s+/g, " "));
}

/** Every line of a page that is code. */
export function codeLines(page: Page): string[] {
  const fenced = [...page.text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].flatMap(([, content]) =>
    (content ?? "").split("\n"),
  );
  return [...fenced, ...inlineCode(page)];
}
