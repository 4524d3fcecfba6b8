import type * as docker from "@pulumi/docker";
import type { ResourceOptions } from "@pulumi/pulumi";
import * as pulumi from "@pulumi/pulumi";
import { mergeConfig, type RawConfig } from "../../config/files/machine";
import { parseStackConfig } from "../../config/parse";
import { collect, type Collected, type DeclaredResource } from "../../render/collect";
import { PasswordStore } from "../../render/passwords";
import { deployStack } from "../../stacks";

export type Service = docker.types.output.ServiceTaskSpec & { container: ContainerSpec; inputs: ServiceInputs };
export type ContainerSpec = docker.types.output.ServiceTaskSpecContainerSpec;
export type ServiceInputs = {
  name: string;
  taskSpec: docker.types.output.ServiceTaskSpec;
  endpointSpec: docker.types.output.ServiceEndpointSpec;
  updateConfig: docker.types.output.ServiceUpdateConfig;
  rollbackConfig: docker.types.output.ServiceRollbackConfig;
  convergeConfig: docker.types.output.ServiceConvergeConfig;
};

const smallest: RawConfig = { platform: "swarm", sites: { blog: { url: "http://localhost:2368" } } };

/** What a stack on Swarm declares: the smallest stack, with `raw` over it. Objects are called as in the swarm. */
export async function declared(raw: RawConfig = {}, passwords = new PasswordStore()): Promise<Collected> {
  const { outputs, resources } = await collect(parseStackConfig(mergeConfig(smallest, raw), "test"), "test", passwords);
  return { outputs, resources: asInSwarm(resources) };
}

/** The objects with the names that they have in the swarm, without the stack's before them. */
export function asInSwarm(resources: readonly DeclaredResource[]): DeclaredResource[] {
  return resources.map((resource) => {
    const { name } = resource.inputs;
    return typeof name === "string" ? { ...resource, name: name.replace(/^[^_]*_/, "") } : resource;
  });
}

/** The options of every object of a stack on Swarm, by its name there. */
export async function declaredOptions(raw: RawConfig = {}): Promise<Record<string, ResourceOptions>> {
  const options: Record<string, ResourceOptions> = {};
  await collect(parseStackConfig(mergeConfig(smallest, raw), "test"), "test", new PasswordStore(), (config) => {
    pulumi.runtime.registerStackTransformation(({ opts, props, type }) => {
      const { name } = props as { name?: unknown };
      if (type.startsWith("docker:") && typeof name === "string") {
        options[name.replace(/^[^_]*_/, "")] = opts;
      }
      return undefined;
    });
    return deployStack(config);
  });
  return options;
}

/** Objects of one kind, for example `Secret`. */
export function ofKind(resources: readonly DeclaredResource[], kind: string): DeclaredResource[] {
  return resources.filter(({ type }) => type.startsWith("docker:") && type.endsWith(`:${kind}`));
}

/** The service of a name, without the stack's before it. */
export function service(resources: readonly DeclaredResource[], name: string): Service {
  const found = ofKind(resources, "Service").find((candidate) => candidate.name === name);
  if (!found) {
    throw new Error(`there is no service ${name}`);
  }
  const inputs = found.inputs as unknown as ServiceInputs;
  return { ...inputs.taskSpec, container: inputs.taskSpec.containerSpec, inputs };
}

/** The content of a secret or config. */
export function contentOf({ inputs }: DeclaredResource): string {
  return Buffer.from(String(inputs["data"]), "base64").toString("utf8");
}
