import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { readText } from "../../files/files";

/** Stands for a context that nobody has named yet. */
export const unknownContext = "CONTEXT";

const kubeconfigSchema = z.object({ contexts: z.array(z.object({ name: z.string() })).nullish() });

/**
 * Names of the contexts in a kubeconfig, in its order; none where there is none, or it cannot be read.
 *
 * @param kubeconfig its path. Default: those of $KUBECONFIG, else ~/.kube/config
 */
export function contextNames(kubeconfig?: string): string[] {
  const named = kubeconfig ?? process.env["KUBECONFIG"];
  const files = named
    ? named.split(path.delimiter).filter((file) => file !== "")
    : [path.join(os.homedir(), ".kube", "config")];
  return [...new Set(files.flatMap(namesIn))];
}

function namesIn(file: string): string[] {
  try {
    return (kubeconfigSchema.parse(parse(readText(file) ?? "{}")).contexts ?? []).map(({ name }) => name);
  } catch {
    // Whoever speaks to the cluster tells what is wrong with it; here it is about which names there are.
    return [];
  }
}

/** Which contexts there are, in words for the end of a message. */
export function contextsHere(contexts: readonly string[]): string {
  return contexts.length === 0
    ? "Your kubeconfig names no context: see `kubectl config get-contexts`, KUBECONFIG and ~/.kube/config"
    : `Contexts here:\n${contexts.map((name) => `  ${name}`).join("\n")}`;
}
