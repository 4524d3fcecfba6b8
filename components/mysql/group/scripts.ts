import * as path from "node:path";
import { readScripts } from "../../../platforms/scripts";
import { serverScripts } from "../server-scripts";

/** Scripts of every set that members of a group run, too. */
const shared = [
  ...serverScripts,
  "ready.sh",
  "decide.sh",
  "members.sh",
  "set-facts.sh",
  "recipient.sh",
  "clone.sh",
] as const;

const group = [
  "decide-group.sh",
  "group-peers.sh",
  "group-room.sh",
  "group-member.sh",
  "join-group.sh",
  "start-group-member.sh",
  "group-ready.sh",
  "hand-over.sh",
  "leave-group.sh",
] as const;

/** What differs between platforms, by the folder that it is in. */
const own = {
  // The files of a pod change in place; those of a task never do.
  kubernetes: { shared: ["commands-kubernetes.sh", "renewals.sh"], group: [], commands: "commands-kubernetes.sh" },
  swarm: {
    shared: ["alive.sh"],
    group: ["group-commands-swarm.sh", "group-healthy.sh"],
    commands: "group-commands-swarm.sh",
  },
} as const;

/** The scripts of a member of a group by name; `commands.sh` says in messages what a person does on the platform. */
export function groupScripts(platform: keyof typeof own): Record<string, string> {
  const { commands } = own[platform];
  const { [commands]: commandsScript = "", ...scripts } = {
    ...readScripts<string>(path.join(__dirname, "..", "scripts"), [...shared, ...own[platform].shared]),
    ...readScripts<string>(path.join(__dirname, "scripts"), [...group, ...own[platform].group]),
  };
  return { ...scripts, "commands.sh": commandsScript };
}
