import * as pulumi from "@pulumi/pulumi";
import type * as random from "@pulumi/random";

/** Children of a component on any platform, as far as passwords are concerned. */
export interface PasswordMaker {
  readonly objectName: string;
  make: (kind: "password", role: string, args: random.RandomPasswordArgs) => random.RandomPassword;
  once: <Value>(what: string, make: () => Value) => Value;
}

/**
 * A random password of 33 characters. It begins with a letter, because Ghost parses numeric settings as numbers, and holds only letters
 * and digits, so that it needs no quoting in SQL, option files or URLs: 32 of them carry 190 bits.
 *
 * @param role whose it is
 * @param generation each has a password of its own; raised by one when a password is rotated. Default 1
 */
export function randomPassword(children: PasswordMaker, role: string, generation = 1): pulumi.Output<string> {
  const unique = generation === 1 ? role : `${role}-${generation}`;
  const generated = children.make("password", unique, { length: 32, special: false });
  return pulumi.interpolate`p${generated.result}`;
}

/** A random value of the component's own, with which the versions of its secrets are made; see `secretVersion`. */
export function versionKey(children: PasswordMaker): pulumi.Output<string> {
  return children.once("versions", () => randomPassword(children, "versions"));
}
