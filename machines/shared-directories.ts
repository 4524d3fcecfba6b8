import { randomBytes } from "node:crypto";
import * as path from "node:path";
import { DockerEngine } from "../engines/docker-engine";
import { CommandError, UserError } from "../errors";
import { nodeDirectory } from "../config/swarm/network-storage";
import type { SwarmStackConfig } from "../config/schema";
import { nodesFor } from "../config/swarm/swarm-nodes";
import { readScripts } from "../platforms/scripts";
import { appsOf } from "../stacks/apps";

const scripts = readScripts(path.join(__dirname, "scripts"), ["try-directory.sh"]);

/** Where the containers of a try have the directory, as the script knows it. */
const place = "/shared";

/** A file system whose server is away answers after a minute or two. */
const tryLimitSeconds = 180;

/** A directory that an app takes for the same storage on every machine that may run it. */
export interface SharedDirectory {
  /** Key of the app's storage. */
  key: string;
  device: string;
  /** An image that these machines have. */
  image: string;
  /** Who writes there. */
  user: number;
  /** Machines that may run the app and can be asked, by name. */
  hosts: Record<string, string>;
  /** Whether there may be others, of which this program knows nothing. */
  others: boolean;
}

/** What was found on a machine. */
export interface Found {
  node: string;
  /** `broken`: it is mounted, and does not answer. `unknown`: it could not be tried. */
  state: "written" | "missing" | "denied" | "broken" | "unknown";
  /** File system and what is mounted, as the kernel names them; empty where it is not known. */
  mounted: string;
  /** Why it could not be tried. */
  reason: string;
  /** The machines whose files are there. */
  sees: string[];
}

/** The shared directories of a stack. */
export function sharedDirectories(config: SwarmStackConfig): SharedDirectory[] {
  const { swarm } = config;
  return appsOf(config)
    .flatMap(({ data }) => data?.(config) ?? [])
    .flatMap(({ image, key, placement, storage, user }) => {
      const device = nodeDirectory(storage);
      if (!storage.shared || device === undefined) {
        return [];
      }
      const named = nodesFor(swarm, placement).map((node) => [node, swarm.nodes?.[node]?.host ?? ""] as const);
      const alone = swarm.nodes === undefined && swarm.singleNode ? [["this engine", swarm.host] as const] : [];
      const hosts = Object.fromEntries([...named, ...alone]);
      return [{ key: `${key}.storage`, device, image, user, hosts, others: named.length + alone.length === 0 }];
    });
}

/**
 * Tries a directory on every machine that may run the app, as the user who will write there: each leaves an empty file and looks for those of the
 * others. The files are gone afterwards.
 */
export async function triedDirectory(directory: SharedDirectory): Promise<Found[]> {
  const attempt = randomBytes(6).toString("hex");
  const found = await Promise.all(
    Object.entries(directory.hosts).map(async ([node, host]) => ({
      host,
      ...(await written(directory, host, attempt, node)),
    })),
  );
  const there = found.filter(({ state }) => state === "written");
  const names = there.map(({ node }) => node);
  const on = (host: string, action: string) =>
    new DockerEngine(host).lines(container(directory, action, attempt, ...names), { timeout: tryLimitSeconds });
  try {
    return await Promise.all(
      found.map(async ({ host, ...rest }): Promise<Found> => {
        if (rest.state !== "written") {
          return rest;
        }
        try {
          return { ...rest, sees: await on(host, "see") };
        } catch (error) {
          if (error instanceof CommandError) {
            return { ...rest, ...refused(error) };
          }
          throw error;
        }
      }),
    );
  } finally {
    // Of every machine: where they turn out to be different directories, each has its own file.
    await Promise.all(there.map(({ host }) => on(host, "clear").catch(() => undefined)));
  }
}

async function written(directory: SharedDirectory, host: string, attempt: string, node: string): Promise<Found> {
  const nothing = { node, mounted: "", reason: "", sees: [] };
  try {
    const { stdout } = await new DockerEngine(host).docker(container(directory, "write", attempt, node), {
      timeout: tryLimitSeconds,
    });
    return { ...nothing, state: "written", mounted: mountAt(place, stdout) };
  } catch (error) {
    if (error instanceof CommandError) {
      return { ...nothing, ...refused(error), mounted: mountAt(place, error.output) };
    }
    throw error;
  }
}

