import { appsWithData } from "../apps";
import { isNetworkStorage, storageMistakes, type StorageKeys } from "../swarm/network-storage";
import { secretsOf } from "../secret-settings";
import type { ParsedStack } from "../schema";
import { pinsToOneNode } from "../swarm/placement";
import { completedSwarm, nodeMistakes } from "../swarm/swarm-nodes";
import { portMistakes } from "./ports";

/** What cannot be on a swarm. */
export function swarmMistakes(config: ParsedStack): string[] {
  const mistakes: string[] = [];
  const swarm = config.swarm && completedSwarm(config.swarm);
  mistakes.push(...(config.swarm ? nodeMistakes(config.swarm) : []));
  if (swarm?.publishMode === "ingress" && swarm.endpointMode === "dnsrr") {
    mistakes.push(
      "swarm.publishMode: ingress needs swarm.endpointMode vip. The routing mesh forwards to a virtual IP, which dnsrr services do not have",
    );
  }
  if (swarm?.updateOrder === "start-first") {
    mistakes.push(
      swarm.publishMode === "host"
        ? "swarm.updateOrder: must be stop-first with swarm.publishMode host. The old task holds the port, so a task started first never gets it"
        : "swarm.updateOrder: must be stop-first. Ghost, MySQL and Mailpit own their data alone: two tasks on one volume destroy it",
    );
  }
  for (const [key, setting] of secretsOf(config)) {
    if ("secretName" in setting) {
      mistakes.push(
        `${key}.secretName: a Secret is an object of Kubernetes, and this stack runs on Swarm. Name a file: file: PATH`,
      );
    }
  }
  const ownerOf = new Map<string, string>();
  mistakes.push(...groupMistakes(config, swarm?.singleNode === false));
  for (const [key, { placement, storage }] of appsWithData(config)) {
    if (key === "mysql" && config.mysql.topology === "group") {
      mistakes.push(...storageMistakes("mysql.storage", storage));
      continue;
    }
    mistakes.push(...storageMistakes(`${key}.storage`, storage), ...placeMistakes(key, storage, ownerOf));
    const constraints = placement ?? swarm?.placement ?? [];
    const shared = isShared(storage);
    if (swarm?.singleNode === false && !shared && !constraints.some(pinsToOneNode)) {
      mistakes.push(
        `${key}.placement: a local volume cannot follow its service to another node. Pin the service ("node.hostname==NAME"), or put the volume on shared storage (${key}.storage.driverOptions type nfs, or another driver${key === "mysql" || key === "shop" ? "" : `, or ${key}.storage.shared with a directory that every node mounts`})`,
      );
    }
  }
  return [...mistakes, ...portMistakes(config)];
}

function isShared(storage: StorageKeys): boolean {
  return (storage.driver ?? "local") !== "local" || isNetworkStorage(storage);
}

/** Members of a group whose volumes would be one, or would be left behind. */
function groupMistakes({ mysql }: ParsedStack, manyNodes: boolean): string[] {
  const { memberPlacement, storage, topology } = mysql;
  if (topology !== "group") {
    return [];
  }
  const { device } = storage.driverOptions ?? {};
  if ((storage.driver ?? "local") === "local" && device !== undefined) {
    return [
      `mysql.storage.driverOptions.device: each member of a group needs a place of its own, and this names one for all. Use local volumes, or a volume plugin`,
    ];
  }
  if (!manyNodes || isShared(storage)) {
    return [];
  }
  if (memberPlacement === undefined || !memberPlacement.every(pinsToOneNode)) {
    return [
      'mysql.memberPlacement: a local volume cannot follow its member to another node. Pin each member ("node.hostname==NAME"), or put the volumes on a volume plugin',
    ];
  }
  return new Set(memberPlacement.map((constraint) => constraint.replace(/\s/g, ""))).size === 1
    ? ["mysql.memberPlacement: pins all members to one node, with which the whole group would be lost. Name several"]
    : [];
}

/**
 * Two apps in one place, where each would take the files of the other for its own.
 *
 * @param ownerOf whose each place is; added to
 */
function placeMistakes(key: string, { driver = "local", driverOptions }: StorageKeys, ownerOf: Map<string, string>) {
  const { device, o = "" } = driverOptions ?? {};
  if (driver !== "local" || device === undefined) {
    return [];
  }
  if (key === "shop") {
    return [
      `${key}.storage.driverOptions.device: PostgreSQL, RabbitMQ and Redis need a place each, and this names one for all three. Pin the shop to a node with local volumes, or name a volume plugin`,
    ];
  }
  const place = JSON.stringify([device.replace(/\/+$/, ""), o]);
  const owner = ownerOf.get(place);
  ownerOf.set(place, owner ?? key);
  return owner === undefined
    ? []
    : [`${key}.storage.driverOptions.device: ${device} is also that of ${owner}. Give each a directory of its own`];
}
