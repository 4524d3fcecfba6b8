import { secretFileName } from "../config/object-names";
import type { SwarmChildren } from "../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../platforms/swarm/configs";
import { secretOfContent, type SecretFile } from "../platforms/swarm/secrets";

/** Files that a person gives to an app on Swarm beside its own, content by absolute path in the containers. */
export interface GivenFiles {
  /** Kept as secrets of the swarm. */
  secrets: Record<string, Uint8Array>;
  /** Kept as its configs. */
  configs: Record<string, Uint8Array>;
}

/** Secrets and configs made of files that a person gives to the containers of a component. */
export function givenFiles(
  children: SwarmChildren,
  { configs, secrets }: GivenFiles = { secrets: {}, configs: {} },
): { secrets: SecretFile[]; configs: ConfigFile[] } {
  const targets = Object.keys(secrets);
  return {
    configs: configFiles(children, configs),
    secrets: Object.entries(secrets).map(([target, content]) => ({
      secret: secretOfContent(children, secretFileName(target, targets), content),
      target,
    })),
  };
}
