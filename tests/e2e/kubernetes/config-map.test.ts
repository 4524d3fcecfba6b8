import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import * as fc from "fast-check";
import { run } from "../../../engines/process";
import { CommandError } from "../../../errors";
import type { ConfigMapContent } from "../../../platforms/kubernetes/files/config-map";
import { startNode } from "../../../sandbox/kubernetes";
import {
  environment,
  laidOut,
  ourAnswer,
  recordedCases,
  type Answer,
  type ConfigMapCase,
} from "../../support/config-maps";
import { temporaryDirectory } from "../../support/temporary-directory";

/** The rules of `kubectl create configmap`, asked of kubectl itself. */
describe("ConfigMaps, beside kubectl", () => {
  let kubectl: string;
  let scratch: string;
  let made = 0;

  before(async () => {
    ({ kubectl } = await startNode());
    scratch = temporaryDirectory();
  });

  /** What kubectl makes of a case, and what this project does. */
  async function answers(example: ConfigMapCase): Promise<{ theirs: Answer; ours: Answer }> {
    const folder = path.join(scratch, String((made += 1)));
    fs.mkdirSync(folder);
    const sources = laidOut(example, folder);
    const { directories = [], envFiles = [], files = [], literals = {} } = sources;
    const theirs = await kubectlAnswer([
      ...directories.map((directory) => `--from-file=${directory}`),
      ...files.map((file) => `--from-file=${typeof file === "string" ? file : `${file.key}=${file.path}`}`),
      ...Object.entries(literals).map(([key, value]) => `--from-literal=${key}=${value}`),
      ...envFiles.map((file) => `--from-env-file=${file}`),
    ]);
    const ours = ourAnswer(sources);
    fs.rmSync(folder, { recursive: true });
    return { theirs, ours };
  }

  async function kubectlAnswer(sources: string[]): Promise<Answer> {
    try {
      const { stdout } = await run(
        kubectl,
        ["create", "configmap", "example", "--dry-run=client", "--output=json", ...sources],
        { env: { NOT_THERE: undefined, constructor: undefined, ...environment } },
      );
      const { binaryData, data } = JSON.parse(stdout) as ConfigMapContent;
      return { ...(data ? { data } : {}), ...(binaryData ? { binaryData } : {}) };
    } catch (error) {
      if (error instanceof CommandError && /^error: /m.test(error.output)) {
        return "refused";
      }
      throw error;
    }
  }

  it("P4 kubectl answers what the unit tests have on record", async () => {
    for (const recorded of recordedCases) {
      expect((await answers(recorded)).theirs, recorded.what).to.deep.equal(recorded.answer);
    }
  });

  it("P4 any env file becomes what kubectl makes of it", async () => {
    const word = fc.constantFrom(
      "A",
      "b.c",
      "-d",
      "_E",
      "1",
      "..",
      ".",
      "FROM_OUTSIDE",
      "NOT_THERE",
      "export",
      "é",
      "a b",
    );
    const noise = fc.constantFrom(
      " ",
      "\t",
      "\r",
      "\u0085",
      "\u00a0",
      "\u2003",
      "\ufeff",
      "#",
      "'",
      '"',
      "\\",
      "=",
      "",
    );
    const text = fc.array(fc.oneof(word, noise), { maxLength: 5 }).map((parts) => parts.join(""));
    const line = fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .tuple(fc.constantFrom("A", "B", "c.d", "E-f", "_g", ".h"), text)
          .map(([name, value]) => `${name}=${value}`),
      },
      { weight: 2, arbitrary: text },
      { weight: 1, arbitrary: text.map((comment) => `#${comment}`) },
    );
    const content = fc
      .tuple(
        fc.constantFrom("", "\ufeff"),
        fc.array(line, { maxLength: 5 }),
        fc.constantFrom("\n", "\r\n", "\n\n"),
        fc.boolean(),
      )
      .map(([mark, lines, end, last]) => mark + lines.join(end) + (last ? end : ""));
    const bytes = fc.oneof(
      { weight: 5, arbitrary: content.map((lines) => Buffer.from(lines)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)) },
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (file) => {
        const { ours, theirs } = await answers({
          what: "generated",
          files: { "game.env": file },
          sources: { envFiles: ["game.env"] },
        });
        expect(ours).to.deep.equal(theirs);
      }),
      { numRuns: 80 },
    );
  });

  it("P4 any folder, files and values become what kubectl makes of them", async () => {
    // Without what the command line itself would cut a source at: = and a comma; nor / and NUL, which no file name has.
    const name = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("a", "b.c", "-d", "_E", ".f", "1") },
      { weight: 1, arbitrary: fc.constantFrom("..g", "h i", "é", "k".repeat(253), "x:y", "z~") },
    );
    const content = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.uint8Array({ maxLength: 8 }).map((array) => Buffer.from(array)),
    );
    const value = fc.string({ unit: "grapheme", maxLength: 8 }).filter((text) => !text.includes("\0"));
    const example = fc.record({
      folder: fc.option(fc.dictionary(name, content, { maxKeys: 3 })),
      files: fc.array(fc.record({ key: name, content }), { maxLength: 2 }),
      literals: fc.dictionary(name, value, { maxKeys: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(example, async ({ files, folder, literals }) => {
        const { ours, theirs } = await answers({
          what: "generated",
          files: {
            ...Object.fromEntries(Object.entries(folder ?? {}).map(([file, bytes]) => [`config/${file}`, bytes])),
            ...Object.fromEntries(files.map((file, index) => [`file-${index}`, file.content])),
          },
          sources: {
            ...(folder ? { directories: ["config"] } : {}),
            files: files.map(({ key }, index) => ({ key, path: `file-${index}` })),
            literals,
          },
        });
        expect(ours).to.deep.equal(theirs);
      }),
      { numRuns: 80 },
    );
  });
});
