import * as path from "node:path";
import { projectDirectory } from "../../../home/project";
import type { RawConfig } from "../../../config/files/machine";
import { readStackFile } from "../../../config/files/stack-file";
import { kubernetesImages } from "./stack-images";
import type { ImageName } from "../../../sandbox/images";
import { importImages, startNode } from "../../../sandbox/kubernetes";
import { temporaryDirectory } from "../../support/temporary-directory";
import { Kubectl } from "./kubectl";
import { Place } from "./place";

/**
 * A stack on the test node, which is started when it does not run, with the images the node has and nothing of an earlier run.
 *
 * @param name name of the stack; it must be one on Kubernetes
 * @param settings what goes over the stack file
 * @param images what it runs beside Ghost, MySQL and the inbox
 */
export async function kubernetesPlace(
  name: string,
  settings: RawConfig = {},
  images: readonly ImageName[] = [],
): Promise<{ place: Place; kubectl: Kubectl }> {
  const node = await startNode();
  await importImages();
  if (images.length > 0) {
    await importImages(images);
  }
  const environment = {
    KUBECONFIG: node.kubeconfig,
    PATH: `${path.dirname(node.kubectl)}:${process.env["PATH"] ?? ""}`,
  };
  process.env["PATH"] = environment.PATH;
  const place = new Place(name, temporaryDirectory(), environment);
  place.configure({ kubernetes: { context: node.context }, images: { ...kubernetesImages } });
  place.configure(settings);
  const config = readStackFile(projectDirectory, name);
  const kubectl = new Kubectl(
    node.kubeconfig,
    node.context,
    config.platform === "kubernetes" ? config.kubernetes.namespace : "",
  );
  // A run that was killed leaves its stack, with passwords that nobody has any more.
  await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
  return { place, kubectl };
}
