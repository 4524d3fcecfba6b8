import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../errors";
import {
  configMapContent,
  type ConfigMapContent,
  type ConfigMapSources,
} from "../../platforms/kubernetes/files/config-map";

/** Files to make a ConfigMap from, and how. Paths are below one folder; text is written as UTF-8. */
export interface ConfigMapCase {
  what: string;
  files?: Record<string, string | Buffer>;
  /** Links by path, and where they lead. */
  links?: Record<string, string>;
  sources: ConfigMapSources;
}

/** What became of a case: the content, or a refusal. */
export type Answer = ConfigMapContent | "refused";

/** Environment of the cases, for variables that take their value from it. */
export const environment = { FROM_OUTSIDE: "a b", EMPTY: "" };

/** Every rule of `kubectl create configmap`, with what kubectl 1.34.4 answers; the end-to-end tests ask it again. */
export const recordedCases: readonly (ConfigMapCase & { answer: Answer })[] = [
  {
    what: "a folder: its files, not its folders, not its links",
    files: { "config/game.properties": "lives=3\n", "config/.hidden": "x", "config/deep/other": "y", outside: "z" },
    links: { "config/link": "../outside" },
    sources: { directories: ["config"] },
    answer: { data: { ".hidden": "x", "game.properties": "lives=3\n" } },
  },
  {
    what: "a folder with a file whose name is no key",
    files: { "config/a b": "x" },
    sources: { directories: ["config"] },
    answer: "refused",
  },
  {
    what: "files, by their own name and by another; a link is followed",
    files: { "config/game.properties": "lives=3", ui: "" },
    links: { link: "ui" },
    sources: { files: ["config/game.properties", { key: "ui.properties", path: "ui" }, "link"] },
    answer: { data: { "game.properties": "lives=3", link: "", "ui.properties": "" } },
  },
  {
    what: "a file that is not UTF-8, and one that only looks so",
    files: {
      logo: Buffer.from([0xff, 0xd8, 0x00]),
      surrogate: Buffer.from([0xed, 0xa0, 0x80]),
      nul: "a\0b",
      mark: "\ufeffa",
    },
    sources: { files: ["logo", "surrogate", "nul", "mark"] },
    answer: { data: { mark: "\ufeffa", nul: "a\0b" }, binaryData: { logo: "/9gA", surrogate: "7aCA" } },
  },
  { what: "a file that is not there", sources: { files: ["missing"] }, answer: "refused" },
  {
    what: "one key from a folder and a file",
    files: { "config/a": "1", a: "2" },
    sources: { directories: ["config"], files: ["a"] },
    answer: "refused",
  },
  {
    what: "one key from a file and a value",
    files: { a: "1" },
    sources: { files: ["a"], literals: { a: "2" } },
    answer: "refused",
  },
  {
    what: "values: everything behind the first =",
    sources: { literals: { "special.how": "very", "special-type": "a=b=c ", EMPTY: "", "1": "a digit" } },
    answer: { data: { "1": "a digit", EMPTY: "", "special-type": "a=b=c ", "special.how": "very" } },
  },
  { what: "a value whose key has a space", sources: { literals: { "a b": "1" } }, answer: "refused" },
  { what: "a key of dots", sources: { literals: { "..a": "1" } }, answer: "refused" },
  { what: "a key that is a dot", sources: { literals: { ".": "1" } }, answer: "refused" },
  { what: "a key of 254 characters", sources: { literals: { ["k".repeat(254)]: "1" } }, answer: "refused" },
  {
    what: "an env file: comments, quotes, spaces, # in a value, empty values",
    files: {
      "game.env":
        "enemies=aliens\n\n# comment\n   # comment behind spaces\n  lives=3\nquoted=\"many lives\"\nsingle='3'\ncolour=#fff # not a comment\ntrailing=a \t\nempty=\nequal=a=b\n.dot=1\n-dash=2\nlast=no newline",
    },
    sources: { envFiles: ["game.env"] },
    answer: {
      data: {
        "-dash": "2",
        ".dot": "1",
        colour: "#fff # not a comment",
        empty: "",
        enemies: "aliens",
        equal: "a=b",
        last: "no newline",
        lives: "3",
        quoted: '"many lives"',
        single: "'3'",
        trailing: "a \t",
      },
    },
  },
  {
    what: "an env file from Windows: a byte order mark, and CRLF",
    files: { "game.env": "\ufeffa=1\r\nb=2\r\r\n" },
    sources: { envFiles: ["game.env"] },
    answer: { data: { a: "1", b: "2\r" } },
  },
  {
    what: "names without a value: from the environment, else empty",
    files: { "game.env": "FROM_OUTSIDE\nEMPTY\nNOT_THERE\nconstructor\n" },
    sources: { envFiles: ["game.env"] },
    answer: { data: { EMPTY: "", FROM_OUTSIDE: "a b", NOT_THERE: "", constructor: "" } },
  },
  { what: "export", files: { "a.env": "export A=1\n" }, sources: { envFiles: ["a.env"] }, answer: "refused" },
  { what: "a space before =", files: { "a.env": "A =1\n" }, sources: { envFiles: ["a.env"] }, answer: "refused" },
  {
    what: "a name that begins with a digit",
    files: { "a.env": "1A=1\n" },
    sources: { envFiles: ["a.env"] },
    answer: "refused",
  },
  { what: "no name", files: { "a.env": "=1\n" }, sources: { envFiles: ["a.env"] }, answer: "refused" },
  {
    what: "a mark that is not at the beginning",
    files: { "a.env": "a=1\n\ufeffb=2\n" },
    sources: { envFiles: ["a.env"] },
    answer: "refused",
  },
  {
    what: "bytes that are not UTF-8, even in a comment",
    files: { "a.env": Buffer.from("#\xff\n", "latin1") },
    sources: { envFiles: ["a.env"] },
    answer: "refused",
  },
  {
    what: "a variable twice in an env file",
    files: { "a.env": "A=1\nA=1\n" },
    sources: { envFiles: ["a.env"] },
    answer: "refused",
  },
  {
    what: "several env files",
    files: { "a.env": "A=1\n", "b.env": "B=2\n" },
    sources: { envFiles: ["a.env", "b.env"] },
    answer: { data: { A: "1", B: "2" } },
  },
  {
    what: "a variable in two env files",
    files: { "a.env": "A=1\n", "b.env": "A=2\n" },
    sources: { envFiles: ["a.env", "b.env"] },
    answer: "refused",
  },
  {
    what: "an env file beside values",
    files: { "a.env": "A=1\n" },
    sources: { envFiles: ["a.env"], literals: { B: "2" } },
    answer: "refused",
  },
  { what: "no source", sources: {}, answer: {} },
];

