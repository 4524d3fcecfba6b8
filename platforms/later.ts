import * as pulumi from "@pulumi/pulumi";

/** Whether a value is known only later: an output of a resource, or a promise. */
export function isLater(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Whether a value is known now, with everything in it. */
export function isPlain(value: unknown): boolean {
  return !isLater(value) && (typeof value !== "object" || value === null || Object.values(value).every(isPlain));
}

/**
 * Applies a function: at once where the value itself is known, whatever is in it; else when it and everything in it is.
 *
 * @param absent what stands for a value that is not there
 */
export function mapped<Value, Result>(
  value: pulumi.Input<Value | undefined> | undefined,
  absent: Value,
  map: (value: Value) => pulumi.Input<Result>,
): pulumi.Input<Result> {
  return isLater(value)
    ? pulumi.output(value).apply((known) => map((known as Value | undefined) ?? absent) as Result)
    : map((value as Value | undefined) ?? absent);
}

/** A value that is known with everything in it, or later: for what is decided by its parts. */
export function whole<Value>(value: pulumi.Input<Value>): pulumi.Input<pulumi.Unwrap<Value>> {
  return (isPlain(value) ? value : pulumi.output(value)) as pulumi.Input<pulumi.Unwrap<Value>>;
}

/** The value, once something else is done. */
export function after<Value>(until: pulumi.Output<unknown>, value: pulumi.Input<Value>): pulumi.Output<Value> {
  return pulumi.all([value, until]).apply(([known]) => known) as pulumi.Output<Value>;
}
