import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A random password of 33 characters. It begins with a letter, because Ghost parses numeric settings as numbers, and holds only letters
 * and digits, so that it needs no quoting in SQL, option files or URLs: 32 of them carry 190 bits.
 */
export function randomPassword(name: string, options: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const generated = new random.RandomPassword(name, { length: 32, special: false }, options);
  return pulumi.interpolate`p${generated.result}`;
}
