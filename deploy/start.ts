import { Command, InvalidArgumentError, Option } from "commander";
import type { EngineName } from "../home/deployments";
import { runCommand } from "../terminal/command";
import { interruption } from "../terminal/interruption";
import { say } from "../terminal/progress";
import { deployStack, type Deployment } from "./deploy-stack";
import { standInLines } from "./images/stand-ins";
import { clusterLogin, engineLogin } from "./guarded-login";
import { defaultTimeoutSeconds } from "./request";
import { kubernetesSummary, swarmSummary, type Logins } from "./summary";
import type { GuardedPlace, Login } from "../components/app";
import { swarmStackName } from "../platforms/swarm/stack";
import { apps } from "../stacks/apps";

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
  const logins = await loginsToShow(deployment);
  const lines =
    deployment.platform === "kubernetes"
      ? kubernetesSummary(stack, deployment.config, deployment.cluster, logins)
      : swarmSummary(stack, deployment.config, deployment.answered, logins);
  return [...lines, ...standInLines(stack, standIns, officialCanBeHad)];
}

/** Reads logins where a person alone sees them: what is no terminal may be a log that is kept. */
async function loginsToShow(deployment: Deployment): Promise<Logins> {
  const { config, stack } = deployment;
  const logins: Record<string, Login> = {};
  for (const { guardedPage, name } of process.stdout.isTTY ? apps : []) {
    const place = guardedPage?.shownAtStart ? guardedPage.of(config, stack) : "not to be shown";
    if (typeof place !== "string" && place.open === undefined) {
      const login = await loginOf(deployment, place);
      Object.assign(logins, login ? { [name]: login } : {});
    }
  }
  return logins;
}

async function loginOf(deployment: Deployment, { kubernetes, swarm }: GuardedPlace): Promise<Login | undefined> {
  return deployment.platform === "kubernetes"
    ? kubernetes && clusterLogin(deployment.cluster, kubernetes)
    : swarm && engineLogin(deployment.docker, swarmStackName(deployment.stack), swarm);
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0)) {
    throw new InvalidArgumentError("It must be a number of seconds above 0.");
  }
  return value;
}

void runCommand("npm start", command);
