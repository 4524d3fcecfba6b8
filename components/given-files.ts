import type * as pulumi from "@pulumi/pulumi";
import { secretFileName } from "../config/object-names";
import { configFiles, type ConfigFile } from "../platforms/swarm/configs";
import { secretOfContent, type SecretFile } from "../platforms/swarm/secrets";
import type { SwarmStack } from "../platforms/swarm/stack";
import { randomPassword } from "./password";

/** Files that a person gives to an app on Swarm beside its own, content by absolute path in the containers. */
export interface GivenFiles {
  /** Kept as secrets of the swarm. */
  secrets: Record<string, Uint8Array>;
  /** Kept as its configs. */
  configs: Record<string, Uint8Array>;
}

/**
 * Secrets and configs made of files that a person gives.
 *
 * @param name of the component whose containers get them
 */
export function givenFiles(
  stack: Pick<SwarmStack, "name">,
  name: string,
  { configs, secrets }: GivenFiles = { secrets: {}, configs: {} },
  options: pulumi.CustomResourceOptions,
): { secrets: SecretFile[]; configs: ConfigFile[] } {
  const given = { secrets: [] as SecretFile[], configs: configFiles(stack, name, configs, options) };
  const targets = Object.keys(secrets);
  if (targets.length > 0) {
    const key = randomPassword(`${name}-versions`, options);
    given.secrets = Object.entries(secrets).map(([target, content]) => ({
      secret: secretOfContent(stack, `${name}-${secretFileName(target, targets)}`, content, key, options),
      target,
    }));
  }
  return given;
}
