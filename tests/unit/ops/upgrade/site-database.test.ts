import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { factsIn } from "../../../../ops/upgrade/site-database";
import { isLong } from "../../../support/long";
import { temporaryDirectory } from "../../../support/temporary-directory";

const script = fs.readFileSync(
  path.join(__dirname, "..", "..", "..", "..", "ops", "upgrade", "scripts", "site-database.sh"),
  "utf8",
);

/** A server's client that has tables in a folder: `own` and `aside`. Its call number $FAIL_AT fails, number $SILENT_AT says nothing. */
const client = `#!/bin/bash
calls=$(($(cat "$WORLD/calls" 2>/dev/null || echo 0) + 1))
echo "$calls" > "$WORLD/calls"
statement="\${*: -1}"
if [ "$calls" = "\${FAIL_AT:-}" ]; then echo "ERROR 1040: Too many connections" >&2; exit 1; fi
if [ "$calls" = "\${SILENT_AT:-}" ]; then exit 0; fi
own=$(cat "$WORLD/own"); aside=$(cat "$WORLD/aside")
case $statement in
  *"RENAME TABLE"*) echo "$own" > "$WORLD/aside"; echo 0 > "$WORLD/own" ;;
  *GROUP_CONCAT*) echo "one TO other" ;;
  *"DROP DATABASE"*_undone*) echo 0 > "$WORLD/aside" ;;
  *"DROP DATABASE"*) echo "$own" >> "$WORLD/dropped"; echo 0 > "$WORLD/own" ;;
  *"CREATE TABLE"*restored*) echo yes > "$WORLD/restored" ;;
  *"CREATE DATABASE"*) rm -f "$WORLD/restored" ;;
  *"COUNT(*) FROM information_schema.tables"*_undone*"<> 'restored'"*) echo "$aside" ;;
  *"COUNT(*) FROM information_schema.tables"*_undone*"= 'restored'"*) [ -e "$WORLD/restored" ] && echo 1 || echo 0 ;;
  *"COUNT(*) FROM information_schema.tables"*_undone*) echo "$aside" ;;
  *"COUNT(*) FROM information_schema.tables"*"'migrations'"*) echo 1 ;;
  *"COUNT(*) FROM information_schema.tables"*) echo "$own" ;;
  *"COUNT(*) FROM information_schema.triggers"*) echo 0 ;;
  *"SUM(data_length"*) echo 4096 ;;
  *"FROM migrations"*) echo 349-1 ;;
  *"CONCAT_WS('-'"*) echo 349-1-2-3-4 ;;
  ghost_blog) cat > "$WORLD/loaded"; echo 99 > "$WORLD/own"; tail -n 1 "$WORLD/loaded" | sed -n "s/^SELECT '\\(.*\\)';$/\\1/p" ;;
  *) echo "no answer for: $statement" >&2; exit 9 ;;
esac
`;

interface Outcome {
  status: number | null;
  output: string;
  /** Tables in the database, beside it, and of what was dropped. */
  own: number;
  aside: number;
  dropped: number[];
  calls: number;
  restored: boolean;
}

function run(
  action: string,
  input: string,
  { aside = 0, own = 99 }: { own?: number; aside?: number },
  faults: { FAIL_AT?: string; SILENT_AT?: string } = {},
): Outcome {
  const world = temporaryDirectory();
  const read = (name: string) => {
    const file = path.join(world, name);
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim() : "";
  };
  fs.writeFileSync(path.join(world, "mysql"), client, { mode: 0o755 });
  fs.writeFileSync(
    path.join(world, "df"),
    '#!/bin/sh\nprintf "Filesystem 1024-blocks Used Available Capacity Mounted on\\n/dev/x 1000 400 600 40%% /var/lib/mysql\\n"\n',
    { mode: 0o755 },
  );
  fs.writeFileSync(path.join(world, "own"), String(own));
  fs.writeFileSync(path.join(world, "aside"), String(aside));
  const env = { ...process.env, PATH: `${world}:${process.env["PATH"] ?? ""}`, WORLD: world, ...faults };
  const { status, stderr, stdout } = spawnSync("bash", ["-c", script], {
    env: { ...env, action, database: "ghost_blog", end: "whole" },
    input,
    encoding: "utf8",
  });
  return {
    status,
    output: stdout + stderr,
    own: Number(read("own")),
    aside: Number(read("aside")),
    dropped: read("dropped").split("\n").filter(Boolean).map(Number),
    calls: Number(read("calls")),
    restored: read("restored") === "yes",
  };
}

const dump = "CREATE TABLE posts (id INT);\nSELECT 'whole';\n";

describe("a site's database around an upgrade", () => {
  it("B7 says what is in it, and how much room there is", () => {
    const { output } = run("look", "", {});
    expect(factsIn(output.split("\n"))).to.deep.equal({
      schema: "349-1-2-3-4",
      tables: 99,
      triggers: 0,
      aside: 0,
      restored: false,
      bytes: 4096,
      space: { free: 600 * 1024, size: 1000 * 1024 },
    });
  });

  it("B7 goes aside before the dump takes its place", () => {
    const { aside, dropped, restored, status } = run("restore", dump, {});
    expect({ status, aside, dropped, restored }).to.deep.equal({ status: 0, aside: 99, dropped: [0], restored: true });
  });

  it("B7 is loaded anew where the former run was cut off, and what went aside stays there", () => {
    const { aside, dropped, restored, status } = run("restore", dump, { own: 12, aside: 99 });
    expect({ status, aside, dropped, restored }).to.deep.equal({ status: 0, aside: 99, dropped: [12], restored: true });
  });

  it("B7 is not restored by a dump that breaks off", () => {
    const { aside, output, restored, status } = run("restore", "CREATE TABLE posts (id INT);\n", {});
    expect(status).to.equal(1);
    expect(output).to.contain("not read to their end");
    expect({ aside, restored }).to.deep.equal({ aside: 99, restored: false });
  });

  for (const fault of ["FAIL_AT", "SILENT_AT"] as const) {
    // One of each two is asked wrongly in this way, the other in that: all, in both, with --long.
    const first = isLong || fault === "FAIL_AT" ? 1 : 2;
    const step = isLong ? 1 : 2;
    it(`B7 loses nothing where a question ${fault === "FAIL_AT" ? "fails" : "gets no answer"}, whichever`, () => {
      const { calls } = run("restore", dump, {});
      expect(calls).to.be.above(8);
      for (let at = first; at <= calls; at += step) {
        const { dropped, own, aside, restored, status } = run("restore", dump, {}, { [fault]: String(at) });
        expect(dropped, `${fault} ${at}: of what nobody has put aside`).to.not.include(99);
        expect(own + aside, `${fault} ${at}: tables`).to.be.at.least(99);
        if (status === 0 && restored) {
          expect(own, `${fault} ${at}: loaded`).to.equal(99);
        }
        if (fault === "FAIL_AT") {
          expect(status, `${fault} ${at}`).to.not.equal(0);
        }
      }
    });

    it(`B7 tells nothing where a question about it ${fault === "FAIL_AT" ? "fails" : "gets no answer"}`, () => {
      const { calls } = run("look", "", {});
      for (let at = first; at <= calls; at += step) {
        const { output, status } = run("look", "", {}, { [fault]: String(at) });
        const told = status === 0 ? () => factsIn(output.split("\n")) : () => undefined;
        if (fault === "FAIL_AT") {
          expect(status, output).to.not.equal(0);
        } else if (status === 0 && !/^schema \S*-/m.test(output)) {
          expect(told).to.throw("did not say");
        }
      }
    });
  }
});
