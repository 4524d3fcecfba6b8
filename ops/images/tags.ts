/** A tag that names a version: what stands before and after it has to be the same for two tags to be comparable. */
interface VersionTag {
  tag: string;
  /** For example `v` of `v3.13.2`. */
  prefix: string;
  numbers: number[];
  /** For example `-apache` of `7.1.0-php8.4-apache`; versions inside, such as that of PHP, count as part of it. */
  suffix: string;
}

/**
 * The newest tags of the same form as a tag: as many numbers, the same prefix and suffix. So no release candidate, no other base system and no
 * tag that moves (`6`, `latest`) is proposed.
 *
 * @param tag what runs now, for example `6.65.0`, `v3.13.2`, `7.1.0-php8.4-apache`
 * @param tags what the registry has
 * @returns neither where the tag names no version
 */
export function newerTags(tag: string, tags: readonly string[]): { sameMajor?: string; laterMajor?: string } {
  const present = versionOf(tag);
  if (!present) {
    return {};
  }
  const newer = tags
    .map(versionOf)
    .filter((other) => other !== undefined)
    .filter(
      (other) =>
        other.prefix === present.prefix &&
        other.suffix === present.suffix &&
        other.numbers.length === present.numbers.length &&
        compared(other, present) > 0,
    )
    .sort(compared);
  const isLaterMajor = ({ numbers }: VersionTag) => numbers[0] !== present.numbers[0];
  const sameMajor = newer.filter((other) => !isLaterMajor(other)).at(-1)?.tag;
  const laterMajor = newer.filter(isLaterMajor).at(-1)?.tag;
  return {
    ...(sameMajor === undefined ? {} : { sameMajor }),
    ...(laterMajor === undefined ? {} : { laterMajor }),
  };
}

/** A tag in its parts; undefined for one that names no version, such as `latest`. */
export function versionOf(tag: string): VersionTag | undefined {
  const [, prefix, version, suffix] = /^(v?)(\d{1,9}(?:\.\d{1,9})+)(-[\w.-]+)?$/.exec(tag) ?? [];
  return version === undefined
    ? undefined
    : { tag, prefix: prefix ?? "", numbers: version.split(".").map(Number), suffix: suffix ?? "" };
}

/** Orders versions of as many numbers. */
export function compared(one: Pick<VersionTag, "numbers">, other: Pick<VersionTag, "numbers">): number {
  const at = one.numbers.findIndex((number, index) => number !== other.numbers[index]);
  return at === -1 ? 0 : (one.numbers[at] ?? 0) - (other.numbers[at] ?? 0);
}
