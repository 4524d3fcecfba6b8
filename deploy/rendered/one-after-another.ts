import { parse, stringify } from "yaml";
import * as fs from "node:fs";
import { oneAfterAnotherLabel } from "../../platforms/swarm/service";
import { stackLabel } from "../../platforms/swarm/stack";
import type { DockerEngine } from "../../engines/docker-engine";
import type { Report } from "../../terminal/progress";
import { updatesComplete, updateStates } from "../wait/swarm-updates";

/** What of a compose file is read here. */
interface Compose {
  services: Record<string, { deploy?: { labels?: Record<string, string> } }>;
}

/**
 * Compose files with one service each, for those services that are to be updated one after the other, and that run already: where they come up for the
 * first time, each waits for the others.
 *
 * @param text the whole file
 * @param running services of the stack that have the label, without the stack's name
 */
export function oneAfterAnother(text: string, running: readonly string[]): { service: string; text: string }[] {
  const whole = parse(text) as Compose;
  return Object.keys(whole.services)
    .filter((service) => running.includes(service) && whole.services[service]?.deploy?.labels?.[oneAfterAnotherLabel])
    .sort((left, right) => left.localeCompare(right, "en", { numeric: true }))
    .map((service) => ({
      service,
      text: stringify({ ...whole, services: { [service]: whole.services[service] } }, { lineWidth: 0 }),
    }));
}

/**
 * Updates those services of a stack, each once the one before runs and is well; the rest of the stack stays as it is.
 *
 * @param deployment arguments of docker that deploy the compose file of its standard input
 * @param place the file, and the folder that the names of files in it are relative to
 * @throws UserError where one does not get well: those behind it are as they were
 */
export async function updateOneAfterAnother(
  engine: DockerEngine,
  name: string,
  deployment: readonly string[],
  place: { file: string; directory: string },
  deadline: number,
  report: Report,
): Promise<void> {
  const labels = [`label=${stackLabel}=${name}`, `label=${oneAfterAnotherLabel}`];
  const filters = labels.flatMap((label) => ["--filter", label]);
  const running = await engine.lines(["service", "ls", ...filters, "--format", "{{.Name}}"]);
  const steps = oneAfterAnother(
    fs.readFileSync(place.file, "utf8"),
    running.map((service) => service.slice(name.length + 1)),
  );
  for (const { text } of steps) {
    const before = await updateStates(engine, name);
    await engine.docker(deployment, { timeout: 180, input: text, cwd: place.directory });
    await updatesComplete(engine, name, before, deadline, report);
  }
}
