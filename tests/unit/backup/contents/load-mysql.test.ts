import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { databases } from "../../../../backup/contents/databases";
import { temporaryDirectory } from "../../../support/temporary-directory";

/** A server that makes a folder, and a client that answers a query at the end of what it reads. */
const programs = {
  mysqld: `echo "$*" >> "$HERE/servers"
  case "$*" in
    *--version*) echo "/usr/sbin/mysqld  Ver 9.7.4 for Linux on x86_64" ;;
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
  mysql_tzinfo_to_sql: "echo 'INSERT INTO time_zone VALUES (1);'",
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
    const note = (name: string) => {
      const file = path.join(volume, "data", name);
      return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
    };
    const servers = fs.readFileSync(path.join(home, "servers"), "utf8").split("\n");
    return { status, stderr, stdout, data: fs.existsSync(path.join(volume, "data")), note, servers };
  };

  it("gets its name when the whole dump was read", () => {
    const { data, status, stdout } = load("CREATE TABLE a (id INT);\nSELECT 'the end';\n");
    expect([status, stdout, data]).to.deep.equal([0, "tables 3\n", true]);
  });

  it("is made with what the server's data were made with, and says so, and which server made it", () => {
    const made = "lower_case_table_names=1 innodb_page_size=16384 innodb_data_file_path=ibdata1:12M:autoextend";
    const { note, servers, status } = load(`-- made with ${made} datadir=/etc\nSELECT 'the end';\n`);
    expect(status).to.equal(0);
    const options = made.split(" ").map((option) => `--${option}`);
    for (const server of servers.slice(0, 2)) {
      expect(server).to.contain(options.join(" ")).and.to.not.contain("datadir=/etc");
    }
    expect(note("made-with")).to.equal(`${made.replaceAll(" ", "\n")}\n`);
    expect(note("served-by")).to.equal("9.7.4\n");
  });

  it("does not get its name when the pipe broke before its end, which looks like the end", () => {
    for (const dump of ["", "CREATE TABLE a (id INT);\n", "SELECT 'something else';\n"]) {
      const { data, status, stderr } = load(dump);
      expect([status, stderr.includes("the dump was cut off"), data], dump).to.deep.equal([1, true, false]);
    }
  });
});
