import * as path from "node:path";
import { CommandError, UserError } from "../errors";
import type { SwarmConfig, SwarmNodeConfig } from "../config/schema";
import { readScripts } from "../platforms/scripts";
import { Machine } from "./machine";

const scripts = readScripts(path.join(__dirname, "scripts"), ["carries-encryption.sh"]);

/** What is known of a machine: its kernel carries encrypted overlay networks, does not, or could not be asked. */
export interface Encryption {
  node: string;
  carries: "yes" | "no" | "unknown";
  /** Why not, or why it is not known; empty where it does. */
  reason: string;
}

/**
 * Asks the kernel of each machine that the configuration names whether it carries encrypted overlay networks.
 *
 * @returns nothing for one machine alone, which has no other to encrypt for
 */
export async function encryptionOf({ nodes = {} }: Pick<SwarmConfig, "nodes">): Promise<Encryption[]> {
  const entries = Object.entries(nodes);
  return entries.length > 1 ? Promise.all(entries.map(([node, config]) => askedMachine(node, config))) : [];
}

async function askedMachine(node: string, config: SwarmNodeConfig): Promise<Encryption> {
  try {
    const { stdout } = await new Machine(node, config).shell(scripts["carries-encryption.sh"]);
    return { node, ...judged(stdout) };
  } catch (error) {
    if (error instanceof UserError || error instanceof CommandError) {
      return { node, carries: "unknown", reason: error.message };
    }
    throw error;
  }
}

/** What the script has printed. */
export function judged(line: string): Omit<Encryption, "node"> {
  const [, word, reason = ""] = /^(yes|no|unknown)(?:: ([^]*))?$/.exec(line.trim()) ?? [];
  return word === "yes" || word === "no"
    ? { carries: word, reason: reason.trim() }
    : { carries: "unknown", reason: reason.trim() || "no answer" };
}

/**
 * Refuses an encrypted network that would silently carry nothing.
 *
 * @returns sentences about machines of which it is not known
 * @throws UserError that names every machine whose kernel does not carry it
 */
export function mustCarryEncryption(found: readonly Encryption[]): string[] {
  const lacking = found.filter(({ carries }) => carries === "no");
  if (lacking.length > 0) {
    throw UserError.fromMistakes(
      "swarm.encryptBackend: encrypted overlay networks need ESP with AES-GCM in the kernel. Without it the network carries nothing between nodes, and nobody says so. Load the modules (modprobe esp4 gcm), or set swarm.encryptBackend to false:",
      lacking.map(({ node, reason }) => `${node}: its kernel refuses (${reason})`),
    );
  }
  return found.filter(({ carries }) => carries === "unknown").map(inWords);
}

/**
 * Why the backend network between these machines is not encrypted by itself, in lines to print: it is where every machine's kernel is known to
 * carry that.
 *
 * @param found one for each machine
 * @returns empty where nothing speaks against it
 */
export function reasonsAgainstEncryption(found: readonly Encryption[]): string[] {
  const lacking = found.filter(({ carries }) => carries !== "yes");
  return lacking.length === 0
    ? []
    : [
        "The backend network between the machines is not encrypted (swarm.encryptBackend):",
        ...lacking.map((machine) => `  ${inWords(machine)}`),
      ];
}

function inWords({ carries, node, reason }: Encryption): string {
  return carries === "no"
    ? `${node}: its kernel carries no encrypted networks (${reason})`
    : `${node}: not known whether its kernel carries encrypted networks (${reason})`;
}
