import type { SwarmStackConfig } from "../config/schema";
import { DockerEngine, engineTrouble, mayBeManager } from "../engines/docker-engine";
import { UserError } from "../errors";
import { mustHaveQuorum } from "../machines/quorum-check";
import { swarmStackName } from "../platforms/swarm/stack";
import { step } from "../terminal/progress";
import { owned, refuseForeignOnSwarm } from "./before/swarm-ownership";
import type { Engine } from "./engine";
import { removedByPulumi } from "./removed-by-pulumi";
import { stateOnSwarm } from "./pulumi/state-on-platform";
import { removeStack, removeVolumes } from "./rendered/swarm";

/** A stack that is gone from a swarm. */
export interface SwarmRemoval {
  platform: "swarm";
  stack: string;
  /** Whether the data on this engine is gone, too; other machines keep their volumes. */
  data: boolean;
  /** Address of the engine. */
  host: string;
  /** Names of the volumes that were removed. */
  removed: string[];
  /** Names of the volumes that are left on this engine. */
  kept: string[];
  /** Whether other machines may have volumes of it. */
  hasOtherMachines: boolean;
}

/** @throws UserError as `destroyStack` does */
export async function destroyOnSwarm(
  stack: string,
  config: SwarmStackConfig,
  deployer: Engine,
  data: boolean,
): Promise<SwarmRemoval> {
  const { engine, isManager } = await answeringEngine(stack, config);
  const name = swarmStackName(stack);
  if (isManager) {
    await refuseForeignOnSwarm(engine, name, []);
  }
  await removedByPulumi(stack, deployer, stateOnSwarm(engine, name));
  await step(`Remove stack ${stack} from ${engine.host}`, async (report) => {
    if (isManager) {
      await removeStack(engine, name, report);
    }
  });
  const removed = data ? await step(`Remove the data of stack ${stack}`, () => removeVolumes(engine, name)) : [];
  return {
    platform: "swarm",
    stack,
    data,
    host: engine.host,
    removed,
    kept: data ? [] : await owned(engine, "volume", name),
    hasOtherMachines: !config.swarm.singleNode,
  };
}

/** The engine, and whether there is anything to remove on it: one in no swarm has nothing but volumes. */
async function answeringEngine(
  stack: string,
  { swarm: { host } }: SwarmStackConfig,
): Promise<{ engine: DockerEngine; isManager: boolean }> {
  const engine = new DockerEngine(host);
  const trouble = await engine.trouble();
  if (trouble) {
    throw engineTrouble(engine, trouble);
  }
  const swarm = await engine.swarmState();
  if (mayBeManager(swarm)) {
    const command = `npm run destroy -- --stack ${stack} --without-quorum`;
    await mustHaveQuorum(engine, swarm, { otherwise: `To forget the stack here and leave it there: ${command}` });
  }
  if (!swarm.isManager && swarm.state !== "inactive") {
    throw new UserError(
      `The Docker Engine at ${engine.host} is no manager of its swarm (state ${swarm.state}), and only managers know what of stack ${stack} runs. Name a manager as swarm.host. Nothing was changed`,
    );
  }
  return { engine, isManager: swarm.isManager };
}
