import * as pulumi from "@pulumi/pulumi";

/**
 * Text in which the swarm finds no placeholder of its own: it takes variables, host names and mounts for templates and fills in what stands
 * between `{{` and `}}`.
 */
export function withoutPlaceholders(text: string): string {
  return text.replaceAll("{{", '{{"{{"}}');
}

/** The same for each value of a map. */
export function valuesWithoutPlaceholders<Value extends pulumi.Input<string>>(
  values: Record<string, Value>,
): Record<string, Value | pulumi.Output<string>>;
export function valuesWithoutPlaceholders(
  values: Record<string, pulumi.Input<string>>,
): Record<string, pulumi.Input<string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? withoutPlaceholders(value) : pulumi.output(value).apply(withoutPlaceholders),
    ]),
  );
}
