import * as fs from "node:fs";
import * as path from "node:path";
import type { RawConfig } from "../../../config/files/machine";
import { DockerEngine } from "../../../engines/docker-engine";
import { run, succeeds } from "../../../engines/process";
import { startEngines, startSsh, stopEngines } from "../../../sandbox/engine";
import { loadIntoDocker, type ImageName } from "../../../sandbox/images";
import { swarmImages } from "./stack-images";
import { stateFolder } from "../../../sandbox/state";
import { temporaryDirectory } from "../../support/temporary-directory";
import { Place } from "./place";
import { Engine } from "./swarm-place";

/** Engines by the name of the machine they stand for: the first has the images, so what runs tasks is there. */
const numbers = { worker1: 1, manager1: 2, manager2: 3, manager3: 4, worker2: 5 } as const;
export type MachineName = keyof typeof numbers;
export const machineNames = Object.keys(numbers) as MachineName[];

const scripts = path.join(__dirname, "..", "..", "..", "sandbox", "engine");
const folder = stateFolder("engine");

/** Five machines that are to be a swarm, and the commands on it. */
export interface ClusterPlace {
  place: Place;
  /** Engines as the tests look at them. */
  machines: Record<MachineName, Engine>;
  address: (machine: MachineName) => string;
  /** Puts other roles, labels or availabilities over the machines. */
  configure: (over: Partial<Record<MachineName, RawConfig>>, swarm?: RawConfig) => void;
  stop: (machine: MachineName) => Promise<void>;
  start: (machine: MachineName) => Promise<void>;
  /** Takes every machine out of its swarm, with all that is stored; images stay on the first. */
  erase: () => Promise<void>;
  /** Leaves engine 1 in no swarm, as others want it, and stops the rest. */
  remove: () => Promise<void>;
}

/** The engine's number in a shell, from the machine's name. */
const numberOf = `$(case {node} in ${machineNames.map((name) => `${name}) echo ${numbers[name]};;`).join(" ")} esac)`;

/** A command that ends an engine and its containers as a power cut would. */
export const powerCut = `i=${numberOf}; kill -KILL $(cat ${folder}/$i/docker.pid); ${path.join(scripts, "down.sh")} ${folder} $i`;

/**
 * Five engines of this machine, in no swarm.
 *
 * @param images what the first worker has
 * @param options.second what the second worker has; default: busybox
 * @param options.ssh name them as machines that are reached over ssh, and know systemctl
 */
export async function clusterPlace(
  stack: string,
  images: readonly ImageName[],
  options: { second?: readonly ImageName[]; ssh?: boolean } = {},
): Promise<ClusterPlace> {
  const engines = await startEngines(machineNames.length);
  const hostOf = (name: MachineName) => engines[numbers[name] - 1]?.host ?? "";
  const address = (name: MachineName) => engines[numbers[name] - 1]?.address ?? "";
  const environment: Record<string, string> = {};
  const erase = async () => {
    await stopEngines({ data: true, only: Object.values(numbers).slice(1) });
    await stopEngines({ data: false, only: [1] });
    for (const part of ["swarm", "volumes", "containers", "network"]) {
      fs.rmSync(path.join(folder, "1", "data", part), { recursive: true, force: true });
    }
    await startEngines(machineNames.length);
    if (options.ssh) {
      // The ssh servers have ended with their engines.
      environment["PATH"] = `${await startSsh(Object.values(numbers))}:${process.env["PATH"]}`;
    }
  };
  await erase();
  await loadIntoDocker(hostOf("worker1"), images);
  await loadIntoDocker(hostOf("worker2"), options.second ?? ["busybox"]);
  const place = new Place(stack, temporaryDirectory(), environment);
  const configure: ClusterPlace["configure"] = (over, swarm = {}) => {
    const nodes = Object.fromEntries(
      machineNames.map((name) => {
        const [script, start] = [path.join(scripts, "down.sh"), path.join(scripts, "up.sh")];
        const role = name.startsWith("manager") ? "manager" : "worker";
        const own: RawConfig = options.ssh
          ? { host: `ssh://root@${address(name)}`, role }
          : {
              host: hostOf(name),
              address: address(name),
              role,
              stop: `${script} ${folder} ${numbers[name]}`,
              start: `${start} ${folder} --only ${numbers[name]}`,
            };
        return [name, { ...own, ...over[name] }];
      }),
    );
    place.reset();
    place.configure({
      images: { ...swarmImages },
      swarm: { nodes, encryptBackend: false, placement: ["node.labels.ghost-platform.node==worker1"], ...swarm },
    });
  };
  configure({});
  return {
    place,
    machines: Object.fromEntries(
      machineNames.map((name) => [name, new Engine(new DockerEngine(hostOf(name)))]),
    ) as Record<MachineName, Engine>,
    address,
    configure,
    stop: (name) => stopEngines({ data: false, only: [numbers[name]] }),
    start: async (name) => {
      await run(path.join(scripts, "up.sh"), [folder, "--only", String(numbers[name])], { timeout: 120 });
    },
    erase,
    remove: async () => {
      await succeeds("docker", ["--host", hostOf("worker1"), "swarm", "leave", "--force"], { timeout: 60 });
      await run("docker", ["--host", hostOf("worker1"), "volume", "prune", "--all", "--force"], { timeout: 60 }).catch(
        // Engines before 23 remove those with names, too, and know no --all.
        () => run("docker", ["--host", hostOf("worker1"), "volume", "prune", "--force"], { timeout: 60 }),
      );
      await stopEngines({ data: true, only: Object.values(numbers).slice(1) });
    },
  };
}
