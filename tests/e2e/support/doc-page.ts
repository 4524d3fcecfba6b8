import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "../../../home/project";
import { docSections, missingLine, type DocCommand } from "./doc-commands";
import { Terminal } from "./terminal";
import { until } from "./until";

/** How a page is tried. */
export interface DocPage {
  /** Variables of the shell, over those of this process; asked for when the first command is about to run. */
  environment: () => NodeJS.ProcessEnv;
  /** What stands on the page, and what is typed and expected in its place here: a namespace, a context, a port. */
  replace?: Record<string, string>;
  /** Titles of the sections that are tried, where others are for elsewhere. Default: all. */
  sections?: readonly string[];
  /** Rows of the features that the sections show, by title: they become part of the test's name. */
  rows?: Record<string, string>;
  /** What a section takes for granted, by its title: done before its first command is typed. */
  prepare?: Record<string, () => Promise<void>>;
  /** Folder in which the first command is typed. Default: the project's. */
  folder?: string;
  /** Seconds a command may take. Default 300. */
  timeout?: number;
}

/** Commands that only look: what they show may take a moment to become true, so they are typed again for a while. */
const looks =
  /^(kubectl\b.* (get|logs|describe|top|exec)\b|npm run (--silent )?ops -- (status|logs|metrics|hooks|diagnose|mysql)\b|(login \w+ \| )?curl\b|docker\b.* (ls|ps|logs|inspect|exec)\b|sudo crictl\b|crictl\b)/;
const lookSeconds = 90;

/**
 * Declares a test for each section of a page: its commands are typed into one shell, in the project's folder and in the page's order, and
 * must end and print as the page says. After a failure the rest of the page is left out, for it builds on what came before.
 *
 * @param page path in the project, for example `docs/labs/ghost.md`
 */
export function describePage(
  page: string,
  {
    environment,
    folder = projectDirectory,
    prepare = {},
    replace = {},
    rows = {},
    sections: tried,
    timeout = 300,
  }: DocPage,
): void {
  const replaced = (text: string) =>
    Object.entries(replace).reduce((result, [shown, real]) => result.replaceAll(shown, real), text);
  const sections = docSections(replaced(fs.readFileSync(path.join(projectDirectory, page), "utf8"))).filter(
    ({ title }) => tried === undefined || tried.includes(title),
  );
  let terminal: Terminal | undefined;
  let failed = false;

  describe(page, () => {
    for (const { commands, title } of sections) {
      it(rows[title] ? `${rows[title]} ${title}` : title, async function () {
        if (failed) {
          this.skip();
        }
        failed = true;
        await prepare[title]?.();
        terminal ??= new Terminal({ cwd: folder, env: { ...process.env, NO_COLOR: "1", ...environment() } });
        for (const command of commands) {
          await perform(terminal, page, command, timeout);
        }
        failed = false;
      });
    }

    after(() => terminal?.close());
  });
}

async function perform(terminal: Terminal, page: string, doc: DocCommand, timeout: number): Promise<void> {
  let transcript = "";
  const attempt = async () => {
    const { output, status } = await terminal.type(doc.command, timeout);
    // Of earlier attempts too: what runs in the background says once why it ends.
    transcript += output;
    const said = `\n${transcript.slice(-3000)}`;
    if (status !== doc.status) {
      throw new Error(`it ends with status ${status}, not ${doc.status}:${said}`);
    }
    const missing = missingLine(doc.expected, output);
    if (missing !== undefined) {
      throw new Error(`it does not print “${missing}” (after the lines before it), but:${said}`);
    }
    return true;
  };
  const where = `${page}:${doc.line}: ${doc.command}`;
  if (looks.test(doc.command)) {
    await until(where, lookSeconds, attempt);
  } else {
    await attempt().catch((error: unknown) => {
      throw new Error(`${where}\n${error instanceof Error ? error.message : String(error)}`);
    });
  }
}
