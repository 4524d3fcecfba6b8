import type * as pulumi from "@pulumi/pulumi";

/** Options of what is a component's child, or where there is none a child of the program. */
export function below(parent: pulumi.Resource | undefined): { parent?: pulumi.Resource } {
  return parent ? { parent } : {};
}
