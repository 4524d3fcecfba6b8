const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 24 * 3600 };

/** Seconds of a duration such as `30s`, `5m`, `12h` or `15d`, as the schema lets it through. */
export function durationSeconds(duration: string): number {
  return Number(duration.slice(0, -1)) * (unitSeconds[duration.slice(-1)] ?? Number.NaN);
}
