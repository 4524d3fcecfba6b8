import { neededImages } from "../../stacks/images";
import { checkedConfiguration } from "../../home/stack-configuration";
import { readRawStackFile } from "../../config/files/stack-file";
import { UserError } from "../../errors";
import { parseReference } from "./reference";
import { RegistrySilent, tagsOf } from "./registry";
import { newerTags } from "./tags";

/** What is newer than an image of a stack. The shape of an entry of `images newer --json`. */
export interface NewerImage {
  name: string;
  /** As the stack file or the default has it. */
  reference: string;
  /** Newest tag of the same major version, of the same form; absent where there is none. */
  sameMajor?: string;
  /** Newest tag of a later major version, of the same form; absent where there is none. */
  laterMajor?: string;
  /** Why nothing is known of this image. */
  unknown?: string;
}

/** Asks the registries for tags that are newer than those a stack runs. Changes nothing. */
export function newerImages(projectDirectory: string, stack: string): Promise<NewerImage[]> {
  const images = neededImages(checkedConfiguration(stack, readRawStackFile(projectDirectory, stack, {})));
  return Promise.all(
    images.map(async ({ name, reference }): Promise<NewerImage> => {
      try {
        const parsed = parseReference(reference);
        if (parsed.tag === undefined) {
          return { name, reference, unknown: "it is named by its digest alone, which has no order" };
        }
        return { name, reference, ...newerTags(parsed.tag, await tagsOf(parsed)) };
      } catch (error) {
        if (error instanceof RegistrySilent || error instanceof UserError) {
          return { name, reference, unknown: error.message };
        }
        throw error;
      }
    }),
  );
}

/** The answer as lines for a person. */
export function newerLines(stack: string, images: readonly NewerImage[]): string[] {
  const lines = images.map(({ laterMajor, name, reference, sameMajor, unknown }) => {
    if (unknown !== undefined) {
      return `  ${name}: ${reference}: not known: ${unknown}`;
    }
    const found = [
      ...(sameMajor === undefined ? [] : [`newer: ${sameMajor}`]),
      ...(laterMajor === undefined ? [] : [`a later major version: ${laterMajor} (read its release notes first)`]),
    ];
    return `  ${name}: ${reference}: ${found.length === 0 ? "nothing newer" : found.join("; ")}`;
  });
  return [
    ...lines,
    ...(images.some(({ laterMajor, sameMajor }) => (sameMajor ?? laterMajor) !== undefined)
      ? [`Nothing was changed. To take them: npm run ops -- upgrade --stack ${stack}`]
      : []),
  ];
}
