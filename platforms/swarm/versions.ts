import type * as pulumi from "@pulumi/pulumi";
import { versionDigits } from "../content-hash";
import { mapped } from "../later";
import { refuseTooLong } from "./stack";

/**
 * Name of a version of a secret or config: a hyphen and a hash behind the name that all versions have.
 *
 * @throws UserError for a name longer than the engine takes
 */
export function versionedName(
  name: pulumi.Input<string | undefined> | undefined,
  version: pulumi.Input<string>,
): pulumi.Input<string> {
  return mapped(name, "", (known) => {
    // Told before the version is known.
    refuseTooLong(`${known}-${"0".repeat(versionDigits)}`);
    return mapped(version, "", (digits) => `${known}-${digits}`);
  });
}

/** A new version is made and used before the former one goes: the swarm removes none that a service uses. */
export const versionOptions: pulumi.CustomResourceOptions = { deleteBeforeReplace: false };
