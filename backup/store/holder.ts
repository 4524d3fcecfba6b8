import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import { codeOf } from "../format/files";

/*
 * A command that works on something others could work on, too: who it is, and whether it still lives. That is yes, no or unknown.
 */

/** Who holds something, as it says of itself. */
export interface Holder {
  token: string;
  /** What it does, for example `create`. */
  command: string;
  user: string;
  host: string;
  pid: number;
  /** When the process has started, in the kernel's count; empty outside Linux. */
  started: string;
  /** The machine since its last start, and its space of process ids; empty outside Linux. */
  machine: string;
  boot: string;
  /** By the clock of the holder. */
  since: string;
}

/** In words, for a message. */
export function wordsFor({ command, host, pid, since, user }: Holder): string {
  return `\`${command}\` of ${user} on ${host} (process ${pid}, begun ${since} by its clock)`;
}

/**
 * What is known of the process that holds something. `restarted`: it was on a machine that has the names of this one and was started anew since; so
 * has a copy of this machine, so its lock is watched like another's.
 */
export function lifeOf(
  { boot, host, machine, pid, started }: Holder,
  own: Holder,
): "alive" | "ended" | "restarted" | "unknown" {
  if (machine === "" || machine !== own.machine || host !== own.host) {
    return "unknown";
  }
  const [kernel, space] = boot.split(" ");
  const [ownKernel, ownSpace] = own.boot.split(" ");
  if (kernel !== ownKernel) {
    return kernel === "" || ownKernel === "" ? "unknown" : "restarted";
  }
  // In another container, processes have other numbers.
  return space === ownSpace && space !== "" ? lifeHere(pid, started) : "unknown";
}

function lifeHere(pid: number, started: string): "alive" | "ended" | "unknown" {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") {
      return "ended";
    }
  }
  const now = startOf(pid);
  if (now === "" || started === "") {
    return "unknown";
  }
  return now === started ? "alive" : "ended";
}

/** This process. */
export function holderOf(command: string): Holder {
  return {
    token: randomUUID(),
    command,
    user: userName(),
    host: os.hostname(),
    pid: process.pid,
    started: startOf(process.pid),
    machine: systemText("/etc/machine-id").trim(),
    boot: `${systemText("/proc/sys/kernel/random/boot_id").trim()} ${processSpace()}`,
    since: new Date().toISOString(),
  };
}

/** A process's start, in the kernel's count, because ids come again; empty where no such process runs. */
function startOf(pid: number): string {
  // The 22nd field; the second, the name in brackets, may hold spaces.
  return systemText(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[19] ?? "";
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // One without an entry in the system's list.
    return `user ${process.getuid?.() ?? ""}`;
  }
}

function processSpace(): string {
  try {
    return fs.readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** Reads what a holder has written of itself; undefined for what is none. */
export function holderIn(text: string): Holder | undefined {
  try {
    const found = JSON.parse(text) as Partial<Holder> | null;
    const { boot, command, host, machine, pid, since, started, token, user } = found ?? {};
    const texts = [boot, command, host, machine, since, started, token, user];
    const isWhole =
      texts.every((one) => typeof one === "string" && /^\P{C}{0,300}$/u.test(one)) && Number.isInteger(pid);
    return isWhole ? (found as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** What the system says in a file; empty where it says nothing. */
function systemText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
