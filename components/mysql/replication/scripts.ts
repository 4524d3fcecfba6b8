import * as path from "node:path";
import { readScripts } from "../../../platforms/scripts";
import { serverScripts } from "../server-scripts";

/** What a member runs on every platform. */
const common = [
  ...serverScripts,
  "ready.sh",
  "decide.sh",
  "members.sh",
  "set-facts.sh",
  "member.sh",
  "recipient.sh",
  "clone.sh",
  "follow.sh",
  "start-member.sh",
  "member-ready.sh",
] as const;

const own = {
  // The files of a pod change in place; those of a task never do.
  kubernetes: ["before-stop.sh", "renewals.sh"],
  swarm: ["alive.sh", "member-healthy.sh"],
} as const;

/** The scripts of a member by name; `commands.sh` says in messages what a person does on the platform. */
export function memberScripts(platform: keyof typeof own): Record<string, string> {
  const directory = path.join(__dirname, "..", "scripts");
  const commands = `commands-${platform}.sh`;
  const { [commands]: commandsScript = "", ...scripts } = readScripts<string>(directory, [
    ...common,
    ...own[platform],
    commands,
  ]);
  return { ...scripts, "commands.sh": commandsScript };
}
