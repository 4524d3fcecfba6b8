import { Command, InvalidArgumentError, Option } from "commander";
import type { EngineName } from "../home/deployments";
import { runCommand } from "../terminal/command";
import { interruption } from "../terminal/interruption";
import { say } from "../terminal/progress";
import { deployStack, type Deployment } from "./deploy-stack";
import { standInLines } from "./images/stand-ins";
import { clusterInboxLogin, swarmInboxLogin, type InboxLogin } from "./inbox-login";
import { defaultTimeoutSeconds } from "./request";
import { kubernetesSummary, swarmSummary } from "./summary";
import { swarmStackName } from "../platforms/swarm/stack";

interface StartOptions {
  stack: string;
  context?: string;
  kubeconfig?: string;
  host?: string;
  engine?: EngineName;
  /** Seconds. */
  timeout: number;
  yes?: boolean;
  buildImages?: boolean;
}

/** `npm start`: from a checkout to a stack that answers. */
const command = new Command("npm start --")
  .description(
    "Deploys a stack, waits until its sites answer, and says how to reach them. Run again, it changes nothing.",
  )
  .option("--stack <name>", "the stack, for example dev for Pulumi.dev.yaml", "swarm")
  .option("--context <name>", "Kubernetes: context to deploy to; remembered for this machine")
  .option("--kubeconfig <file>", "Kubernetes: kubeconfig with the context; remembered for this machine")
  .option("--host <address>", "Swarm: Docker Engine to deploy to, such as ssh://user@host; remembered for this machine")
  .addOption(
    new Option(
      "--engine <name>",
      "what deploys it; pulumi is downloaded where it is missing. Default: pulumi where its CLI is installed, else rendered",
    ).choices(["pulumi", "rendered"]),
  )
  .option(
    "--timeout <seconds>",
    "how long to wait until everything answers; what is deployed then stays",
    seconds,
    defaultTimeoutSeconds,
  )
  .option(
    "--build-images",
    "where a registry does not answer, take images built here in place of the official ones, also elsewhere than on this machine for localhost",
  )
  .option("--yes", "do not ask before installing Docker Engine or making a swarm")
  .action(async ({ context, host, kubeconfig, ...request }: StartOptions) => {
    interruption.listen();
    const deployment = await deployStack({ ...request, where: { context, host, kubeconfig } });
    say(...(await summaryOf(deployment)));
  });

async function summaryOf(deployment: Deployment): Promise<string[]> {
  const { officialCanBeHad, stack, standIns } = deployment;
  const lines =
    deployment.platform === "kubernetes"
      ? kubernetesSummary(
          stack,
          deployment.config,
          deployment.cluster,
          await shown(() => clusterInboxLogin(deployment.cluster)),
        )
      : swarmSummary(
          stack,
          deployment.config,
          deployment.answered,
          await shown(() => swarmInboxLogin(deployment.docker, swarmStackName(stack))),
        );
  return [...lines, ...standInLines(stack, standIns, officialCanBeHad)];
}

/** Reads a login where a person alone sees it: what is no terminal may be a log that is kept. */
async function shown(read: () => Promise<InboxLogin | undefined>): Promise<InboxLogin | undefined> {
  return process.stdout.isTTY ? read() : undefined;
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0)) {
    throw new InvalidArgumentError("It must be a number of seconds above 0.");
  }
  return value;
}

void runCommand("npm start", command);
