const units = [
  { seconds: 86_400, letter: "d" },
  { seconds: 3600, letter: "h" },
  { seconds: 60, letter: "m" },
] as const;

/** How long ago something was, in its two largest units: `45s`, `7m10s`, `3h5m`, `12d`. Empty where nobody knows. */
export function age(since: string | undefined, now: Date = new Date()): string {
  const milliseconds = since === undefined ? NaN : now.getTime() - Date.parse(since);
  return Number.isNaN(milliseconds) ? "" : duration(milliseconds / 1000);
}

/** Seconds in their two largest units; from ten of the largest on, in that one alone. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  for (const [index, unit] of units.entries()) {
    if (whole >= unit.seconds) {
      const count = Math.floor(whole / unit.seconds);
      const smaller = units[index + 1] ?? { seconds: 1, letter: "s" };
      const rest = Math.floor((whole % unit.seconds) / smaller.seconds);
      return rest === 0 || count >= 10 ? `${count}${unit.letter}` : `${count}${unit.letter}${rest}${smaller.letter}`;
    }
  }
  return `${whole}s`;
}
