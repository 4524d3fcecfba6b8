import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { run } from "../../../engines/process";
import { temporaryDirectory } from "../../support/temporary-directory";

const shell = path.join(__dirname, "..", "..", "..", "sandbox", "shell");
const sources = `set -euo pipefail; source "${shell}/announce.sh"; source "${shell}/lock.sh"`;

/** Whether a process waits for the lock of a file: the kernel lists it behind who has it. */
function isAwaited(file: string): boolean {
  const inode = `:${fs.statSync(file).ino} `;
  return fs
    .readFileSync("/proc/locks", "utf8")
    .split("\n")
    .some((line) => line.includes("->") && line.includes(inode));
}

/** The sandbox needs Linux. */
const onLinux = process.platform === "linux" ? it : it.skip;

describe("the lock of a node or an engine", () => {
  onLinux("is taken anew by who waited for it, where the folder was removed meanwhile", async () => {
    const folder = path.join(temporaryDirectory(), "engines");
    const first = spawn("bash", [
      "-c",
      `${sources}; lock_folder "$0" engines; echo locked; read -r; rm -rf "$0"`,
      folder,
    ]);
    await new Promise((resolve) => first.stdout.once("data", resolve));

    const second = run("bash", ["-c", `${sources}; lock_folder "$0" engines; touch "$0/mine"`, folder]);
    while (!isAwaited(path.join(folder, "lock"))) {
      await setTimeout(10);
    }
    first.stdin.end("\n");
    await second;
    expect(fs.readdirSync(folder)).to.have.members(["lock", "mine"]);
  });
});
