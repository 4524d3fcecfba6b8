import type { OwnedSite } from "../components/app";
import { swarmStackName } from "../platforms/swarm/stack";
import { appsOf } from "../stacks/apps";
import { answerOf, type AskedStack } from "./container-question";
import type { Deployment } from "./deploy-stack";

/** Sites of a stack that is up, and that whoever visits them first will own. One that cannot be asked is none of them, nor is one of this machine alone. */
export async function unclaimedSites(stack: AskedStack): Promise<OwnedSite[]> {
  const sites = appsOf(stack.config)
    .flatMap((app) => app.owners?.(stack.config) ?? [])
    .filter(({ signIn }) => new URL(signIn).hostname !== "localhost");
  const answers = await Promise.all(sites.map(({ question }) => answerOf(stack, question)));
  return sites.filter((_, index) => answers[index] === "nobody");
}

/** The same in words, for the end of a start. */
export async function unclaimedLines(deployment: Deployment): Promise<string[]> {
  const { stack } = deployment;
  const sites = await unclaimedSites(
    deployment.platform === "kubernetes"
      ? deployment
      : { platform: "swarm", config: deployment.config, engine: deployment.docker, swarmName: swarmStackName(stack) },
  );
  return sites.flatMap(({ key, name, signIn }) => [
    "",
    `NOBODY OWNS site ${name}: whoever visits ${signIn} first will. Go there now,`,
    `or take the site away, and name its owner in ${key} of Pulumi.${stack}.yaml.`,
  ]);
}
