import type * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { engineName, longestName } from "../../config/object-names";
import { UserError } from "../../errors";

/** What every service of a stack shares. */
export interface SwarmStack {
  /** Name that `docker stack ls` shows; every object's name begins with it. */
  name: string;
  networks: StackNetworks;
  /**
   * Whether the swarm has one node. Then volumes are objects of the stack, which it can remove; with more nodes a volume comes into
   * being on the node where its service runs, out of the program's reach. Default true.
   */
  singleNode?: boolean;
  /** How services find each other: DNS round robin, or a virtual IP, which needs IPVS in the kernel. Default `dnsrr`. */
  endpointMode?: "dnsrr" | "vip";
  /** Publish ports on the task's node, or on every node through the routing mesh, which needs `vip`. Default `host`. */
  publishMode?: "host" | "ingress";
  /** Whether services carry a login to their image's registry. It stands in no diff, so a label has them deployed anew. Default false. */
  registryAuth?: boolean;
  /** Placement constraints of every service that names none of its own. */
  placement?: string[];
}

/** Whether ports are published on every node, so that many tasks can be behind one. */
export function isOnMesh({ publishMode = defaults.swarm.publishMode }: Pick<SwarmStack, "publishMode">): boolean {
  return publishMode === "ingress";
}

/** Ids of the overlay networks of a stack. */
export interface StackNetworks {
  /** With a way out, and what is published to readers. */
  frontend: pulumi.Input<string>;
  /** Databases and who speaks to them; no way out. */
  backend: pulumi.Input<string>;
  /** The parts of the monitoring, and what takes its mail; where there is one. */
  monitoring?: pulumi.Input<string>;
  /** Database servers and who asks them for figures; no way out. */
  metrics?: pulumi.Input<string>;
}

/** Name of the Swarm stack that a Pulumi stack is deployed as: `swarm` becomes `ghost-swarm`. */
export function swarmStackName(pulumiStack: string): string {
  return engineName(pulumiStack);
}

/**
 * Name of an object as `docker stack deploy` makes it, `<stack>_<name>`.
 *
 * @throws UserError for a name longer than the engine takes
 */
export function objectName(stack: Pick<SwarmStack, "name">, name: string): string {
  const full = `${stack.name}_${name}`;
  refuseTooLong(full);
  return full;
}

/** @throws UserError for a name longer than the engine takes */
export function refuseTooLong(full: string): void {
  if (full.length > longestName) {
    const [, name = full] = /^[^_]*_(.*)$/.exec(full) ?? [];
    throw new UserError(
      `${full} is ${full.length} characters long, and a name in a swarm has at most ${longestName}. Shorten the name of the stack, or of what ${name} is named after`,
    );
  }
}

/** The label by which `docker stack ls`, `services` and `ps` know what belongs to a stack. Every stack file of anybody's sets it. */
export const stackLabel = "com.docker.stack.namespace";

/** The label that says of every object which stack of this project has made it. What does not carry it is left alone. */
export const ownerLabel = "ghost-platform.stack";

/** A label of a service; with the value `excluded`, `npm run backup` saves nothing of what it keeps. */
export const backupLabel = "ghost-platform.backup";

/** Labels of every object of a stack. */
export function ownedLabels({ name }: Pick<SwarmStack, "name">): Record<string, string> {
  return { [stackLabel]: name, [ownerLabel]: name };
}

/** The same, as the provider takes them. */
export function stackLabels(stack: Pick<SwarmStack, "name">): { label: string; value: string }[] {
  return Object.entries(ownedLabels(stack)).map(([label, value]) => ({ label, value }));
}
