import type { StackConfig } from "../config/schema";
import { collect, collectProgram, type Program } from "./collect";
import { composeFiles, composeStack } from "./compose";
import { RenderedDirectory } from "./directory";
import { kubernetesManifests, manifestFiles, type Manifest } from "./kubernetes";
import { refusePlainSecrets } from "./plain-secrets";
import type { RenderedFile } from "./rendered-file";

/** A stack as files, and as what was put into them. */
export interface RenderedStack {
  /** The folder. */
  location: string;
  files: RenderedFile[];
  /** Kubernetes: the objects, in the order to apply them. Swarm: none. */
  manifests: Manifest[];
}

/**
 * Writes a stack to a folder: Kubernetes manifests, or a compose file with its secrets. Needs no engine, cluster or network, and gives
 * the same files for the same configuration.
 *
 * @throws UserError when the folder holds something else
 */
export async function renderStack(config: StackConfig, stack: string, location: string): Promise<RenderedStack> {
  const directory = new RenderedDirectory(location, stack);
  const passwords = directory.passwords();
  const { resources } = await collect(config, stack, passwords);
  refusePlainSecrets(resources);
  const manifests = kubernetesManifests(resources);
  const files = config.platform === "kubernetes" ? manifestFiles(manifests) : composeFiles(composeStack(resources));
  directory.write(files, passwords);
  return { location, files, manifests };
}

/** Writes any program that declares Kubernetes objects to a folder, as `renderStack` does a stack. */
export async function renderProgram(program: Program, location: string): Promise<RenderedStack> {
  const directory = new RenderedDirectory(location, program.stack);
  const passwords = directory.passwords();
  const { resources } = await collectProgram(program, passwords);
  refusePlainSecrets(resources);
  const manifests = kubernetesManifests(resources);
  const files = manifestFiles(manifests);
  directory.write(files, passwords);
  return { location, files, manifests };
}
