import type { StackConfig } from "../config/schema";
import { appsOf } from "./apps";

/** An image that a stack runs. */
export interface NeededImage {
  /** Among `images`, or the name of an app that brings its own. */
  name: string;
  /** Its key in the stack file. Default: its name below `images`. */
  key?: readonly [string, ...string[]];
  reference: string;
}

/** The images that a stack runs, each once. */
export function neededImages(config: StackConfig): NeededImage[] {
  const images = appsOf(config).flatMap((app) => app.images?.(config) ?? []);
  return [...new Set(images.filter((image) => typeof image === "string"))]
    .map((name): NeededImage => ({ name, reference: config.images[name] }))
    .concat(images.filter((image) => typeof image !== "string"));
}

/** The key of an image in the stack file. */
export function imageKey({ key, name }: Pick<NeededImage, "key" | "name">): readonly [string, ...string[]] {
  return key ?? ["images", name];
}

/** Host of the registry that a reference names. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first : "docker.io";
}

/** A reference without its tag and digest. */
export function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
}

/** The registries of the images that a stack runs, each once. */
export function registriesOf(config: StackConfig): string[] {
  return [...new Set(neededImages(config).map(({ reference }) => registryOf(reference)))];
}
