import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/**
 * Variables of a container, from text that is meant as it is. The kubelet would put another variable in place of `$(NAME)`, and one dollar sign in
 * place of two; two stand for one.
 */
export function environmentOf(variables: Record<string, pulumi.Input<string>>): types.input.core.v1.EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({
    name,
    value: typeof value === "string" ? escaped(value) : pulumi.output(value).apply(escaped),
  }));
}

function escaped(text: string): string {
  return text.replaceAll("$", "$$$$");
}
