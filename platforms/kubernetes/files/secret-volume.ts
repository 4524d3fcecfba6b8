import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesChildren } from "../children";
import { givenSecrets } from "./given-secret";

type VolumeProjection = types.input.core.v1.VolumeProjection;

/** The value of a secret, or the Secret of the namespace that has it. */
export type SecretValue = pulumi.Input<string> | { secretName: string; key: string };

/**
 * Secrets as a volume of files: those given here in a Secret of the component's, others from where they are.
 *
 * @param name of the volume, and of the Secret among the component's
 * @param values by the name of the file
 * @returns undefined for none
 */
export function secretVolume(
  children: KubernetesChildren,
  name: string,
  values: Readonly<Record<string, SecretValue>>,
): types.input.core.v1.Volume | undefined {
  const own: Record<string, pulumi.Input<string>> = {};
  const sources: VolumeProjection[] = [];
  for (const [file, value] of Object.entries(values)) {
    if (isClusterSecret(value)) {
      const { key, secretName } = value;
      sources.push({ secret: { name: secretName, items: [{ key, path: file }] } });
    } else {
      own[file] = value;
    }
  }
  if (Object.keys(own).length > 0) {
    sources.unshift({ secret: { name: givenSecrets(children, name, own) } });
  }
  return sources.length === 0 ? undefined : { name, projected: { defaultMode: 0o440, sources } };
}

function isClusterSecret(value: SecretValue): value is Exclude<SecretValue, pulumi.Input<string>> {
  return typeof value === "object" && !pulumi.Output.isInstance(value) && !(value instanceof Promise);
}
