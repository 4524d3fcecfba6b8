import * as fs from "node:fs";
import * as path from "node:path";
import { succeeds } from "../engines/process";
import { kebabCase, type ImageName } from "./images";
import { lastLine, runScript, type OnLine } from "./script";
import { stateFolder } from "./state";

/** A running Kubernetes node. */
export interface KubernetesNode {
  /** Path of its kubeconfig, mode 0600. */
  kubeconfig: string;
  /** The context in it. */
  context: string;
  /** Path of a kubectl of the node's own version. */
  kubectl: string;
}

/** Starts the node of this machine, or finds it running; builds it first where the cache lacks it (5 to 16 minutes). Needs root. */
export async function startNode(onLine?: OnLine): Promise<KubernetesNode> {
  return nodeOf(lastLine(await runScript("kubernetes/up.sh", [], onLine)));
}

/**
 * Stops the node and all its pods.
 *
 * @param data also delete its objects, volumes and images; without it the next start finds them again
 */
export async function stopNode({ data }: { data: boolean }, onLine?: OnLine): Promise<void> {
  await runScript("kubernetes/down.sh", data ? ["--data"] : [], onLine);
}

/** Puts images into the running node, those that it does not have yet; builds what the cache lacks. */
export async function importImages(names?: readonly ImageName[], onLine?: OnLine): Promise<void> {
  await runScript("kubernetes/import.sh", (names ?? []).map(kebabCase), onLine);
}

/** The node of this machine, when it runs and its API server is ready. */
export async function runningNode(): Promise<KubernetesNode | undefined> {
  const node = nodeOf(path.join(stateFolder("kubernetes"), "kubeconfig"));
  const ready = async () =>
    succeeds(node.kubectl, ["--kubeconfig", node.kubeconfig, "get", "--raw", "/readyz"], { timeout: 10 });
  return fs.existsSync(node.kubeconfig) && (await ready()) ? node : undefined;
}

function nodeOf(kubeconfig: string): KubernetesNode {
  return { kubeconfig, context: "ghost-platform-sandbox", kubectl: path.join(path.dirname(kubeconfig), "kubectl") };
}
