import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../../support/temporary-directory";

const script = path.join(__dirname, "../../../../platforms/kubernetes/pods/scripts/volume-permissions.sh");
const hasBusybox = spawnSync("busybox", ["true"]).status === 0;
const me = process.getuid?.() ?? 0;
/** Somebody else. */
const app = me + 1000;

describe("H9 J3 the init container that gives a volume to its app", () => {
  let volume: string;
  let bin: string;
  beforeEach(() => {
    const folder = temporaryDirectory();
    volume = path.join(folder, "volume");
    bin = path.join(folder, "bin");
    for (const directory of [volume, bin]) {
      fs.mkdirSync(directory);
    }
    program("chown", 'echo "$@" >>"$NOTES"');
    fs.writeFileSync(notes(), "");
  });
  const notes = () => path.join(bin, "notes");
  const program = (name: string, body: string) =>
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const changed = () => fs.readFileSync(notes(), "utf8").trim();

  /** Runs it with a `chown` that only notes what it is to do; `sh` is busybox's where the machine has it. */
  const run = (user: number, directory = volume) => {
    const [shell, ...first] = hasBusybox ? ["busybox", "sh"] : ["sh"];
    const { status, stdout } = spawnSync(shell ?? "sh", [...first, script, directory, String(user)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, NOTES: notes() },
    });
    return { status, said: stdout };
  };

  it("gives an empty one over, its top alone", () => {
    fs.mkdirSync(path.join(volume, "lost+found"));
    const { said, status } = run(app);
    expect([status, changed()]).to.deep.equal([0, `-h ${app}:${app} ${volume}`]);
    expect(said).to.contain(`belongs to user ${app} now`);
  });

  it("leaves what is its own as it is, whatever is in it, and though root may not look into it", () => {
    fs.writeFileSync(path.join(volume, "mail.db"), "");
    expect(run(me)).to.include({ status: 0 });
    program("ls", "exit 1");
    expect(run(me)).to.include({ status: 0 });
    expect(changed()).to.equal("");
  });

  it("changes nothing of a folder that holds something, a hidden file or a link among it", () => {
    for (const entry of ["etc", ".hidden", "a b", "lost+found x", "-rf"]) {
      fs.symlinkSync("/", path.join(volume, entry));
      const { said, status } = run(app);
      expect(status, entry).to.equal(1);
      expect(said).to.contain(`holds ${entry} and belongs to user ${me}, not ${app}. Nothing was changed.`);
      fs.rmSync(path.join(volume, entry));
    }
    expect(changed()).to.equal("");
  });

  it("changes nothing that it cannot look at, and says where the server does not let it", () => {
    expect(run(app, `${volume}/away`)).to.include({ status: 1 });
    program("ls", "exit 1");
    expect(run(app).said).to.contain("cannot be read");
    program("ls", "exit 0");
    expect(changed()).to.equal("");
    program("chown", "exit 1");
    const { said, status } = run(app);
    expect(status).to.equal(1);
    expect(said).to.contain("root_squash").and.contain(`chown ${app}:${app}`);
  });
});
