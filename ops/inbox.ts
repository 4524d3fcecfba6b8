import { clusterInboxLogin, inboxLogin, type InboxLogin } from "../deploy/inbox-login";
import { inboxLoginFile } from "../components/mailpit/settings";
import { hasInbox } from "../config/apps";
import { UserError } from "../errors";
import type { KubernetesStack, Stack, SwarmStack } from "../home/stack";
import { publishedHostOf, readTaskFile } from "./swarm/task-file";

/** Where a stack's mail arrives, and who may read it. The shape of `inbox --json`. */
export interface InboxReport {
  stack: string;
  address: string;
  /** A command that has to run for the address to answer; absent where it answers by itself. */
  command?: string | undefined;
  /** Absent where no login is asked for. */
  login?: InboxLogin | undefined;
}

/**
 * Reads the login of a stack's inbox from where the platform keeps it.
 *
 * @throws UserError for a stack without an inbox, and where the login cannot be read
 */
export async function inbox(stack: Stack): Promise<InboxReport> {
  const { authentication, enabled } = stack.config.mailpit;
  if (!hasInbox(stack.config)) {
    const reason = enabled ? "it has no site" : `mailpit.enabled is false in Pulumi.${stack.name}.yaml`;
    throw new UserError(`Stack ${stack.name} has no inbox: ${reason}`);
  }
  const found = stack.platform === "kubernetes" ? clusterAddress(stack) : await swarmAddress(stack);
  if (!authentication) {
    return { stack: stack.name, ...found };
  }
  const login = await (stack.platform === "kubernetes" ? clusterLogin(stack) : swarmLogin(stack));
  return { stack: stack.name, ...found, login };
}

/** The inbox for a person. */
export function inboxLines({ address, command, login }: InboxReport): string[] {
  return [
    `Mail arrives at  ${address}`,
    ...(command ? [`  after          ${command}`] : []),
    ...(login
      ? [`  user           ${login.username}`, `  password       ${login.password}`]
      : ["  It asks nobody who they are: mailpit.authentication is false."]),
  ];
}

function clusterAddress({ cluster, config }: KubernetesStack): Pick<InboxReport, "address" | "command"> {
  const { host, ingress } = config.mailpit;
  return ingress && host
    ? { address: `http${ingress.tlsSecret ? "s" : ""}://${host}/` }
    : {
        address: "http://localhost:8025/",
        command: cluster.commandLine("port-forward", "service/mailpit", "8025:8025"),
      };
}

async function swarmAddress(stack: SwarmStack): Promise<Pick<InboxReport, "address">> {
  return { address: `http://${await publishedHostOf(stack, "mailpit")}:${stack.config.mailpit.port}/` };
}

async function clusterLogin({ cluster, name }: KubernetesStack): Promise<InboxLogin> {
  const login = await clusterInboxLogin(cluster);
  if (!login) {
    throw new UserError(
      `There is no Secret mailpit-inbox in ${cluster.namespace}. Deploy the stack: npm start -- --stack ${name}`,
    );
  }
  return login;
}

async function swarmLogin(stack: SwarmStack): Promise<InboxLogin> {
  return inboxLogin(await readTaskFile(stack, "mailpit", inboxLoginFile, "The inbox"));
}
