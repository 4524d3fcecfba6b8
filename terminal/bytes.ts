const units: Record<string, number> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes in a size as Docker writes it for people, `473.6MiB`; undefined for what is none. */
export function bytes(text: string): number | undefined {
  const [, digits, unit = ""] = /^([0-9.]+)\s*([A-Za-z]+)$/.exec(text) ?? [];
  const factor = units[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** Bytes for people: in Mi, from 10 Gi on in Gi. */
export function shownBytes(count: number): string {
  return count >= 10 * 2 ** 30 ? `${Math.round(count / 2 ** 30)}Gi` : `${Math.round(count / 2 ** 20)}Mi`;
}
