import type { ImageName } from "../config/images";
import type { StackConfig } from "../config/schema";
import { apps } from "./apps";

/** An image that a stack runs. */
export interface NeededImage {
  name: ImageName;
  reference: string;
}

/** The images that a stack runs, each once. */
export function neededImages(config: StackConfig): NeededImage[] {
  const names = new Set(apps.flatMap(({ images }) => images?.(config) ?? []));
  return [...names].map((name) => ({ name, reference: config.images[name] }));
}

/** Host of the registry that a reference names. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first : "docker.io";
}

/** The registries of the images that a stack runs, each once. */
export function registriesOf(config: StackConfig): string[] {
  return [...new Set(neededImages(config).map(({ reference }) => registryOf(reference)))];
}
