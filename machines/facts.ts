import { DockerEngine } from "../engines/docker-engine";
import { CommandError } from "../errors";
import { sshTrouble } from "../engines/ssh";
import { inspected } from "../engines/swarm-objects";
import type { SwarmNodeConfig } from "../config/schema";

/** What the engine of a machine says about itself. */
export interface EngineFacts {
  /** `unreachable` where it does not answer; the rest are the engine's own words. */
  state: "unreachable" | "inactive" | "pending" | "active" | "error" | "locked";
  /** Why it does not answer, or what is wrong with its swarm; empty where nothing is. */
  trouble: string;
  /** Its id in its swarm; empty where it is in none, or locked. */
  nodeId: string;
  isManager: boolean;
  /** Id of its swarm; known on managers only. */
  clusterId: string;
  /** Ids of the managers it knows. */
  managers: string[];
}

/** An engine that is in no swarm. */
export const inactive: EngineFacts = {
  state: "inactive",
  trouble: "",
  nodeId: "",
  isManager: false,
  clusterId: "",
  managers: [],
};

/** A node as the managers of a swarm know it. */
export interface Member {
  id: string;
  hostname: string;
  role: "manager" | "worker";
  availability: "active" | "pause" | "drain";
  labels: Record<string, string>;
  /** Whether it has reported lately. */
  up: boolean;
  /** Of a manager: whether the others reach it, who leads, and where it listens. */
  manager?: { reachable: boolean; leader: boolean; address: string } | undefined;
}

/** A swarm as one of its managers tells. */
export interface SwarmFacts {
  id: string;
  autolock: boolean;
  members: Member[];
}

/** Everything that a plan is made from. */
export interface ClusterFacts {
  /** By the name of the machine in the configuration. */
  engines: Record<string, EngineFacts>;
  /** Absent where no configured manager tells of one. */
  swarm?: SwarmFacts;
  /**
   * Two swarms where there should be one: the machines that follow each leader. It happens when managers come back of which a new swarm was
   * made without them.
   */
  split?: string[][];
  /** Whether this machine has the key that unlocks the managers. */
  unlockKey: boolean;
}

/** Seconds in which an engine that is there answers, over ssh too. One without a leader looks for it for 20 s before it answers. */
const engineLimitSeconds = 30;
/** Seconds in which a manager tells of the nodes. */
const answerLimitSeconds = 15;

/** The part of `docker info` that is read here. */
interface SwarmInfo {
  NodeID: string;
  LocalNodeState: EngineFacts["state"];
  ControlAvailable: boolean;
  Error: string;
  RemoteManagers: { NodeID: string }[] | null;
  Cluster?: { ID: string; Spec: { EncryptionConfig?: { AutoLockManagers?: boolean } } };
}

/** The part of `docker node inspect` that is read here. */
interface NodeInfo {
  ID: string;
  Spec: { Labels?: Record<string, string>; Role: Member["role"]; Availability: Member["availability"] };
  Description?: { Hostname?: string };
  Status: { State: string };
  ManagerStatus?: { Leader?: boolean; Reachability?: string; Addr?: string };
}

/** Asks every machine, all at once. */
export async function readCluster(
  nodes: Readonly<Record<string, SwarmNodeConfig>>,
  unlockKey: boolean,
): Promise<ClusterFacts> {
  const answers = await Promise.all(
    Object.entries(nodes).map(async ([name, { host }]) => ({ name, host, ...(await readEngine(host)) })),
  );
  const engines = Object.fromEntries(answers.map(({ facts, name }) => [name, facts]));
  const views = await Promise.all(
    answers
      .filter(({ facts }) => facts.state === "active" && facts.isManager)
      .map(async ({ autolock, facts, host, name }) => ({ autolock, facts, name, members: await readMembers(host) })),
  );
  const byLeader = new Map<string, string[]>();
  for (const { members, name } of views) {
    const leader = members?.find(({ manager }) => manager?.leader)?.id;
    if (leader !== undefined) {
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), name]);
    }
  }
  const split = byLeader.size > 1 ? { split: [...byLeader.values()] } : {};
  const view = views.find(({ members }) => members !== undefined);
  return view?.members
    ? {
        engines,
        swarm: { id: view.facts.clusterId, autolock: view.autolock, members: view.members },
        ...split,
        unlockKey,
      }
    : { engines, unlockKey };
}

async function readEngine(host: string): Promise<{ facts: EngineFacts; autolock: boolean }> {
  try {
    const { stdout } = await new DockerEngine(host).docker(["info", "--format", "{{json .Swarm}}"], {
      timeout: engineLimitSeconds,
    });
    // An engine that does not answer is no failure of `docker info`; it prints no swarm then.
    const info = JSON.parse(stdout) as SwarmInfo | null;
    if (!info?.LocalNodeState) {
      return { facts: unreachable("it does not answer"), autolock: false };
    }
    return {
      facts: {
        state: info.LocalNodeState,
        trouble: info.Error,
        nodeId: info.NodeID,
        isManager: info.ControlAvailable,
        clusterId: info.Cluster?.ID ?? "",
        managers: (info.RemoteManagers ?? []).map(({ NodeID }) => NodeID).filter((id) => id !== ""),
      },
      autolock: info.Cluster?.Spec.EncryptionConfig?.AutoLockManagers ?? false,
    };
  } catch (error) {
    if (error instanceof CommandError) {
      return { facts: unreachable(reason(host, error)), autolock: false };
    }
    throw error;
  }
}

function unreachable(trouble: string): EngineFacts {
  return { state: "unreachable", trouble, nodeId: "", isManager: false, clusterId: "", managers: [] };
}

/** Why an engine does not answer: what is known of ssh, or the line of docker's output that says so. */
function reason(host: string, { message, output }: CommandError): string {
  const overSsh = sshTrouble(host, `${output}\n${message}`);
  if (overSsh !== undefined) {
    return overSsh;
  }
  const lines = output.split("\n").map((line) => line.trim());
  return lines.findLast((line) => /error|cannot|refused|denied|timed? ?out|unreachable/i.test(line)) ?? message;
}

/**
 * The nodes that a manager knows; undefined where it does not know, because too few managers are there or none leads.
 *
 * @param timeout seconds to wait for an answer: without a leader there is none
 */
export async function readMembers(host: string, timeout = answerLimitSeconds): Promise<Member[] | undefined> {
  const engine = new DockerEngine(host);
  try {
    const ids = await engine.lines(["node", "ls", "--quiet"], { timeout });
    return (await inspected<NodeInfo>(engine, "node", ids, { timeout })).map(memberOf);
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

function memberOf({ Description, ID, ManagerStatus, Spec, Status }: NodeInfo): Member {
  return {
    id: ID,
    hostname: Description?.Hostname ?? "",
    role: Spec.Role,
    availability: Spec.Availability,
    labels: Spec.Labels ?? {},
    up: Status.State === "ready",
    ...(ManagerStatus
      ? {
          manager: {
            reachable: ManagerStatus.Reachability === "reachable",
            leader: ManagerStatus.Leader ?? false,
            address: ManagerStatus.Addr ?? "",
          },
        }
      : {}),
  };
}
