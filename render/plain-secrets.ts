import type { DeclaredResource } from "./collect";

/** What may hold a secret, and is written to files of its own. */
const secretTypes = ["kubernetes:core/v1:Secret", "docker:index/secret:Secret"];

/** @throws Error when a secret stands where everybody may read it; a fault of a component */
export function refusePlainSecrets(resources: readonly DeclaredResource[]): void {
  for (const { name, secretPaths, type } of resources) {
    if (secretPaths.length > 0 && !secretTypes.includes(type)) {
      throw new Error(`${type} ${name} would hold a secret in plain text: ${secretPaths.join(", ")}`);
    }
  }
}
