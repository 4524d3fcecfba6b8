import { UserError } from "../errors";
import { isThere } from "../files/files";
import { knownDeployment, type EngineName } from "../home/deployments";
import { stateFile } from "./pulumi/local-state";
import { backendOf } from "./pulumi/backend";
import {
  downloadCli,
  downloadCommand,
  havePlugins,
  installedCli,
  type PulumiCli,
  type PulumiEngine,
} from "./pulumi/cli";
import { findStack, proveSecrets } from "./pulumi/workspace";
import { projectDirectory } from "../home/project";
import { projectFile } from "./pulumi/project";
import { say } from "../terminal/progress";

/** What deploys or destroys a stack this time. */
export type Engine = { name: "rendered" } | PulumiEngine;

/** The provider plugins that a platform needs. */
const plugins = { kubernetes: ["kubernetes", "random", "tls"], swarm: ["docker", "random", "tls"] } as const;

/** How a person deploys and removes a stack, and where its Pulumi project is. */
interface StackCommands {
  deploy: string;
  destroy: string;
  directory: string;
}

/**
 * Decides what deploys a stack, by a rule that is the same at any time: what has deployed it before; else what the person asks for; else Pulumi where
 * its CLI is installed, and the rendered form where it is not. The CLI is downloaded for a person who asks for Pulumi.
 *
 * @param wanted from the command line
 * @throws UserError where the person's wish, or what has deployed the stack before, cannot be had; where the backend does not answer; and for a wrong
 *   passphrase
 */
export async function chooseEngine(
  stack: string,
  platform: keyof typeof plugins,
  wanted: EngineName | undefined,
  commands: StackCommands = commandsOf(stack),
): Promise<Engine> {
  const before = deployedWith(stack, commands.directory);
  if (before && wanted && wanted !== before) {
    throw new UserError(
      `Stack ${stack} was deployed ${words[before]}, and the two do not know what the other has made. Remove it first (${commands.destroy}; the data stays), then deploy it ${words[wanted]} (${commands.deploy} --engine ${wanted})`,
    );
  }
  const name = before ?? wanted;
  if (name === "rendered") {
    return { name };
  }
  const cli = (await installedCli()) ?? (wanted === "pulumi" ? await downloadCli() : undefined);
  if (cli === undefined) {
    if (before) {
      throw new UserError(
        `Stack ${stack} was deployed with Pulumi, and its CLI is not here any more. Put \`pulumi\` on PATH (https://www.pulumi.com/docs/install/), or download it: ${downloadCommand}\nThen run this again`,
      );
    }
    say(
      `There is no pulumi on PATH, so this deploys the rendered form of the same program, with ${platform === "kubernetes" ? "kubectl apply --server-side" : "docker stack deploy"}. To have Pulumi deploy it: ${commands.deploy} --engine pulumi`,
    );
    return { name: "rendered" };
  }
  return pulumiEngine(stack, platform, cli, commands.directory);
}

/**
 * What has deployed a stack, to remove it. Where this machine does not know it, the backend that the person is logged in to is asked.
 *
 * @returns the rendered form for a stack that no state names: what is removed then is what its platform shows
 * @throws UserError as `chooseEngine` does
 */
export async function engineThatDeployed(
  stack: string,
  platform: keyof typeof plugins,
  commands: StackCommands = commandsOf(stack),
): Promise<Engine> {
  if (deployedWith(stack, commands.directory)) {
    return chooseEngine(stack, platform, undefined, commands);
  }
  const cli = await installedCli();
  const backend = cli && (await backendOf(stack, commands.directory, cli));
  if (!cli || !backend || backend === "local") {
    return { name: "rendered" };
  }
  const asked: PulumiEngine = { name: "pulumi", cli, backend };
  return (await findStack(stack, asked))
    ? pulumiEngine(stack, platform, cli, commands.directory)
    : { name: "rendered" };
}

async function pulumiEngine(
  stack: string,
  platform: keyof typeof plugins,
  cli: PulumiCli,
  directory: string,
): Promise<PulumiEngine> {
  const backend = await backendOf(stack, directory, cli);
  await proveSecrets(stack, backend, directory);
  await havePlugins(cli, plugins[platform]);
  return { name: "pulumi", cli, backend };
}

/** As far as this machine knows: by its list, or by a state in its folder. */
function deployedWith(stack: string, directory: string): EngineName | undefined {
  const inState = () => (isThere(stateFile(projectFile(directory).name, stack)) ? "pulumi" : undefined);
  return knownDeployment(stack)?.engine ?? inState();
}

function commandsOf(stack: string): StackCommands {
  return {
    deploy: `npm start -- --stack ${stack}`,
    destroy: `npm run destroy -- --stack ${stack}`,
    directory: projectDirectory,
  };
}

const words: Record<EngineName, string> = { pulumi: "with Pulumi", rendered: "in its rendered form" };
