import { UserError, CommandError } from "../../errors";
import type { NeededImage } from "../../stacks/images";
import { imageKey, registryOf } from "../../stacks/images";
import type { DockerEngine } from "../../engines/docker-engine";
import type { Report } from "../../terminal/progress";

/** Ghost's image has some 600 MB. */
const pullLimitSeconds = 30 * 60;

/**
 * What came of the attempt to get an image, by who will run it: it is there; its registry refuses it, in its own words; or that registry could not be
 * asked, and nobody knows.
 */
export type PullOutcome = { outcome: "there" } | { outcome: "refused" | "unknown"; said: string };

/** An image, and what came of it. */
export type Sought = NeededImage & PullOutcome;

/** Has an engine pull images, and asks a registry that it does not reach once. */
export class EnginePuller {
  private readonly silent = new Map<string, PullOutcome>();

  constructor(private readonly engine: DockerEngine) {}

  async pull(reference: string, report: Report): Promise<PullOutcome> {
    const registry = registryOf(reference);
    const known = this.silent.get(registry);
    if (known) {
      return known;
    }
    const outcome = await this.pulled(reference, report);
    if (outcome.outcome === "unknown") {
      this.silent.set(registry, outcome);
    }
    return outcome;
  }

  private async pulled(reference: string, report: Report): Promise<PullOutcome> {
    report(reference);
    try {
      const onLine = (line: string) => report(`${reference}: ${line}`);
      await this.engine.docker(["pull", reference], { timeout: pullLimitSeconds, onLine });
      return { outcome: "there" };
    } catch (error) {
      if (error instanceof CommandError && !error.notFound) {
        return {
          outcome: refusal(error.output) ? "refused" : "unknown",
          said: lastLine(error.output || error.message),
        };
      }
      throw error;
    }
  }
}

/** Whether a registry has answered, and will not give the image: it has none of that name, or none for us, or not now. Anything else is no answer. */
export function refusal(said: string): boolean {
  return /manifest unknown|manifest for \S+ not found|not found: manifest|no matching manifest|repository does not exist|repository name not known|pull access denied|access to the resource is denied|no basic auth credentials|unauthorized|invalid reference format|toomanyrequests|: not found$/im.test(
    said,
  );
}

/** @throws UserError that names each image that a registry refuses, with its key */
export function mustNotBeRefused(sought: readonly Sought[]): void {
  const refused = sought.filter((image) => image.outcome === "refused");
  if (refused.length > 0) {
    throw UserError.fromMistakes(
      "Registries refuse images of the stack. Look at their names; where a registry wants a login or its limit is used up: docker login",
      refused.map((image) => `${imageKey(image).join(".")}: ${image.reference}: ${saidOf(image)}`),
    );
  }
}

/** Why there is no image, in the words of who tried. */
export function saidOf(sought: Sought): string {
  return sought.outcome === "there" ? "" : sought.said;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
