import * as fs from "node:fs";
import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import { mergeConfig, type RawConfig } from "../../config/files/machine";
import { parseStackConfig } from "../../config/parse";
import { collect } from "../../render/collect";
import { kubernetesManifests, type Manifest } from "../../render/kubernetes";
import type { PasswordStore } from "../../render/passwords";

type OutputPodSpec = k8s.types.output.core.v1.PodSpec;
/** A pod as rendered: a list that the program leaves out is not there. */
export type PodSpec = Omit<OutputPodSpec, "initContainers"> & Partial<Pick<OutputPodSpec, "initContainers">>;
export type Container = k8s.types.output.core.v1.Container;

const smallest: RawConfig = {
  platform: "kubernetes",
  kubernetes: { context: "test" },
  sites: { blog: { url: "http://blog.test" } },
};

/** The objects that a stack on Kubernetes is made of: the smallest stack, with `raw` over it. */
export async function manifestsOf(raw: RawConfig = {}, passwords?: PasswordStore): Promise<Manifest[]> {
  const { resources } = await collect(parseStackConfig(mergeConfig(smallest, raw), "test"), "test", passwords);
  return kubernetesManifests(resources);
}

/** The one object of a kind and name. */
export function object(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found.length !== 1 || !found[0]) {
    throw new Error(`${found.length} objects are ${kind} ${name}`);
  }
  return found[0];
}

/** Pod specs by the name of the Deployment or StatefulSet. */
export function podSpecs(manifests: readonly Manifest[]): Record<string, PodSpec> {
  return Object.fromEntries(
    manifests
      .filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")
      .map((workload) => [workload.metadata.name, (workload["spec"] as { template: { spec: PodSpec } }).template.spec]),
  );
}

/** The annotation that makes a pod restart with its configuration. */
export function configurationHash(manifests: readonly Manifest[], kind: string, name: string): string | undefined {
  const { template } = object(manifests, kind, name)["spec"] as {
    template: { metadata: { annotations?: Record<string, string> } };
  };
  return template.metadata.annotations?.["ghost-platform/configuration"];
}

/** A container of a pod, init containers included. */
export function container(spec: PodSpec, name: string): Container {
  const found = [...(spec.initContainers ?? []), ...spec.containers].find((candidate) => candidate.name === name);
  if (!found) {
    throw new Error(`the pod has no container ${name}`);
  }
  return found;
}

/** A file of the project, for example a stack file. */
export function projectFile(...parts: string[]): string {
  return fs.readFileSync(path.join(__dirname, "..", "..", ...parts), "utf8");
}
