import { registryOf } from "../../stacks/images";
import { UserError } from "../../errors";

/** An image reference in its parts. */
export interface ImageReference {
  /** Host, with its port where there is one: `docker.io`, `localhost:5000`. */
  registry: string;
  /** Path in the registry: `library/mysql`. */
  repository: string;
  /** Absent where only a digest is given. */
  tag: string | undefined;
  /** `sha256:…`; absent where none is given. */
  digest: string | undefined;
}

const dockerHub = "docker.io";

/**
 * Takes a reference apart as Docker does: the first part is a host when it looks like one, else the image is Docker Hub's, where images
 * without an owner are in `library`; without tag and digest the tag is `latest`.
 *
 * @throws UserError for what is no reference
 */
export function parseReference(text: string): ImageReference {
  const [, name, tag, digest] = /^([^@]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text) ?? [];
  if (name === undefined) {
    throw new UserError(`"${text}" is no image: it must look like docker.io/library/mysql:8.4.11`);
  }
  const registry = registryOf(name);
  const path = name.startsWith(`${registry}/`) ? name.slice(registry.length + 1) : name;
  return {
    registry,
    repository: registry === dockerHub && !path.includes("/") ? `library/${path}` : path,
    tag: tag ?? (digest === undefined ? "latest" : undefined),
    digest,
  };
}
