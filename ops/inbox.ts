import { inboxLoginFile } from "../components/mailpit/settings";
import { publishedHost } from "../platforms/swarm/cluster";
import { UserError } from "../errors";
import type { KubernetesStack, Stack, SwarmStack } from "./stack";
import { appOf, isRunning, nodeName, readSnapshot } from "./swarm/tasks";

/** Where a stack's mail arrives, and who may read it. The shape of `inbox --json`. */
export interface InboxReport {
  stack: string;
  address: string;
  /** A command that has to run for the address to answer; absent where it answers by itself. */
  command?: string | undefined;
  /** Absent where no login is asked for. */
  login?: InboxLogin | undefined;
}

interface InboxLogin {
  username: string;
  password: string;
}

/**
 * Reads the login of a stack's inbox from where the platform keeps it.
 *
 * @throws UserError for a stack without an inbox, and where the login cannot be read
 */
export async function inbox(stack: Stack): Promise<InboxReport> {
  const { authentication, enabled } = stack.config.mailpit;
  if (!enabled) {
    throw new UserError(`Stack ${stack.name} has no inbox: mailpit.enabled is false in Pulumi.${stack.name}.yaml`);
  }
  const found = stack.platform === "kubernetes" ? clusterAddress(stack) : swarmAddress(stack);
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

function swarmAddress({ config }: SwarmStack): Pick<InboxReport, "address"> {
  return { address: `http://${publishedHost(config.swarm.host)}:${config.mailpit.port}/` };
}

async function clusterLogin({ cluster, name }: KubernetesStack): Promise<InboxLogin> {
  const [secret] = await cluster.objects<{ data: Record<string, string>; metadata: { name: string } }>([
    "secrets",
    "--field-selector",
    "metadata.name=mailpit-inbox",
  ]);
  const value = (key: string) => Buffer.from(secret?.data[key] ?? "", "base64").toString();
  if (!secret) {
    throw new UserError(
      `There is no Secret mailpit-inbox in ${cluster.namespace}. Deploy the stack: npm start -- --stack ${name}`,
    );
  }
  return { username: value("username"), password: value("password") };
}

/** A swarm gives no secret back: the one that was given to the inbox's container is read there. */
async function swarmLogin({ engine, name, swarmName }: SwarmStack): Promise<InboxLogin> {
  const { nodes, services, tasks } = await readSnapshot(engine, swarmName);
  const service = services.find((candidate) => appOf(candidate, swarmName) === "mailpit");
  const task = tasks.find((candidate) => candidate.ServiceID === service?.ID && isRunning(candidate));
  const container = task?.Status.ContainerStatus?.ContainerID;
  if (!container) {
    throw new UserError(
      `The inbox of stack ${name} does not run, and a swarm gives no secret back. See why: npm run ops -- diagnose --stack ${name}`,
    );
  }
  const here = await engine.lines(["ps", "--quiet", "--no-trunc"]);
  if (!here.includes(container)) {
    throw new UserError(
      `The inbox runs on node ${nodeName(task.NodeID, nodes) ?? ""}. There: docker exec ${container.slice(0, 12)} cat ${inboxLoginFile}`,
    );
  }
  const { stdout } = await engine.docker(["exec", container, "cat", inboxLoginFile]);
  const [username = "", password = ""] = stdout.trim().split(":");
  return { username, password };
}