function container({ device, image, user }: SharedDirectory, ...args: string[]): string[] {
  const isolation = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--user", String(user)];
  // Fields with a comma or a quotation mark are quoted as in CSV.
  const source = `"source=${device.replaceAll('"', '""')}"`;
  const mount = ["--mount", `type=bind,${source},target=${place}`];
  const script = ["--entrypoint", "sh", image, "-c", scripts["try-directory.sh"], "sh"];
  return ["run", "--rm", "--pull", "never", ...isolation, ...mount, ...script, ...args];
}

/** What an attempt that failed tells of the directory. */
export function refused({ message, output, status }: Pick<CommandError, "message" | "output" | "status">): {
  state: Found["state"];
  reason: string;
} {
  const lines = output.split("\n").filter((line) => line.trim() !== "" && !/^(Run|See) '/.test(line));
  const reason = lines.at(-1) ?? message;
  if (/bind source path does not exist/i.test(output)) {
    return { state: "missing", reason };
  }
  if (/transport endpoint is not connected|stale (nfs )?file handle|input\/output error/i.test(output)) {
    return { state: "broken", reason };
  }
  // 125 and more are docker's own, such as an image that is not there.
  const ofScript = status !== undefined && status < 125;
  return { state: ofScript && /denied|read-only|not permitted/i.test(output) ? "denied" : "unknown", reason };
}

/** File system and source of what is mounted at a place, given the lines of `/proc/self/mountinfo`; empty where nothing is. */
export function mountAt(target: string, mountinfo: string): string {
  const line = mountinfo.split("\n").findLast((one) => one.split(" ")[4] === target);
  const [type = "", source = ""] = line?.split(" - ")[1]?.split(" ") ?? [];
  return `${type} ${source}`.trim();
}

/**
 * Refuses a directory that is not the same storage on the machines: what a task writes on one of them would be missing on the others, and nobody
 * would say so.
 *
 * @returns sentences about machines on which it could not be tried
 * @throws UserError with everything that is wrong
 */
export function mustBeShared(tried: readonly { directory: SharedDirectory; found: readonly Found[] }[]): string[] {
  const refusals = tried.flatMap(({ directory, found }) => mistakesOf(directory, found));
  if (refusals.length > 0) {
    throw UserError.fromMistakes(
      "A directory is not what its key says, and nothing is deployed (docs/swarm-storage.md):",
      refusals,
    );
  }
  return tried.flatMap(({ directory: { device, key, others }, found }) => [
    ...(others
      ? [
          `${key}: whether ${device} is the same on every node cannot be tried from here: swarm.nodes names none that may run it`,
        ]
      : []),
    ...found
      .filter(({ state }) => state === "unknown")
      .map(({ node, reason }) => `${key}: ${device} could not be tried on ${node} (${reason})`),
  ]);
}

function mistakesOf({ device, key, user }: SharedDirectory, found: readonly Found[]): string[] {
  const mistakes = found.flatMap(({ mounted, node, reason, state }) => {
    switch (state) {
      case "missing":
        return [
          `${key}.driverOptions.device: there is no ${device} on ${node}. Mount the storage there, or make the directory on it once`,
        ];
      case "broken":
        return [`${key}.driverOptions.device: ${device} does not answer on ${node} (${reason}). Mount it anew there`];
      case "denied":
        return [
          `${key}.driverOptions.device: user ${user} may not write to ${device} on ${node} (${mounted || reason}). On one machine, as root: chown ${user}:${user} ${device}`,
        ];
      default:
        return [];
    }
  });
  const there = found.filter(({ state }) => state === "written");
  if (there.every(({ sees }) => there.every(({ node }) => sees.includes(node)))) {
    return mistakes;
  }
  const words = there.map(({ mounted, node, sees }) => {
    const others = sees.filter((other) => other !== node);
    return `${node} has ${mounted || "it"} and sees what ${others.length > 0 ? `${others.join(", ")} wrote` : "no other wrote"}`;
  });
  return [
    ...mistakes,
    `${key}.driverOptions.device: ${device} is not the same storage on the machines that may run it (${words.join("; ")}). Mount the same storage there on each`,
  ];
}
