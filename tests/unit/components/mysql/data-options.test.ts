import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { optionFile, serverOptions, sized } from "../../../../components/mysql/server-options";
import { siteDatabases } from "../../../../components/mysql/users";
import type { ServerOptions } from "../../../../config/mysql/server-options";
import { temporaryDirectory } from "../../../support/temporary-directory";

const scripts = path.join(__dirname, "../../../../components/mysql/scripts");

/** Stands in for the server: tells the options of its file as the real one does, underscores as hyphens. */
const mysqld = `#!/bin/bash
[ -z "$FAILS" ] && [ -d "\${2#--datadir=}" ] || exit 1
sed -n 's/^\\([a-z_]*\\)=\\(.*\\)$/\\1 \\2/p' "\${1#--defaults-file=}" | while read -r name value; do echo "\${name//_/-}  $value"; done
`;
const zones = `#!/bin/bash
[ -d "$1/Europe" ] || exit 1
echo "TRUNCATE TABLE time_zone;"
echo "INSERT INTO time_zone_transition_type VALUES ('Local time zone must be set--see zic manual page');"
echo "Warning: Unable to load '$1/zone.tab' as time zone. Skipping it." >&2
`;

describe("data-options.sh, which looks after options that count for new data", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryDirectory();
    for (const [name, content] of Object.entries({ mysqld, mysql_tzinfo_to_sql: zones })) {
      fs.writeFileSync(path.join(folder, name), content, { mode: 0o755 });
    }
    fs.mkdirSync(path.join(folder, "zones/Europe"), { recursive: true });
    fs.writeFileSync(path.join(folder, "zones/Europe/Berlin"), "");
    fs.mkdirSync(path.join(folder, "data"));
  });

  const at = (file: string) => path.join(folder, file);
  const configure = (options: ServerOptions, file = "server.cnf") =>
    fs.writeFileSync(
      at(file),
      optionFile(
        serverOptions({
          ...sized({ databases: siteDatabases({ blog: {} }) }),
          configured: [["mysql.options", options]],
        }),
      ),
    );
  const run = (command: string, environment: Record<string, string> = {}) => {
    const { status, stderr, stdout } = spawnSync(
      "bash",
      ["--norc", "-c", `set -euo pipefail; say() { echo "$*"; }; . ${scripts}/data-options.sh; ${command}`],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          PATH: `${folder}:${process.env["PATH"] ?? ""}`,
          CONFIGURATION: folder,
          ZONES: at("zones"),
          ...environment,
        },
      },
    );
    return { status, output: stdout + stderr };
  };

  it("M1 gives who makes data every option that a stack may choose, and none of the program's", () => {
    configure({ lower_case_table_names: 1, innodb_page_size: "32k", "loose-validate_password.policy": "LOW" });
    expect(run(`initial_options ${at("initial.cnf")}`).status).to.equal(0);
    const lines = fs.readFileSync(at("initial.cnf"), "utf8").split("\n");
    expect(lines[0]).to.equal("[mysqld]");
    expect(lines).to.include.members([
      "loose_lower_case_table_names=1",
      "loose_innodb_page_size=32k",
      "loose_collation_server=utf8mb4_0900_ai_ci",
    ]);
    expect(lines.filter((line) => /datadir|init_file|socket|gtid|bind/.test(line))).to.be.empty;
  });

  it("M1 finds the option file of a member, too", () => {
    configure({ lower_case_table_names: 1 }, "replica.cnf");
    expect(run("server_option_file").output.trim()).to.equal(at("replica.cnf"));
    fs.rmSync(at("replica.cnf"));
    expect(run(`initial_options ${at("initial.cnf")}`).status).to.not.equal(0);
  });

  it("M1 refuses another value for data that there is, in words, and changes nothing", () => {
    configure({ lower_case_table_names: 1 });
    expect(run(`note_lasting_options ${at("data")}`).status).to.equal(0);
    const check = `lasting_options_kept ${at("server.cnf")} ${at("data")}`;
    expect(run(check)).to.deep.equal({ status: 0, output: "" });
    configure({ lower_case_table_names: 0, long_query_time: 2 });
    const { output, status } = run(check);
    expect(status).to.equal(1);
    expect(output).to.contain("REFUSED: mysql.options.lower_case_table_names is 0, and this data was made with 1");
    expect(output).to.contain("Put it back to 1");
    expect(output).to.not.contain("long_query_time");
  });

  it("M1 leaves the decision to the server where nobody knows what the data was made with, or is to have", () => {
    configure({ lower_case_table_names: 1 });
    const check = `lasting_options_kept ${at("server.cnf")} ${at("data")}`;
    expect(run(check).status, "data from elsewhere").to.equal(0);
    expect(run(`note_lasting_options ${at("data")}`, { FAILS: "yes" }).status).to.equal(0);
    expect(run(check).status, "a server that did not say").to.equal(0);
    run(`note_lasting_options ${at("data")}`);
    configure({ lower_case_table_names: 0 });
    expect(run(check, { FAILS: "yes" }).status, "a server that does not say").to.equal(0);
  });

  it("M1 teaches a new server the time zones of the image", () => {
    configure({});
    expect(run(`time_zone_statements ${at("zones.sql")}`)).to.deep.equal({ status: 0, output: "" });
    expect(fs.readFileSync(at("zones.sql"), "utf8")).to.equal(
      "USE mysql;\nTRUNCATE TABLE time_zone;\nINSERT INTO time_zone_transition_type VALUES ('FCTY');\n",
    );
    fs.rmSync(at("zones"), { recursive: true });
    const without = run(`time_zone_statements ${at("zones.sql")}`);
    expect(without.status).to.equal(0);
    expect(without.output).to.contain("the server will know offsets such as +02:00 alone");
    expect(fs.readFileSync(at("zones.sql"), "utf8")).to.equal("DO 1;\n");
  });

  it("M1 refuses a time zone that the image lacks before it makes anything", () => {
    for (const zone of ["Europe/Berlin", "+02:00", "SYSTEM"]) {
      configure({ default_time_zone: zone });
      expect(run("time_zone_there"), zone).to.deep.equal({ status: 0, output: "" });
    }
    configure({ default_time_zone: "America/Lima" });
    const { output, status } = run("time_zone_there");
    expect(status).to.equal(1);
    expect(output).to.contain("REFUSED: mysql.options.default_time_zone is America/Lima").and.contain('"+02:00"');
  });
});
