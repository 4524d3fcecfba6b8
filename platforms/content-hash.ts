import { createHash, createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * Ten hexadecimal digits that change with the content: names a version of a file, or makes a pod restart with its configuration.
 * Only for what is not secret: a hash lets anyone who guesses the content check the guess.
 */
export function contentHash(...content: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of content) {
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest("hex").slice(0, 10);
}

/** Name of a version of a secret or config: what it belongs to, and a hash of what tells it from the next. */
export function versionName(name: string, content: string | Uint8Array): string {
  return `${name}-${contentHash(content)}`;
}

/** How many digits `secretVersion` has. */
export const versionDigits = 10;

/**
 * As `contentHash`, for what is secret: only who has the key can check a guess.
 *
 * @param key a random value that is as secret as the content
 */
export function secretVersion(
  content: pulumi.Input<string> | Uint8Array,
  key: pulumi.Output<string>,
): pulumi.Output<string> {
  // Bytes are no value of the engine's: it would take them apart.
  const bytes = content instanceof Uint8Array ? content : undefined;
  const text = content instanceof Uint8Array ? "" : content;
  return pulumi.all([pulumi.unsecret(key), pulumi.unsecret(pulumi.output(text))]).apply(([secret, known]) =>
    createHmac("sha256", secret)
      .update(bytes ?? known)
      .digest("hex")
      .slice(0, versionDigits),
  );
}
