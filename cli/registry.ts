import type { DockerEngine } from "./docker-engine";
import { CommandError } from "./process";

/** A registry that has not answered by then is not there; answers came within 1 s. */
export const registryLimitSeconds = 20;

/** What an image's registry says: it has it, says nothing, or refuses in its own words. */
export type RegistryAnswer = "has it" | "silent" | { refusal: string };

/** Asks the registry of an image, from an engine. */
export async function askRegistry(engine: DockerEngine, reference: string): Promise<RegistryAnswer> {
  try {
    await engine.docker(["manifest", "inspect", reference], { timeout: registryLimitSeconds });
    return "has it";
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    if (/no such manifest|manifest unknown|denied|unauthorized|not found: manifest/i.test(error.output)) {
      return { refusal: error.output.trim() };
    }
    // It answers, and tells us to come back later: pulling may still work, and says so itself otherwise.
    return /toomanyrequests/i.test(error.output) ? "has it" : "silent";
  }
}
