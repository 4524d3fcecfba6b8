import * as path from "node:path";
import { readExternalDatabase } from "../../../config/mysql/external-database";
import type { StackConfig } from "../../../config/schema";
import type { RotatedPassword } from "../../app";
import { ghostUser, passwordFile } from "../../ghost/settings";
import { databasesScript, databasesScripts, secretDirectory } from "./settings";

/** Whose password it is, and what has it. */
interface Login {
  username: string;
  /** Swarm services, without the stack's name. */
  services: readonly string[];
  /** The end of the name of the file in which they have it. */
  passwordFile: string;
}

/**
 * What ends the former password of a site's user on a server of somebody else's: it logs in once, where the site does and as it does.
 *
 * @returns undefined for a stack with a server of its own
 */
export function externalDiscard(
  config: StackConfig,
  site: string,
  { passwordFile: file, services, username }: Login,
): RotatedPassword["discard"] {
  const { external } = config.mysql;
  if (external === undefined) {
    return undefined;
  }
  const { ca } = readExternalDatabase(external, config.sites, process.cwd());
  const { host, port } = external;
  const inJob = `${secretDirectory}/password`;
  const planWith = (at: string) =>
    JSON.stringify({ host, port, ca, databases: [{ key: `sites.${site}.database`, username, passwordFile: at }] });
  return {
    swarm: {
      name: site,
      image: config.images.ghost,
      script: path.join(__dirname, "scripts", databasesScript),
      interpreter: ["node", "-e"],
      arguments: ["discard", "-"],
      secrets: [{ services, file, as: inJob }],
      variables: { PLAN: planWith(inJob) },
      network: "frontend",
      user: ghostUser,
      data: "/var/lib/ghost/content",
      placement: config.platform === "swarm" ? config.swarm.placement : [],
    },
    kubernetes: {
      pods: [`deployment/ghost-${site}`],
      container: "ghost",
      chosenBy: ["true"],
      command: [
        ...["env", `PLAN=${planWith(passwordFile)}`],
        ...["node", "-e", databasesScripts[databasesScript], "discard", "-"],
      ],
    },
  };
}
