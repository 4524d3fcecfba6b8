const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 24 * 3600 };

/** Seconds of a duration such as `30s`, `5m`, `12h` or `15d`, as the schema lets it through. */
export function durationSeconds(duration: string): number {
  return Number(duration.slice(0, -1)) * (unitSeconds[duration.slice(-1)] ?? Number.NaN);
}

/** Durations that are too short or too long: by key, the shortest, the longest, and why. */
export function durationMistakes<Key extends string>(
  at: string,
  durations: Record<Key, string>,
  bounds: Record<Key, [least: string, most: string, why: string]>,
): string[] {
  return (Object.entries(bounds) as [Key, [string, string, string]][]).flatMap(([key, [least, most, why]]) => {
    const seconds = durationSeconds(durations[key]);
    return seconds < durationSeconds(least) || seconds > durationSeconds(most)
      ? [`${at}.${key}: must be ${least} to ${most} (got ${durations[key]}): ${why}`]
      : [];
  });
}
