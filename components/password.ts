import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A random password of 33 characters. It begins with a letter, because Ghost parses numeric settings as numbers, and holds only letters
 * and digits, so that it needs no quoting in SQL, option files or URLs: 32 of them carry 190 bits.
 *
 * @param generation each has a password of its own; raised by one when a password is rotated. Default 1
 */
export function randomPassword(
  name: string,
  options: pulumi.CustomResourceOptions,
  generation = 1,
): pulumi.Output<string> {
  const unique = generation === 1 ? name : `${name}-${generation}`;
  const generated = new random.RandomPassword(unique, { length: 32, special: false }, options);
  return pulumi.interpolate`p${generated.result}`;
}
