import * as pulumi from "@pulumi/pulumi";
import * as path from "node:path";
import { contentHash, secretVersion, versionName } from "../content-hash";
import { versionKey } from "../password";
import type { SwarmChildren } from "./children";
import { versionedName, versionOptions } from "./versions";

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
  children: SwarmChildren,
  role: string,
  { content, template }: SecretContent,
): SwarmSecretReference {
  return secret(children, role, versionName(role, template), content, contentHash(template));
}

/**
 * A version of a secret that somebody else made. Its version is a hash of the content with a key that nobody has but the stack's state, so that
 * nobody can check a guess.
 */
export function secretOfContent(
  children: SwarmChildren,
  role: string,
  content: pulumi.Input<string> | Uint8Array,
): SwarmSecretReference {
  return secret(children, role, role, content, secretVersion(content, versionKey(children)));
}

/**
 * @param unique role of this version
 * @param version of the content as it is given; what the caller's adjustment puts in its place has one of its own
 */
function secret(
  children: SwarmChildren,
  role: string,
  unique: string,
  content: pulumi.Input<string> | Uint8Array,
  version: pulumi.Input<string>,
): SwarmSecretReference {
  const data =
    content instanceof Uint8Array
      ? pulumi.secret(Buffer.from(content).toString("base64"))
      : pulumi.secret(content).apply((text) => Buffer.from(text, "utf8").toString("base64"));
  const options = { ...versionOptions, additionalSecretOutputs: ["data"] };
  const child = children.adjusted("secret", unique, { ...children.object(role), data }, options);
  const { args } = child;
  args.name = versionedName(args.name, args.data === data ? version : secretVersion(args.data, versionKey(children)));
  const { id, name } = children.register(child);
  return { id, name };
}

/**
 * Secrets for the files that a component's containers read, by file name.
 *
 * @param directory absolute path in the containers
 * @param source content of each file, and its template as in `SecretContent`
 */
export function secretFiles<Files extends Record<string, string>>(
  children: SwarmChildren,
  directory: string,
  { files, templates }: { files: pulumi.Output<Files>; templates: Files },
): Record<keyof Files & string, SecretFile> {
  const entries = Object.entries(templates).map(([file, template]) => {
    const content = files.apply((contents) => contents[file] ?? "");
    return [
      file,
      { secret: versionedSecret(children, file, { content, template }), target: path.posix.join(directory, file) },
    ] as const;
  });
  return Object.fromEntries(entries) as Record<keyof Files & string, SecretFile>;
}
