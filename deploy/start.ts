import { Command, Option } from "commander";
import { UserError } from "../errors";
import type { EngineName } from "../home/deployments";
import { projectDirectory } from "../home/project";
import { runCommand } from "../terminal/command";
import { interruption } from "../terminal/interruption";
import { say } from "../terminal/progress";
import { seconds } from "../terminal/seconds";
import { deployStack, type Deployment } from "./deploy-stack";
import { standInLines } from "./images/stand-ins";
import { certificateLines } from "./certificate-lines";
import { frontDoorLines } from "./front-door-lines";
import { clusterLogin, engineLogin } from "./guarded-login";
import { dnsLines, publicStackName, writePublicStack } from "./public-stack";
import { defaultTimeoutSeconds } from "./request";
import { unclaimedLines } from "./unclaimed";
import { kubernetesSummary, swarmSummary, type Logins } from "./summary";
import type { GuardedPlace, Login } from "../components/app";
import { swarmStackName } from "../platforms/swarm/stack";
import { apps } from "../stacks/apps";

interface StartOptions {
  stack: string;
  domain?: string;
  email?: string;
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
  .option(
    "--domain <host>",
    `a site with this public name, on Swarm: writes Pulumi.${publicStackName}.yaml (or that of --stack), and says what the DNS needs`,
  )
  .option("--email <address>", "whom the authority of its certificate writes to; needed with --domain")
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
  .action(async ({ context, domain, email, host, kubeconfig, ...request }: StartOptions, self: Command) => {
    interruption.listen();
    const isNamed = self.getOptionValueSource("stack") !== "default";
    const stack = domain === undefined || isNamed ? request.stack : publicStackName;
    await publicSite(stack, domain, email);
    const deployment = await deployStack({ ...request, stack, where: { context, host, kubeconfig } });
    say(...(await summaryOf(deployment)));
  });

/** Sees to the file of a stack with a public name, where one is asked for. */
async function publicSite(stack: string, domain: string | undefined, email: string | undefined): Promise<void> {
  if (domain === undefined && email === undefined) {
    return;
  }
  if (domain === undefined || email === undefined) {
    throw new UserError(
      domain === undefined
        ? "--email: means something with --domain alone. Name the host, or say the address in edge.email of the stack's file"
        : "--domain: needs --email, too: the authority of the certificate writes there when something is wrong",
    );
  }
  const written = writePublicStack(projectDirectory, stack, { domain, email });
  say(`${written ? "Wrote" : "Found"} Pulumi.${stack}.yaml.`, ...(await dnsLines(domain)));
}

async function summaryOf(deployment: Deployment): Promise<string[]> {
  const { officialCanBeHad, stack, standIns } = deployment;
  const logins = await loginsToShow(deployment);
  const lines =
    deployment.platform === "kubernetes"
      ? kubernetesSummary(stack, deployment.config, deployment.cluster, logins)
      : swarmSummary(stack, deployment.config, deployment.answered, logins);
  const door =
    deployment.platform === "swarm"
      ? certificateLines(stack, deployment.docker, deployment.uncertified)
      : frontDoorLines(stack, deployment.door);
  const unclaimed = await unclaimedLines(deployment);
  return [...lines, ...unclaimed, ...door, ...standInLines(stack, standIns, officialCanBeHad)];
}

/** Reads logins where a person alone sees them: what is no terminal may be a log that is kept. */
async function loginsToShow(deployment: Deployment): Promise<Logins> {
  const logins: Record<string, Login> = {};
  if (!process.stdout.isTTY) {
    return logins;
  }
  for (const { guardedPage, name } of apps) {
    const place = guardedPage?.shownAtStart ? guardedPage.of(deployment.config, deployment.stack) : undefined;
    if (place !== undefined && typeof place !== "string" && place.open === undefined) {
      const login = await loginOf(deployment, place);
      if (login) {
        logins[name] = login;
      }
    }
  }
  return logins;
}

async function loginOf(deployment: Deployment, { kubernetes, swarm }: GuardedPlace): Promise<Login | undefined> {
  return deployment.platform === "kubernetes"
    ? kubernetes && clusterLogin(deployment.cluster, kubernetes)
    : swarm && engineLogin(deployment.docker, swarmStackName(deployment.stack), swarm);
}

void runCommand("npm start", command);
