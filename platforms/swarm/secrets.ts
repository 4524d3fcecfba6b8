import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as path from "node:path";
import { secretVersion, versionDigits, versionName } from "../content-hash";
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

/** A secret as a file that only the container's user can read. */
export interface SecretFile {
  secret: SwarmSecretReference;
  /** Absolute path in the container. */
  target: string;
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
  const version = versionName(name, template);
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

/**
 * A version of a secret that somebody else made. Its version is a hash of the content with a key that nobody has but the stack's state, so that
 * nobody can check a guess.
 *
 * @param key a random value of the stack's own
 */
export function secretOfContent(
  stack: Pick<SwarmStack, "name">,
  name: string,
  content: string | Uint8Array,
  key: pulumi.Output<string>,
  options: pulumi.CustomResourceOptions,
): SwarmSecretReference {
  // Told before the version is known.
  objectName(stack, `${name}-${"0".repeat(versionDigits)}`);
  const version = secretVersion(content, key);
  const secret = new docker.Secret(
    name,
    {
      name: version.apply((text) => objectName(stack, `${name}-${text}`)),
      labels: stackLabels(stack),
      data: pulumi.secret(Buffer.from(content).toString("base64")),
    },
    {
      ...options,
      additionalSecretOutputs: ["data"],
      // The new version is made and used before the former one goes: the swarm removes none that a service uses.
      deleteBeforeReplace: false,
    },
  );
  return { id: secret.id, name: secret.name };
}

/**
 * Secrets for the files that a component's containers read, by file name.
 *
 * @param owner name of the component they belong to
 * @param directory absolute path in the containers
 * @param source content of each file, and its template as in `SecretContent`
 */
export function secretFiles<Files extends Record<string, string>>(
  stack: Pick<SwarmStack, "name">,
  owner: string,
  directory: string,
  { files, templates }: { files: pulumi.Output<Files>; templates: Files },
  options: pulumi.CustomResourceOptions,
): Record<keyof Files & string, SecretFile> {
  const entries = Object.entries(templates).map(([file, template]) => {
    const content = files.apply((contents) => contents[file] ?? "");
    return [
      file,
      {
        secret: versionedSecret(stack, `${owner}-${file}`, { content, template }, options),
        target: path.posix.join(directory, file),
      },
    ] as const;
  });
  return Object.fromEntries(entries) as Record<keyof Files & string, SecretFile>;
}
