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
  "commands-kubernetes.sh",
] as const;

const own = [
  "decide-group.sh",
  "group-peers.sh",
  "group-member.sh",
  "join-group.sh",
  "start-group-member.sh",
  "group-ready.sh",
  "hand-over.sh",
  "leave-group.sh",
] as const;

/** The scripts of a member of a group by name. */
export function groupScripts(): Record<string, string> {
  const { "commands-kubernetes.sh": commands = "", ...scripts } = readScripts<string>(
    path.join(__dirname, "..", "scripts"),
    shared,
  );
  return { ...scripts, ...readScripts<string>(path.join(__dirname, "scripts"), own), "commands.sh": commands };
}
