import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../../engines/process";
import { stopEngines } from "../../../sandbox/engine";
import { stateFolder } from "../../../sandbox/state";

/** Takes an engine's power: nobody on the network gets a word of farewell, and what ran in its network has ended. */
export async function powerCut(number: number): Promise<void> {
  await run("ip", ["link", "set", `gp-engine${number}`, "down"]);
  const docker = fs.readFileSync(path.join(stateFolder("engine"), String(number), "docker.pid"), "utf8");
  process.kill(Number(docker), "SIGKILL");
  await stopEngines({ data: false, only: [number] });
}
