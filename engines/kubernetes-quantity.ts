/** Factors of the suffixes of a Kubernetes quantity, decimal and binary. */
const factors: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** The number that a quantity of the API stands for: cores for `250m`, bytes for `256Mi`. Undefined for what is no quantity. */
export function quantity(text: string | undefined): number | undefined {
  const [, digits, suffix = ""] = /^([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(text ?? "") ?? [];
  const factor = factors[suffix];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
