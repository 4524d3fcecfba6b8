/** The oldest version that works of images whose tag begins with the version, and what an older one lacks. */
const oldest = {
  ghost: {
    version: [6, 58, 0],
    why: "An older Ghost does not read its passwords from files, and would log in to the database without",
  },
  mysql: { version: [8, 4, 0], why: "An older MySQL does not know the options and statements that it is given" },
} as const;

/**
 * What is wrong with an image of a stack, as far as its tag tells: that of the official image, or of one built here. A tag such as `6` or
 * `latest`, a digest, and an image of one's own may be any version; `database-migrate` asks Ghost's image itself.
 *
 * @returns undefined where nothing is known to be wrong
 */
export function imageVersionMistake(name: keyof typeof oldest, reference: string): string | undefined {
  const [, image, tag = ""] =
    /^(?:(?:.*\/)?library\/|ghost-platform\.local\/)?([a-z]+):([^@]+)(?:@.*)?$/.exec(reference) ?? [];
  const [numbers] = /^\d+(?:\.\d+){0,2}(?![\w.])/.exec(tag) ?? [];
  if (image !== name || numbers === undefined) {
    return undefined;
  }
  const { version, why } = oldest[name];
  // The newest is meant by what a tag leaves out.
  const [major = 0, minor = Infinity, patch = Infinity] = numbers.split(".").map(Number);
  const difference = major - version[0] || minor - version[1] || patch - version[2];
  return difference < 0
    ? `must be version ${version.join(".")} or newer (got ${numbers}). ${why}. Name a newer image`
    : undefined;
}
