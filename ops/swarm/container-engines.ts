import { DockerEngine } from "../../engines/docker-engine";
import { CommandError } from "../../errors";
import type { SwarmStack } from "../../home/stack";

/** A machine that is there lists its containers in that time, over ssh too. */
const answerLimitSeconds = 20;

/** The engine that has a container; undefined for one that is nowhere, or on a machine that the stack does not name or that does not answer. */
export type EngineOf = (container: string | undefined) => DockerEngine | undefined;

/** Asks the engines of a stack which containers they have: each knows those of its own node only. */
export async function containerEngines({ config, engine }: Pick<SwarmStack, "config" | "engine">): Promise<EngineOf> {
  const others = Object.values(config.swarm.nodes ?? {})
    .filter(({ host }) => host !== engine.host)
    .map(({ host }) => new DockerEngine(host));
  const found = new Map<string, DockerEngine>();
  await Promise.all(
    [engine, ...others].map(async (candidate) => {
      for (const container of await containersOf(candidate)) {
        found.set(container, candidate);
      }
    }),
  );
  return (container) => (container === undefined ? undefined : found.get(container));
}

async function containersOf(engine: DockerEngine): Promise<string[]> {
  try {
    return await engine.lines(["ps", "--all", "--quiet", "--no-trunc"], { timeout: answerLimitSeconds });
  } catch (error) {
    if (error instanceof CommandError) {
      return [];
    }
    throw error;
  }
}
