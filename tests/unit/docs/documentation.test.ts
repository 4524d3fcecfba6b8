import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { mergeConfig, type RawConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import { configNamespace } from "../../../config/namespaces";
import { UserError } from "../../../errors";
import { blocks, codeLines, filesBelow, inlineCode, pages, project } from "./pages";

/** What the pages say, against the project as it is. */
describe("the documentation", () => {
  const read = (name: string) => fs.readFileSync(path.join(project, name), "utf8");
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

  it("links to pages and headings that are there", () => {
    const broken = pages().flatMap(({ name, text }) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
        const [file = "", heading] = target.split("#");
        if (/^[a-z]+:/.test(target)) {
          return [];
        }
        const found = file === "" ? name : path.join(path.dirname(name), file);
        const there = fs.existsSync(path.join(project, found)) && (!heading || anchors(read(found)).includes(heading));
        return there ? [] : [`${name}: ${target}`];
      }),
    );
    expect(broken).to.deep.equal([]);
  });

  it("names npm scripts that are there", () => {
    const unknown = pages().flatMap((page) =>
      codeLines(page).flatMap((line) =>
        [...line.matchAll(/\bnpm (start|test|run(?: --silent)? ([\w-]+))/g)]
          .map(([, short = "", long]) => long ?? short)
          .filter((script) => !(script in scripts))
          .map((script) => `${page.name}: npm run ${script}`),
      ),
    );
    expect(unknown).to.deep.equal([]);
  });

  it("names options that the commands have", () => {
    const unknown = pages().flatMap((page) =>
      codeLines(page).flatMap((line) =>
        [...line.matchAll(/\bnpm (start|test|run(?: --silent)? ([\w-]+)) -- ([^#|;()]*)/g)].flatMap(
          ([, short = "", long, rest = ""]) => {
            const script = long ?? short;
            const known = optionsOf(scripts[script] ?? "");
            return [...rest.matchAll(/(?:^|\s)(--[a-z][a-z-]*)/g)]
              .map(([, option = ""]) => option)
              .filter((option) => !known.has(option))
              .map((option) => `${page.name}: npm run ${script} -- ${option}`);
          },
        ),
      ),
    );
    expect(unknown).to.deep.equal([]);
  });

  /** The options that the program behind a script declares. */
  function optionsOf(script: string): Set<string> {
    const [, main = ""] = /(\S+\.ts)$/.exec(script) ?? [];
    const files =
      path.basename(main) !== "main.ts" ? [main] : filesBelow(path.dirname(main), (name) => name.endsWith(".ts"));
    const declared = files.flatMap((file) => [...read(file).matchAll(/[oO]ption\(\s*"(?:-\w, )?(--[a-z-]+)/g)]);
    // `npm test` hands its arguments to mocha.
    return new Set([
      ...declared.map(([, option = ""]) => option),
      "--help",
      ...(main === "tests/run.ts" ? ["--grep", "--long"] : []),
    ]);
  }

  it("shows stack files that are accepted", () => {
    const smallest: RawConfig = {
      platform: "kubernetes",
      kubernetes: { context: "docs" },
      sites: { blog: { url: "http://blog.test:3000" } },
    };
    const shown = pages().flatMap((page) =>
      blocks(page, "yaml").map((block) => ({
        name: page.name,
        document: parse(block) as { config?: RawConfig; runtime?: unknown },
      })),
    );
    // A program in YAML has a `config`, too.
    const files = shown.filter(({ document }) => document.config && document.runtime === undefined);
    expect(files).to.not.be.empty;
    for (const { document, name } of files) {
      const entries = Object.entries(document.config ?? {}).map(([key, value]) => [
        key.slice(configNamespace.length + 1),
        value,
      ]);
      const raw = Object.fromEntries(entries) as RawConfig;
      // What is shown in part is completed; what is whole must be whole.
      const whole = "platform" in raw ? raw : mergeConfig(smallest, raw);
      expect(mistakesIn(whole), name).to.deep.equal([]);
    }

    /** But for files of the reader's own, which are not here. */
    function mistakesIn(raw: RawConfig): string[] {
      try {
        parseStackConfig(raw);
        return [];
      } catch (error) {
        if (!(error instanceof UserError)) {
          throw error;
        }
        const [, ...mistakes] = error.message.split("\n");
        return mistakes.filter((mistake) => !mistake.endsWith("cannot be read (ENOENT)"));
      }
    }
  });

  it("ships stack files without what a rotation writes", () => {
    const rotated = fs
      .readdirSync(project)
      .filter(
        (name) => /^Pulumi\..+\.yaml$/.test(name) && /\b(generations|passwordGeneration|authorities):/.test(read(name)),
      );
    expect(rotated).to.deep.equal([]);
  });

  it("names configuration keys that are there", () => {
    const reference = read("docs/reference/configuration.md");
    const known = new Set([...reference.matchAll(/^\| `([^`]+)`/gm)].map(([, key]) => key));
    const sections = /^(mysql|swarm|kubernetes|mailpit|sites|images)\.[A-Za-z<>.]+$/;
    const unknown = pages().flatMap((page) =>
      inlineCode(page)
        .map((code) => code.split(":")[0] ?? "")
        .filter((code) => sections.test(code))
        .filter((key) => !/\.(ts|js|sh|yaml|md)$/.test(key))
        .filter((key) => !isKnown(key))
        .map((key) => `${page.name}: ${key}`),
    );
    expect(unknown).to.deep.equal([]);

    function isKnown(key: string): boolean {
      const general = key.replace(/^sites\.[^.]+/, "sites.<name>");
      // Below a map by name, such as mysql.options, anything may stand.
      return known.has(general) || known.has(general.split(".").slice(0, -1).join("."));
    }
  });

  it("quotes messages that the program has", () => {
    const sources = [
      "backup",
      "components",
      "config",
      "deploy",
      "engines",
      "files",
      "home",
      "machines",
      "platforms",
      "render",
      "runtime",
      "terminal",
    ].flatMap((folder) => filesBelow(folder, (name) => /\.(ts|js|sh|mjs)$/.test(name)));
    const program = sources.map(read).join("\n");
    const foreign = pages().flatMap((page) =>
      blocks(page, "text").flatMap((block) =>
        block
          .split("\n")
          .filter((line) => line.trim() !== "" && !stands(line))
          .map((line) => `${page.name}: ${line}`),
      ),
    );
    expect(foreign).to.deep.equal([]);

    /** Whether at least half of a line stands in the program, in runs of 8 characters or more; the rest is what the program fills in. */
    function stands(line: string): boolean {
      const shortest = 8;
      let covered = 0;
      for (let at = 0; at + shortest <= line.length;) {
        let length = 0;
        // A longer run stands nowhere before a shorter one that it begins with.
        let found = 0;
        const standsUpTo = (end: number) => (found = program.indexOf(line.slice(at, end), found)) >= 0;
        for (let end = at + shortest; end <= line.length && standsUpTo(end); end += 1) {
          length = end - at;
        }
        covered += length;
        at += Math.max(length, 1);
      }
      return covered * 2 >= line.length;
    }
  });

  it("names no path of anybody's machine", () => {
    const own = pages().flatMap(({ name, text }) =>
      [...text.matchAll(/(?<![\w.-])(?:\/work|\/root|\/home\/\w+|\/Users\/\w+|\/opt\/pulumi)\b\S*/g)].map(
        ([found]) => `${name}: ${found}`,
      ),
    );
    expect(own).to.deep.equal([]);
  });
});

/** The anchors that headings of a page get. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s-]/gu, "")
      .trim()
      .replace(/\s/g, "-"),
  );
}
