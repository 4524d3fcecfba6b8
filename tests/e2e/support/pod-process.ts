import * as fs from "node:fs";

/**
 * Id of the process of a pod of the test node whose command line has a word in it: the node's pods run on this machine.
 *
 * @param uid of the pod
 */
export function processOf(uid: string, word: string): number {
  const pods = [uid, uid.replaceAll("-", "_")];
  const found = fs.readdirSync("/proc").find((entry) => {
    try {
      const cgroup = fs.readFileSync(`/proc/${entry}/cgroup`, "utf8");
      return (
        pods.some((name) => cgroup.includes(name)) && fs.readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(word)
      );
    } catch {
      return false;
    }
  });
  if (!found) {
    throw new Error(`no process of the pod ${uid} has ${word} in its command line`);
  }
  return Number(found);
}
