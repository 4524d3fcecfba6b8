/** Binary suffixes of a Kubernetes quantity; Swarm gets the same value in bytes. */
const unitBytes = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;

/** What a size looks like in the configuration: a whole number and a binary unit, for example `512Mi`. */
export const quantityPattern = /^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/;

/** Bytes in a quantity such as `512Mi`. Throws a RangeError for any other text. */
export function quantityToBytes(quantity: string): number {
  const match = /^([1-9][0-9]*)(Ki|Mi|Gi|Ti)$/.exec(quantity);
  if (!match) {
    throw new RangeError(`"${quantity}" is not a size: write a whole number and Ki, Mi, Gi or Ti, for example 512Mi`);
  }
  return Number(match[1]) * unitBytes[match[2] as keyof typeof unitBytes];
}

/** An amount of processor time as Kubernetes writes it: `2`, `0.5`, `250m`. */
export const cpuPattern = /^(?!0*(\.0*)?$)(\d{1,4}(\.\d{1,3})?|[1-9]\d{0,6}m)$/;

/** Thousandths of a processor in such an amount. */
export function cpuToMillis(amount: string): number {
  return amount.endsWith("m") ? Number(amount.slice(0, -1)) : Number(amount) * 1000;
}
