import { UserError } from "../errors";
import { deployedBy, type EngineName } from "./deployments";
import { findPulumi, installedCli, type PulumiCli } from "./pulumi-cli";
import { say } from "./progress";

/** What deploys or destroys a stack this time. */
export type Engine = { name: "rendered" } | { name: "pulumi"; cli: PulumiCli };

/** The provider plugins that a platform needs. */
const plugins = { kubernetes: ["kubernetes", "random"], swarm: ["docker", "random"] } as const;

/**
 * Decides what deploys a stack: what has deployed it before; else what the person asks for; else the Pulumi engine where it can be had.
 * Says so where it is not the Pulumi engine.
 *
 * @param wanted from the command line
 * @param commands what a person types to deploy and to remove the stack
 * @throws UserError where the person's wish, or what has deployed the stack before, cannot be had
 */
export async function chooseEngine(
  stack: string,
  platform: keyof typeof plugins,
  wanted: EngineName | undefined,
  commands = { deploy: `npm start -- --stack ${stack}`, destroy: `npm run destroy -- --stack ${stack}` },
): Promise<Engine> {
  const before = deployedBy(stack);
  if (before && wanted && wanted !== before) {
    throw new UserError(
      `Stack ${stack} was deployed ${words[before]}, and the two do not know what the other has made. Remove it first (${commands.destroy}; the data stays), then deploy it ${words[wanted]}`,
    );
  }
  const name = before ?? wanted;
  if (name === "rendered") {
    if (before && (await installedCli())) {
      say(
        `Stack ${stack} was deployed in its rendered form and goes on so. To have Pulumi deploy it: ${commands.destroy} (the data stays), then ${commands.deploy}`,
      );
    }
    return { name };
  }
  const found = await findPulumi(plugins[platform]);
  if (!("reason" in found)) {
    return { name: "pulumi", cli: found };
  }
  if (name === "pulumi") {
    throw new UserError(
      `Stack ${stack} ${before ? "was deployed" : "is to be deployed"} with Pulumi, but ${found.reason}. Put \`pulumi\` and its plugins on PATH (https://www.pulumi.com/docs/install/), and run this again`,
    );
  }
  say(
    `There is no Pulumi here: ${found.reason}.`,
    `So this deploys the rendered form of the same program, with ${platform === "kubernetes" ? "kubectl apply --server-side" : "docker stack deploy"}.`,
  );
  return { name: "rendered" };
}

const words: Record<EngineName, string> = { pulumi: "with Pulumi", rendered: "in its rendered form" };
