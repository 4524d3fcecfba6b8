/** The middle of some numbers: of an even count, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** The value that so many percent of some numbers do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100), 1) - 1] ?? NaN;
}

/** `min / median / max`, each with so many decimals. */
export function spread(values: readonly number[], decimals: number): string {
  return [Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(decimals)).join(" / ");
}

/** How the medians of two series compare, for example `1.07`. */
export function ratio(values: readonly number[], to: readonly number[]): string {
  return (median(values) / median(to)).toFixed(2);
}

/** Slope of the straight line through some points that leaves the least squares. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middleX = mean(points.map(([x]) => x));
  const middleY = mean(points.map(([, y]) => y));
  const rise = points.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0);
  return rise / points.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
}
