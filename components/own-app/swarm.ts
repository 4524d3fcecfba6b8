import type { SwarmStackConfig } from "../../config/schema";
import type { SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { SwarmStack } from "../../platforms/swarm/stack";
import type { OwnAppContext } from "./context";

/** What an app that is no part of this program is made with on Swarm. */
export interface OwnAppOnSwarm extends OwnAppContext<SwarmStackConfig, SwarmSecretReference> {
  stack: SwarmStack;
}
