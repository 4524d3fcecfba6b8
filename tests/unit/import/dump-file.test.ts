import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { UserError } from "../../../errors";
import { comparedVersions, differences, factsIn } from "../../../import/facts";
import { checkDump } from "../../../import/dump-file";
import { dumpRunning } from "../../../import/running-database";
import { fakePrograms } from "../../support/fake-programs";
import { rejection } from "../../support/rejection";
import { temporaryDirectory } from "../../support/temporary-directory";

const dump = (server: string, end = "-- Dump completed on 2026-11-29  3:37:40\n") =>
  `-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost\n-- Server version\t${server}\n\n${"INSERT INTO `posts` VALUES (1);\n".repeat(2000)}${end}`;

describe("B6 a dump is looked at before anything is touched", () => {
  const fileOf = (content: string | Buffer) => {
    const file = path.join(temporaryDirectory(), "ghost.sql");
    fs.writeFileSync(file, content);
    return file;
  };
  const refused = async (content: string | Buffer) => {
    const error = await rejection(checkDump(fileOf(content)));
    expect(error).to.be.instanceOf(UserError);
    return error.message;
  };

  it("one that is whole is taken, as it is or by gzip", async () => {
    expect(await checkDump(fileOf(dump("8.0.36")))).to.deep.equal([]);
    expect(await checkDump(fileOf(gzipSync(dump("8.0.36"))))).to.deep.equal([]);
  });

  it("of MySQL 5.7 it is tried, and said", async () => {
    expect((await checkDump(fileOf(dump("5.7.44")))).join()).to.contain("MySQL 5.7.44");
  });

  for (const [what, content, words] of [
    ["cut off", dump("8.0.36", ""), "is cut off"],
    ["cut off within gzip", gzipSync(dump("8.0.36")).subarray(0, 200), "gzip cannot read it to its end"],
    ["of MariaDB", dump("10.11.6-MariaDB-0+deb12u1"), "is of MariaDB"],
    ["of SQLite", "SQLite format 3\0rest", "is of SQLite"],
    ["of SQLite as text", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", "is of SQLite"],
    ["Ghost's JSON", '{"db":[{}]}', "is JSON"],
    ["something else", "hello\n", "is not what mysqldump writes"],
    ["empty", "", "is empty"],
  ] as const) {
    it(`one that is ${what} is refused`, async () => {
      expect(await refused(content)).to.contain(words);
    });
  }

  it("a file that is not there, and a folder, are told in words", async () => {
    expect((await rejection(checkDump("/nowhere/a.sql"))).message).to.contain("/nowhere/a.sql cannot be read");
    expect((await rejection(checkDump(temporaryDirectory()))).message).to.contain("is no file");
  });
});

describe("B6 the database of a site that runs is dumped", () => {
  const login = { host: "db", port: 3307, user: "ghost", password: 'hid"den\\', database: "prod" };

  it("with its own login, which stands in no argument", async () => {
    const folder = temporaryDirectory();
    const calls = fakePrograms({
      mysqldump: `case $1 in --version) echo "mysqldump Ver 8.0.36";; *) cat "\${1#*=}"; stat -c %a "\${1#*=}";; esac`,
    });
    const file = await dumpRunning(login, folder);
    expect(calls().join("\n")).to.contain("--set-gtid-purged=OFF prod").and.to.not.contain("hid");
    const written = (await import("node:zlib")).gunzipSync(fs.readFileSync(file)).toString();
    expect(written).to.equal('[client]\nuser="ghost"\npassword="hid\\"den\\\\"\nhost="db"\nport=3307\n600\n');
  });

  it("one that does not answer is told with the way to go", async () => {
    fakePrograms({ mysqldump: `case $1 in --version) echo MariaDB;; *) echo "Can't connect" >&2; exit 2;; esac` });
    const { message } = await rejection(dumpRunning(login, temporaryDirectory()));
    expect(message).to.contain("Can't connect").and.to.contain("--dump ghost.sql");
  });
});

describe("B6 what was counted", () => {
  it("is compared: a row less or more is told, but for tags that a migration adds", () => {
    const before = factsIn([
      "-- fact posts 3",
      "-- fact members 2",
      "-- fact tags 1",
      "INSERT INTO facts",
      "-- fact users 1",
    ]);
    expect(differences(before, { ...before, tags: "2" })).to.deep.equal([]);
    expect(differences(before, { ...before, members: "1" })).to.deep.equal(["members: 2 before, 1 after"]);
  });

  it("orders versions by number", () => {
    expect(comparedVersions("6.100", "6.65")).to.be.greaterThan(0);
    expect(comparedVersions("5.130", "6.0")).to.be.lessThan(0);
    expect(comparedVersions("6.65", "6.65")).to.equal(0);
  });
});
