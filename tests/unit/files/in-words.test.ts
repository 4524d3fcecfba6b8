import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { UserError } from "../../../errors";
import { entriesOf, readText, writeContent } from "../../../files/files";
import { fileErrorInWords } from "../../../files/in-words.cjs";
import { readOwnFile, type OwnFileKind } from "../../../files/own-file";
import { temporaryDirectory } from "../../support/temporary-directory";

describe("errors of the file system", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryDirectory();
  });

  it("I are words with the path, the cause and what to do, whatever is in the way", () => {
    const file = path.join(folder, "file");
    fs.writeFileSync(file, "");
    fs.symlinkSync(path.join(folder, "loop"), path.join(folder, "loop"));
    const cases: [work: () => unknown, path: string, cause: RegExp][] = [
      [() => readText(folder), folder, /it is a folder, where a file must be/],
      [
        () => readText(path.join(file, "below")),
        path.join(file, "below"),
        new RegExp(`${file} is a file, where a folder must be`),
      ],
      [() => entriesOf(file), file, /is a file, where a folder must be/],
      [() => writeContent(path.join(file, "below"), ""), file, /is a file, where a folder must be|is there already/],
      [() => writeContent(folder, ""), folder, /it is a folder|folder in its place/],
      [() => readText(path.join(folder, "loop")), path.join(folder, "loop"), /symbolic links in a circle/],
      [() => readText(path.join(folder, "x".repeat(300))), "x".repeat(300), /name is longer/],
    ];
    for (const [work, where, cause] of cases) {
      expect(work).to.throw(UserError, cause).with.property("message").that.contains(where);
    }
    // What was begun is not left behind.
    expect(
      fs.readdirSync(path.dirname(folder)).filter((name) => name.startsWith(`${path.basename(folder)}.`)),
    ).to.deep.equal([]);
  });

  it("I leave a file as it was when there is no space for the next", function () {
    const mount = path.join(folder, "small");
    fs.mkdirSync(mount);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", mount]).status !== 0) {
      // Only root mounts.
      this.skip();
    }
    try {
      const file = path.join(mount, "state.json");
      writeContent(file, "whole");
      expect(() => writeContent(file, "x".repeat(100_000))).to.throw(UserError, /no space left on its disk.*df -h/);
      expect(readText(file)).to.equal("whole");
      expect(fs.readdirSync(mount)).to.deep.equal(["state.json"]);
      spawnSync("mount", ["-o", "remount,ro", mount]);
      expect(() => writeContent(file, "")).to.throw(UserError, /mounted read-only/);
    } finally {
      spawnSync("umount", [mount]);
    }
  });

  it("I name who may not read or write a file", function () {
    if (process.getuid?.() !== 0) {
      this.skip();
    }
    fs.chmodSync(folder, 0o700);
    const program = `const { fileErrorInWords } = await import(${JSON.stringify(path.resolve(__dirname, "../../../files/in-words.cjs"))});
      process.setuid(65534);
      try { (await import("node:fs")).readFileSync(${JSON.stringify(path.join(folder, "x"))}); } catch (error) { console.log(fileErrorInWords(error)); }`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
    expect(stdout).to.match(/cannot be used: user \w+ may not do that\. Look at the rights .* \(EACCES\)/);
  });

  it("I are told apart from those of connections and programs, which have the same codes", () => {
    const error = (over: object) => Object.assign(new Error("x"), { code: "EACCES" }, over);
    expect(fileErrorInWords(error({ syscall: "open", path: "/a" }))).to.contain("/a cannot be used");
    expect(fileErrorInWords(error({ syscall: "connect", address: "/var/run/docker.sock" }))).to.equal(undefined);
    expect(fileErrorInWords(error({ syscall: "spawn docker", path: "docker" }))).to.equal(undefined);
    expect(fileErrorInWords(error({}))).to.equal(undefined);
    expect(fileErrorInWords(new Error("x"))).to.equal(undefined);
  });
});

describe("a file of ours that is damaged", () => {
  const kind = (format: "json" | "yaml"): OwnFileKind<Record<string, { value: string }>> => ({
    what: "a file of the tests",
    format,
    schema: z.record(z.string(), z.strictObject({ value: z.string() })),
    remedy: "Mend it",
  });

  it("I is told with what it is and what to do, and never with its content", () => {
    const file = path.join(temporaryDirectory(), "own");
    const damages: ["json" | "yaml", string, RegExp][] = [
      ["json", "", /it is empty/],
      ["json", '{"a": {"value": "sec', /not JSON, or was cut off/],
      ["json", "[]", /it is not what it should be/],
      ["json", '{"a": {"value": 5}}', /a\.value is not what it should be/],
      ["json", '{"a": {"value": "secret", "secret": 1}}', /a is not what it should be/],
      ["yaml", "a:\n  value: [secret\nb: }", /line 3 is not YAML/],
      ["yaml", "a: *secret", /not YAML|aliases/],
      ["yaml", "- secret", /not what it should be/],
    ];
    for (const [format, text, cause] of damages) {
      fs.writeFileSync(file, text);
      expect(() => readOwnFile(file, kind(format)), text)
        .to.throw(UserError, cause)
        .with.property("message")
        .that.matches(/own, a file of the tests, is damaged: .*\. Mend it$/)
        .and.does.not.contain("secret");
    }
  });
});
