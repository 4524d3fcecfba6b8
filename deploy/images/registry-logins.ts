import * as os from "node:os";
import * as path from "node:path";
import { builtHere, defaultImages } from "../../config/images";
import { neededImages, registryOf, repositoryOf } from "../../stacks/images";
import type { SwarmStackConfig } from "../../config/schema";
import { UserError } from "../../errors";
import { readText } from "../../files/files";

/** What docker's own file says about logins; the passwords may be in a credential store of the machine. */
interface DockerConfiguration {
  auths?: Record<string, object>;
  credHelpers?: Record<string, string>;
}

/** Whether nobody has to log in for an image: one of a stack that names none is public, whatever else its registry has, and one that is built here comes from none. */
function isPublic(reference: string): boolean {
  const publicImages: readonly string[] = Object.values(defaultImages).map(repositoryOf);
  return ["docker.io", builtHere].includes(registryOf(reference)) || publicImages.includes(repositoryOf(reference));
}

/**
 * Refuses to deploy a stack whose nodes are to get logins that this machine has not: they would get none, and one that they have would be
 * taken away.
 *
 * @throws UserError that names each registry, and how to log in
 */
export function mustBeLoggedIn(config: SwarmStackConfig): void {
  if (!config.swarm.registryAuth) {
    return;
  }
  const file = path.join(process.env["DOCKER_CONFIG"] ?? path.join(os.homedir(), ".docker"), "config.json");
  const loggedIn = loginsOf(readText(file) ?? "{}", file);
  const guarded = neededImages(config).flatMap(({ reference }) => (isPublic(reference) ? [] : [registryOf(reference)]));
  const lacking = [...new Set(guarded)].filter((registry) => !loggedIn.includes(registry));
  if (lacking.length > 0) {
    throw UserError.fromMistakes(
      `swarm.registryAuth hands this machine's logins on to the nodes, and ${file} has none to these registries:`,
      lacking.map((registry) => `docker login ${registry}`),
    );
  }
}

/** The registries that docker's file knows a login to. */
function loginsOf(text: string, file: string): string[] {
  let configuration: DockerConfiguration;
  try {
    configuration = JSON.parse(text) as DockerConfiguration;
  } catch (error) {
    throw new UserError(
      `${file}, where docker keeps its logins, is no JSON: ${String(error)}. Mend it, or log in again`,
    );
  }
  const { auths = {}, credHelpers = {} } = configuration;
  return [...Object.keys(auths), ...Object.keys(credHelpers)].map((name) => name.replace(/^https?:\/\/|\/.*$/g, ""));
}
