import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { tryLock } from "../../../files/lock.cjs";
import { temporaryDirectory } from "../../support/temporary-directory";

const lockModule = path.resolve(__dirname, "../../../files/lock.cjs");

describe("a lock", () => {
  let file: string;
  beforeEach(() => {
    file = path.join(temporaryDirectory(), "below", "stack.lock");
  });

  /** Another process that takes the lock, says whether it has it, and waits. */
  const other = async () => {
    const program = `import { tryLock } from ${JSON.stringify(lockModule)};
      console.log(tryLock(${JSON.stringify(file)}).held); setTimeout(() => {}, 60000);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    const end = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await once(child, "close");
    };
    return { pid: child.pid, held: said.toString().trim() === "true", end };
  };

  it("is held by one process, and names it to the others", async () => {
    const holder = await other();
    expect(holder.held).to.equal(true);
    expect(tryLock(file)).to.deep.equal({ held: false, by: holder.pid });
    await holder.end("SIGTERM");
  });

  it("ends with its process, however that ends", async () => {
    const holder = await other();
    await holder.end("SIGKILL");
    expect(fs.existsSync(file)).to.equal(true);
    const lock = tryLock(file);
    expect(lock.held).to.equal(true);
    if (lock.held) {
      lock.release();
    }
    expect(fs.existsSync(file)).to.equal(false);
  });

  it("is not mistaken for that of a process that got the same id later", function () {
    if (process.platform !== "linux") {
      this.skip();
    }
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, `${process.ppid} 1\n`);
    const lock = tryLock(file);
    expect(lock.held).to.equal(true);
    if (lock.held) {
      lock.release();
    }
  });

  it("goes to one of many that find a stale one at the same time", () => {
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, "999999999 1\n");
    const program = `import { tryLock } from ${JSON.stringify(lockModule)};
      if (tryLock(${JSON.stringify(file)}).held) { console.log("mine"); setTimeout(() => {}, 1500); }`;
    const racers = `for i in 1 2 3 4 5 6; do "${process.execPath}" --input-type=module --eval '${program}' & done; wait`;
    const { stdout } = spawnSync("sh", ["-c", racers], { encoding: "utf8" });
    expect(stdout.trim().split("\n")).to.deep.equal(["mine"]);
  });

  it("leaves nothing but itself behind", () => {
    const lock = tryLock(file);
    expect(fs.readdirSync(path.dirname(file))).to.deep.equal(["stack.lock"]);
    if (lock.held) {
      lock.release();
    }
  });
});
