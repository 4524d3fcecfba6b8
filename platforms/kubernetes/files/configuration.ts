import type * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../content-hash";
import { mapped, whole } from "../../later";
import type { KubernetesChildren } from "../children";

/** A ConfigMap of a component, with the files that its pods read at a start. */
export interface Configuration {
  name: pulumi.Output<string>;
  /** Changes with the files, and with what else is told: for `podTemplate`. */
  hash: (...more: string[]) => pulumi.Input<string>;
}

/**
 * Makes the ConfigMap `<name>-<role>`.
 *
 * @param files content by name
 * @param unhashed what stands beside them and is no reason to restart
 */
export function configuration(
  children: KubernetesChildren,
  role: string,
  files: Record<string, pulumi.Input<string>>,
  unhashed: Record<string, string> = {},
): Configuration {
  const data = { ...files, ...unhashed };
  const child = children.adjusted("configMap", role, { metadata: children.metadata(role), data });
  const hash = (...more: string[]) =>
    mapped(whole(child.args.data), {}, (known) => {
      const hashed = Object.entries(known).filter(([key]) => !(key in unhashed));
      return contentHash(...hashed.map(([, content]) => content), ...more);
    });
  return { name: children.register(child).metadata.name, hash };
}
