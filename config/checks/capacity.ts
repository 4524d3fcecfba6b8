import { selfServedSites } from "../own-activitypub";
import { hasInbox } from "../apps";
import { databaseUsers } from "../mysql/users";
import type { ParsedStack } from "../schema";
import { completedSwarm } from "../swarm/swarm-nodes";

/** A site's part of what the database server runs at each start, in bytes; the longest names. */
export const provisioningBytes = 900;
/** The most that a Secret holds, and room in it for what is not the sites'. */
const largestSecret = 2 ** 20;
const otherBytes = 32 * 1024;
/** Addresses of an overlay network as a swarm makes it (/24), without those of the network itself. */
const networkAddresses = 253;

/** More sites than a stack has room for, with the number that it has room for. */
export function capacityMistakes(config: ParsedStack): string[] {
  return config.platform === "swarm" ? addressMistakes(config) : secretMistakes(config);
}

/** On a swarm each task, and with virtual IPs each service, has an address on each of its networks; so has each node. */
function addressMistakes(config: ParsedStack): string[] {
  const swarm = config.swarm && completedSwarm(config.swarm);
  const perService = swarm?.endpointMode === "vip" ? 2 : 1;
  const nodes = Math.max(Object.keys(swarm?.nodes ?? {}).length, 1);
  const { mysql } = config;
  // While WordPress is updated it has one task more; its proxy is on one network with it, the inbox, the gateway and who watches.
  const wordpress = Object.values(config.wordpress).reduce((sum, { replicas }) => sum + replicas + 1 + perService, 0);
  const others =
    nodes +
    wordpress +
    Object.keys(config.wordpress).length * perService +
    (mysql.topology === "replicated" ? mysql.replicas + perService : perService) +
    (hasInbox(config) ? perService : 0) +
    (config.shop ? 4 * (config.shop.replicas + perService) + 4 * perService : 0) +
    // While it is updated, the proxy of the analytics has one task more.
    (config.analytics ? perService + 1 : 0) +
    // Of its database, and of the server, which has one task more while it is updated.
    (selfServedSites(config).length > 0 ? 2 * perService + 1 : 0) +
    (config.monitoring ? perService : 0);
  const most = Math.floor((networkAddresses - others) / perService);
  const count = Object.keys(config.sites).length;
  return count <= most
    ? []
    : [
        `sites: ${count} are more than the ${Math.max(most, 0)} that fit beside the rest of this stack: each has an address on the networks of the stack, and a network of a swarm has ${networkAddresses}. Give the others a stack of their own`,
      ];
}

/** On Kubernetes one Secret holds what the database server runs at a start, and while its passwords change what it ran before. */
function secretMistakes(config: ParsedStack): string[] {
  const copies = config.mysql.passwordGeneration > 1 ? 2 : 1;
  const most = Math.floor((largestSecret - otherBytes) / provisioningBytes / copies);
  const count = databaseUsers(config).length;
  return count <= most
    ? []
    : [
        `sites: ${count} are more than the ${most} of a stack on Kubernetes, apps with a database among them: their users and passwords stand in one Secret, which holds 1 MiB${copies === 2 ? " and has to hold them twice since mysql.passwordGeneration is above 1" : ""}. Give the others a stack of their own`,
      ];
}
