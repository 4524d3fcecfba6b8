import { createHash } from "node:crypto";
import { forcedGroupOptions } from "../../../config/mysql/server-options";
import { serverOptions, type OptionSettings, type ServerOptions } from "../server-options";

/**
 * Server options of a member of a group. The server's id, the name it reports and its own address come when it starts.
 *
 * @param hosts of all members, as they find each other
 * @param configured options of the stack
 * @throws UserError as `serverOptions`
 */
export function groupServerOptions(
  name: string,
  hosts: readonly string[],
  { memory, size }: Pick<OptionSettings, "memory" | "size">,
  configured: ServerOptions = {},
): ServerOptions {
  return serverOptions({
    memory,
    size,
    configured: [["mysql.options", configured]],
    topology: "group",
    role: {
      ...forcedGroupOptions,
      group_replication_group_name: groupIdentity(name),
      group_replication_group_seeds: hosts.map((host) => `${host}:3306`).join(),
    },
  });
}

/** What a group is called in its transactions: a UUID that is the same for as long as its component has its name. */
function groupIdentity(name: string): string {
  const hash = createHash("sha256").update(`group ${name}`).digest("hex");
  // As RFC 9562 has those that follow from a name (version 8, its variant).
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-8$3-a$4-$5");
}
