import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { lockFolder, type LockTimes } from "../../../../backup/store/folder-lock";
import { UserError } from "../../../../errors";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("B5 C3 the lock of a stack's backups", () => {
  const times: LockTimes = { beat: 0.02, watch: 0.4 };
  let folder: string;
  let file: string;
  const lock = (command: string) => lockFolder(folder, command, { times });
  const written = () => JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, string | number>;
  /** Leaves a lock as another process would, with these things different from one of this process. */
  const left = async (over: Record<string, string | number>) => {
    const own = await lock("create");
    const holder = { ...written(), ...over };
    own?.release();
    fs.writeFileSync(file, `${JSON.stringify(holder)}\n`);
    return holder;
  };
  /** Changes it now and then, as a holder that lives does. */
  const beating = (holder: object) => {
    let beats = 0;
    const timer = setInterval(
      () => fs.writeFileSync(file, `${JSON.stringify({ ...holder, beats: (beats += 1) })}\n`),
      20,
    );
    return () => clearInterval(timer);
  };
  const elsewhere = { machine: "another", host: "north", boot: "other 1" };
  const endedProcess = () => spawnSync("true").pid;
  beforeEach(() => {
    folder = temporaryDirectory();
    file = path.join(folder, ".lock");
  });

  it("is one command's at a time, which the others are told", async () => {
    const held = await lock("create");
    const failure = await rejection(lock("prune"));
    expect(failure).to.be.instanceOf(UserError);
    expect(failure.message).to.match(/in use by `create` of \S+ on \S+ \(process \d+, begun /);
    held?.release();
    expect(fs.readdirSync(folder)).to.deep.equal([]);
    (await lock("prune"))?.release();
  });

  it("goes to one of many that ask at the same moment", async () => {
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => lock(`verify ${index}`)));
    expect(all.filter(({ status }) => status === "fulfilled")).to.have.length(1);
  });

  it("changes while its holder lives, whatever the time is", async () => {
    const held = await lock("create");
    const first = fs.readFileSync(file, "utf8");
    while (fs.readFileSync(file, "utf8") === first) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(written()["since"]).to.equal((JSON.parse(first) as { since: string }).since);
    held?.release();
  });

  it("of a process of this machine that has ended is taken at once", async () => {
    await left({ pid: endedProcess(), started: "1" });
    const held = await lock("create");
    expect(written()["pid"]).to.equal(process.pid);
    held?.release();
  });

  it("of a process whose number came again is taken, too", async () => {
    await left({ started: "1" });
    const held = await lock("create");
    expect(written()["started"]).to.not.equal("1");
    held?.release();
  });

  it("of another machine is respected: while it changes, and where nobody knows", async () => {
    const holder = await left({ ...elsewhere, pid: endedProcess(), since: "1999-01-01T00:00:00.000Z" });
    const stop = beating(holder);
    expect((await rejection(lock("prune"))).message)
      .to.contain("in use by `create`")
      .and.contain("on north");
    stop();
    fs.writeFileSync(file, `${JSON.stringify(holder)}\n`);
    const unknown = await rejection(lock("prune"));
    expect(unknown).to.be.instanceOf(UserError);
    expect(unknown.message).to.contain("cannot be known from here").and.contain(`rm ${file}`);
    expect(written()).to.deep.equal(holder);
  });

  it("of this machine before it was started anew is taken, unless a copy of this machine keeps it alive", async () => {
    const [, space = ""] = String((await left({}))["boot"]).split(" ");
    fs.rmSync(file);
    const holder = await left({ boot: `before ${space}`, pid: endedProcess() });
    const stop = beating(holder);
    expect((await rejection(lock("prune"))).message).to.contain("in use by");
    stop();
    const held = await lock("prune");
    expect(written()["command"]).to.equal("prune");
    held?.release();
  });

  it("that is damaged, or a folder, is nobody's to take", async () => {
    fs.writeFileSync(file, "{");
    expect((await rejection(lock("prune"))).message).to.contain("does not say its name");
    fs.rmSync(file);
    fs.mkdirSync(file);
    expect(await rejection(lock("prune"))).to.be.instanceOf(UserError);
    expect(fs.statSync(file).isDirectory()).to.equal(true);
  });

  it("that somebody has removed, or taken, is noticed before anything more is done, and left alone", async () => {
    const held = await lock("create");
    held?.mustHold();
    fs.rmSync(file);
    expect(() => held?.mustHold()).to.throw(UserError, "is not ours any more");
    const other = await lock("prune");
    expect(() => held?.mustHold()).to.throw(UserError, "is not ours any more");
    held?.release();
    other?.mustHold();
    other?.release();
  });

  it("is told where the folder is none", async () => {
    const place = path.join(folder, "file");
    fs.writeFileSync(place, "");
    const failure = await rejection(lockFolder(place, "create", { times }));
    expect(failure).to.be.instanceOf(UserError);
    expect(failure.message).to.contain(`${place} is no folder`).and.contain("--directory");
  });
});
