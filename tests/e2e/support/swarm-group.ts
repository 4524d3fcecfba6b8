import { MySqlGroup } from "./mysql-group";
import { succeeded } from "./place";
import type { ReachedGroup } from "./reached-group";
import { GroupMembers } from "./swarm-members";
import { swarmPlace, type Engine } from "./swarm-place";
import { serviceWriter } from "./swarm-writer";
import { Writer } from "./writer";

/** Name in its swarm of the stack that the tests of a group have. */
export const groupStack = "ghost-swarm";

/** A group on the test engine, with Ghost on it. */
export interface SwarmGroup extends ReachedGroup {
  /** Where the engine publishes ports. */
  address: string;
  engine: Engine;
  members: GroupMembers;
}

/** Prepares the engine for a group of three; nothing of it is started. */
export async function swarmGroup(): Promise<SwarmGroup> {
  const { address, engine, place } = await swarmPlace("swarm", ["busybox", "mysql", "ghost", "haproxy"]);
  place.configure({ mailpit: { enabled: false }, mysql: { topology: "group" } });
  const members = new GroupMembers([engine], groupStack);
  const secret = `${groupStack}_mysql-db-blog`;
  const writer = new Writer(serviceWriter(engine, groupStack, secret, "mysql-primary"), "ghost_blog");
  return {
    address,
    engine,
    members,
    place,
    group: new MySqlGroup(members.root, () => writer),
    log: (member) => members.log(member),
    serverOf: (member) => members.serverOf(member),
    proxies: () => members.proxies(),
  };
}

/** Takes it away, with its data. */
export async function removeSwarmGroup({ engine, place }: SwarmGroup): Promise<void> {
  await engine.docker("service", "rm", `${groupStack}_writer`).catch(() => undefined);
  succeeded(await place.destroy("--data"));
}
