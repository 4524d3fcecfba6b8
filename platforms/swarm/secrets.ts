import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../content-hash";
import { objectName, stackLabels, type SwarmStack } from "./stack";

/** A secret of the swarm, whose whole content is one file. */
export interface SwarmSecretReference {
  id: pulumi.Input<string>;
  name: pulumi.Input<string>;
}

/** What a secret of the swarm is made from. */
export interface SecretContent {
  /**
   * The content with every password replaced by something else: what tells one version of the secret from the next. It is hashed into the
   * name, so it must hold nothing secret; a hash of the real content would let anyone check a guess.
   */
  template: string;
  /** The content itself. */
  content: pulumi.Input<string>;
}

/**
 * A version of a secret. The swarm never changes a secret, so each version is an object of its own: services move from one to the next,
 * and the old one is deleted once nobody uses it.
 */
export function versionedSecret(
  stack: Pick<SwarmStack, "name">,
  name: string,
  { content, template }: SecretContent,
  options: pulumi.CustomResourceOptions,
): SwarmSecretReference {
  const version = `${name}-${contentHash(template)}`;
  const secret = new docker.Secret(
    version,
    {
      name: objectName(stack, version),
      labels: stackLabels(stack),
      data: pulumi.secret(content).apply((text) => Buffer.from(text, "utf8").toString("base64")),
    },
    { ...options, additionalSecretOutputs: ["data"] },
  );
  return { id: secret.id, name: secret.name };
}
