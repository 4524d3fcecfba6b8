import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { databases } from "../../../backup/databases";
import { temporaryDirectory } from "../../support/temporary-directory";

/** A server that makes a folder, and a client that answers a query at the end of what it reads. */
const programs = {
  mysqld: `case "$*" in
    *--initialize-insecure*) for one in "$@"; do case $one in --datadir=*) mkdir "\${one#*=}" ;; esac; done ;;
    *)
      trap 'exit 0' TERM
      echo $$ > "$HERE/pid"
      for _ in $(seq 600); do sleep 0.1; done
      ;;
  esac`,
  mysqladmin: `case "$*" in
    *ping*) [ -e "$HERE/pid" ] ;;
    *shutdown*) kill "$(cat "$HERE/pid")" ;;
  esac`,
  mysql: `case "$*" in
    *--execute*) echo 3 ;;
    *) sed -n "s/^SELECT '\\(.*\\)';$/\\1/p" ;;
  esac`,
  sync: "exit 0",
};

describe("B5 a database that is made of a dump", () => {
  const load = (dump: string) => {
    const home = temporaryDirectory();
    const [bin, volume] = [path.join(home, "bin"), path.join(home, "volume")];
    fs.mkdirSync(bin);
    fs.mkdirSync(volume);
    for (const [name, program] of Object.entries(programs)) {
      fs.writeFileSync(path.join(bin, name), `#!/bin/bash\n${program}\n`, { mode: 0o755 });
    }
    const script = databases.mysql.load.replaceAll("/var/lib/mysql", volume).replaceAll("/run/mysqld", home);
    const { status, stderr, stdout } = spawnSync("bash", ["-c", script], {
      env: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, HERE: home, end: "the end" },
      encoding: "utf8",
      input: dump,
      timeout: 60_000,
    });
    return { status, stderr, stdout, data: fs.existsSync(path.join(volume, "data")) };
  };

  it("gets its name when the whole dump was read", () => {
    const { data, status, stdout } = load("CREATE TABLE a (id INT);\nSELECT 'the end';\n");
    expect([status, stdout, data]).to.deep.equal([0, "tables 3\n", true]);
  });

  it("does not get its name when the pipe broke before its end, which looks like the end", () => {
    for (const dump of ["", "CREATE TABLE a (id INT);\n", "SELECT 'something else';\n"]) {
      const { data, status, stderr } = load(dump);
      expect([status, stderr.includes("the dump was cut off"), data], dump).to.deep.equal([1, true, false]);
    }
  });
});
