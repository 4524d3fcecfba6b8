import * as os from "node:os";
import * as path from "node:path";
import { makeFolder } from "../../files/files";

/**
 * Options of each ssh to a machine of a swarm: it asks nobody, gives up in time, and its connection serves the next one too. A new connection
 * takes about 0.3 s, and to make a swarm of five machines takes hundreds of commands.
 */
export function sshOptions(): string[] {
  // ssh fails when it cannot put its socket there. The folder is its own, and for its owner only.
  const { homedir } = os.userInfo();
  makeFolder(path.join(homedir, ".ssh"));
  return [
    "BatchMode=yes",
    // docker tries twice, and has 15 s in all.
    "ConnectTimeout=6",
    // A machine that went away is noticed after 15 s.
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "ControlMaster=auto",
    "ControlPath=~/.ssh/ghost-platform-%C",
    "ControlPersist=60",
  ].flatMap((option) => ["-o", option]);
}
