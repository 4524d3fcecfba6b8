import * as fs from "node:fs";

/**
 * Id of the process of a pod of the test node whose command line has a word in it: the node's pods run on this machine.
 *
 * @param uid of the pod
 */
export function processOf(uid: string, word: string): number {
  return found([uid, uid.replaceAll("-", "_")], word, `the pod ${uid}`);
}

/** The same of a container of a test engine. */
export function processIn(container: string, word: string): number {
  return found([container], word, `the container ${container}`);
}

/** The newest, which is the program itself where a script has started it. */
function found(groups: readonly string[], word: string, where: string): number {
  const processes = fs
    .readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        const cgroup = fs.readFileSync(`/proc/${entry}/cgroup`, "utf8");
        const [program = ""] = fs.readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
        return (
          groups.some((name) => cgroup.includes(name)) &&
          fs.readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(word) &&
          !/(^|\/)(ba)?sh$/.test(program)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
  if (processes.length === 0) {
    throw new Error(`no process of ${where} has ${word} in its command line`);
  }
  return Math.max(...processes);
}
