import { encryptedKeys } from "../../config/encrypted-values";
import type { StackConfig } from "../../config/schema";
import { UserError } from "../../errors";

/**
 * Only the Pulumi engine reads what its CLI has encrypted.
 *
 * @throws UserError where a stack that is deployed without it has such values
 */
export function refuseEncrypted({ analytics, sites }: StackConfig, stack: string): void {
  const keys = encryptedKeys({ analytics, sites });
  if (keys.length > 0) {
    throw UserError.fromMistakes(
      `Pulumi.${stack}.yaml has encrypted values, which only Pulumi can read, and this is the rendered form:`,
      keys.map((key) => `${key}: put it into a file outside the repository, and name that: file: PATH`),
    );
  }
}
