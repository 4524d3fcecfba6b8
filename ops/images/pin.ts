import { imageKey, neededImages, type NeededImage } from "../../stacks/images";
import { checkedConfiguration } from "../../home/stack-configuration";
import { writeStackFile } from "../../config/files/edit-stack-file";
import { readRawStackFile } from "../../config/files/stack-file";
import { UserError } from "../../errors";
import { parseReference } from "./reference";
import { currentDigest, RegistrySilent } from "./registry";

/** What became of an image of a stack. The shape of an entry of `images pin --json`. */
export interface PinnedImage {
  name: string;
  /** As the stack file or the default has it. */
  before: string;
  /** With the digest. */
  after: string;
}

/**
 * Looks up the digest of each image that a stack runs, and writes it into the stack file. All or nothing: where one cannot be had, the
 * file stays as it is.
 *
 * A tag that has a digest already is looked up again: publishers renew what is behind a tag. An image without a tag stays.
 *
 * @throws UserError that lists what could not be had
 */
export async function pinImages(projectDirectory: string, stack: string): Promise<PinnedImage[]> {
  const images = imagesOfFile(projectDirectory, stack);
  const results = await Promise.all(images.map(pinned));
  const failures = results.filter((result) => "failure" in result);
  if (failures.length > 0) {
    const silent = failures.every(({ silent }) => silent);
    throw UserError.fromMistakes(
      `Nothing was changed in Pulumi.${stack}.yaml: ${silent ? "no registry answers for" : "no digest can be had for"}`,
      failures.map(({ failure, image }) => `${imageKey(image).join(".")}: ${failure}`),
    );
  }
  const found = results.filter((result) => "after" in result);
  const changed = found.filter(({ after, image }) => after !== image.reference);
  if (changed.length > 0) {
    const values = changed.map(({ after, image }) => ({ keys: imageKey(image), value: after }));
    writeStackFile(projectDirectory, stack, values);
  }
  return found.map(({ after, image: { name, reference } }) => ({ name, before: reference, after }));
}

/** The images that a stack runs, as everybody has them: without what this machine's settings put in their place. */
function imagesOfFile(projectDirectory: string, stack: string): NeededImage[] {
  return neededImages(checkedConfiguration(stack, readRawStackFile(projectDirectory, stack, {})));
}

type Lookup = { image: NeededImage } & ({ after: string } | { failure: string; silent: boolean });

async function pinned(image: NeededImage): Promise<Lookup> {
  const { reference } = image;
  try {
    const parsed = parseReference(reference);
    if (parsed.tag === undefined) {
      return { image, after: reference };
    }
    const digest = await currentDigest(parsed);
    return { image, after: `${reference.replace(/@.*$/, "")}@${digest}` };
  } catch (error) {
    if (error instanceof RegistrySilent || error instanceof UserError) {
      return { image, failure: `${reference}: ${error.message}`, silent: error instanceof RegistrySilent };
    }
    throw error;
  }
}
