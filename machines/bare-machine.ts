import * as path from "node:path";
import { entriesOf, readText } from "../files/files";

/** Ids of people's accounts, as login.defs(5) has them. */
const firstPerson = 1000;
const lastPerson = 59_999;
const sshPort = 22;
/** A socket that listens, in /proc/net/tcp. */
const listening = "0A";
const loopback = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}F{4}0{4}[0-9A-F]{6}7F)$/;

/**
 * Signs that others than the person who runs this use the machine: people's accounts and programs, and what the machine serves to others besides ssh. A
 * machine without any is bare: a fresh one, or a container.
 *
 * @param root folder in which the machine's files are looked for. Default: /
 */
export function signsOfOthers(root = "/"): string[] {
  const accounts = (textOf(root, "etc/passwd") ?? "")
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([name, , uid, , , , shell = ""]) => isOther(Number(uid), name) && !/\/(nologin|false)$/.test(shell))
    .map(([name = ""]) => `it has the account ${name}`);
  const programs = entriesOf(path.join(root, "proc"))
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const status = textOf(root, `proc/${pid}/status`) ?? "";
      const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
      return isOther(uid) ? [`a program of user ${uid} runs (${/^Name:\s+(.+)/m.exec(status)?.[1] ?? pid})`] : [];
    });
  const ports = ["tcp", "tcp6"]
    .flatMap((table) => (textOf(root, `proc/net/${table}`) ?? "").split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === listening)
    .map(([, local = ""]) => local.split(":"))
    .filter(([address = ""]) => !loopback.test(address))
    .map(([, port = ""]) => Number.parseInt(port, 16))
    .filter((port) => port !== sshPort)
    .sort((left, right) => left - right)
    .map((port) => `it serves something on port ${port}`);
  return [...new Set([...accounts, ...programs, ...ports])];
}

function isOther(uid: number, name?: string): boolean {
  return (
    uid >= firstPerson &&
    uid <= lastPerson &&
    uid !== process.getuid?.() &&
    uid !== Number(process.env["SUDO_UID"]) &&
    (name === undefined || name !== process.env["SUDO_USER"])
  );
}

/** Undefined for what is not there, or goes while it is read, as programs do. */
function textOf(root: string, file: string): string | undefined {
  try {
    return readText(path.join(root, file));
  } catch {
    return undefined;
  }
}