/** Writes the files of a case, and returns its sources with absolute paths. */
export function laidOut({ files = {}, links = {}, sources }: ConfigMapCase, folder: string): ConfigMapSources {
  const absolute = (file: string) => path.join(folder, file);
  for (const directory of sources.directories ?? []) {
    fs.mkdirSync(absolute(directory), { recursive: true });
  }
  for (const [file, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(absolute(file)), { recursive: true });
    fs.writeFileSync(absolute(file), content);
  }
  Object.entries(links).forEach(([link, target]) => fs.symlinkSync(target, absolute(link)));
  return {
    ...(sources.directories ? { directories: sources.directories.map(absolute) } : {}),
    ...(sources.files
      ? {
          files: sources.files.map((file) =>
            typeof file === "string" ? absolute(file) : { ...file, path: absolute(file.path) },
          ),
        }
      : {}),
    ...(sources.literals ? { literals: sources.literals } : {}),
    ...(sources.envFiles ? { envFiles: sources.envFiles.map(absolute) } : {}),
  };
}

/** What this project makes of sources. */
export function ourAnswer(sources: ConfigMapSources): Answer {
  try {
    return configMapContent(sources, environment);
  } catch (error) {
    if (error instanceof UserError) {
      return "refused";
    }
    throw error;
  }
}
