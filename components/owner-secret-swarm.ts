import { randomPassword } from "../platforms/password";
import type { SwarmChildren } from "../platforms/swarm/children";
import { versionedSecret, type SecretFile } from "../platforms/swarm/secrets";

/**
 * The password that the account of a site's owner is made with, random.
 *
 * @param target where the container finds it
 */
export function ownerSecret(children: SwarmChildren, target: string): SecretFile {
  const content = randomPassword(children, "owner");
  return { secret: versionedSecret(children, "owner", { content, template: "password" }), target };
}
