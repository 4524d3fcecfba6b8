import type * as pulumi from "@pulumi/pulumi";

/** One key of a Secret in the namespace of the pod that uses it. */
export interface SecretReference {
  /** Name of the Secret. */
  name: pulumi.Input<string>;
  key: string;
}
