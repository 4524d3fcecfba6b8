import * as fs from "node:fs";
import * as path from "node:path";
import { DockerEngine } from "../engines/docker-engine";
import { lastLine, runScript, type OnLine } from "./script";
import { stateFolder } from "./state";

/** A Docker Engine of the sandbox. */
export interface SandboxEngine {
  /** As in DOCKER_HOST. */
  host: string;
  /** Its address on the engines' network, for `docker swarm init --advertise-addr` and for ports published in host mode. */
  address: string;
}

/**
 * Starts engines on this machine, or finds them running. Each is a machine of its own to the others, with the name `node<i>`. Needs root.
 *
 * @param count 1 to 9; default 1
 */
export async function startEngines(count = 1, onLine?: OnLine): Promise<SandboxEngine[]> {
  return started([String(count)], onLine);
}

/** Starts one engine, or finds it running. */
export async function startEngine(number: number, onLine?: OnLine): Promise<SandboxEngine> {
  const [engine] = await started(["--only", String(number)], onLine);
  if (!engine) {
    throw new Error(`engine ${number} was not started`);
  }
  return engine;
}

async function started(which: readonly string[], onLine: OnLine | undefined): Promise<SandboxEngine[]> {
  const lines = await runScript("engine/up.sh", [stateFolder("engine"), ...which], onLine);
  return lines.filter((line) => line.startsWith("unix://")).map(engineOf);
}

/**
 * Starts ssh servers on engines that run, so that `ssh://root@ADDRESS` is a Docker host. They end with their engines.
 *
 * @returns a folder to be the first on PATH: its ssh may log in there
 */
export async function startSsh(numbers: readonly number[], onLine?: OnLine): Promise<string> {
  return lastLine(await runScript("engine/ssh.sh", [stateFolder("engine"), ...numbers.map(String)], onLine));
}

/**
 * Stops engines and their containers.
 *
 * @param options.data also delete their images, volumes and swarms; without it the next start finds them again
 * @param options.only numbers of the engines to stop; default: all
 */
export async function stopEngines(
  options: { data: boolean; only?: readonly number[] },
  onLine?: OnLine,
): Promise<void> {
  const numbers = (options.only ?? []).map(String);
  await runScript("engine/down.sh", [stateFolder("engine"), ...(options.data ? ["--data"] : []), ...numbers], onLine);
}

/** The engines of this machine's sandbox that answer. */
export async function runningEngines(): Promise<SandboxEngine[]> {
  const folder = stateFolder("engine");
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => /^[1-9]$/.test(name)) : [];
  const engines = names.map((name) => engineOf(`unix://${path.join(folder, name, "docker.sock")}`));
  const troubles = await Promise.all(engines.map(({ host }) => new DockerEngine(host).trouble()));
  return engines.filter((_, index) => troubles[index] === undefined);
}

function engineOf(host: string): SandboxEngine {
  return { host, address: `10.99.0.${path.basename(path.dirname(host))}` };
}
