import { namesMail } from "../components/ghost/settings";
import { inboxUser } from "../components/mailpit/settings";
import { hasInbox, sendsMail } from "../config/apps";
import type { KubernetesStackConfig, SwarmStackConfig } from "../config/schema";
import type { InboxLogin } from "./inbox-login";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import type { AnsweredAddress } from "./deploy-swarm";

/**
 * What to tell once a stack is up on Kubernetes: addresses, how to sign in, where the mail is, what to run next.
 *
 * @param login of the inbox, where it may be shown
 */
export function kubernetesSummary(
  stack: string,
  config: KubernetesStackConfig,
  cluster: KubernetesCluster,
  login?: InboxLogin,
): string[] {
  const { mailpit, sites } = config;
  const lines = ["", `Stack ${stack} is up on ${cluster.address.context}, namespace ${cluster.namespace}.`, ""];
  const forwarded: string[] = [];
  Object.entries(sites).forEach(([name, { ingress, url }], index) => {
    const address = new URL(url);
    lines.push(...siteLines(name, url));
    if (!ingress) {
      const port = address.hostname === "localhost" && address.port ? address.port : String(2368 + index);
      forwarded.push(cluster.commandLine("port-forward", `service/ghost-${name}`, `${port}:80`));
    }
  });
  if (mailpit.enabled) {
    lines.push(
      `Mail arrives at  ${mailpit.ingress && mailpit.host ? `http${mailpit.ingress.tlsSecret ? "s" : ""}://${mailpit.host}/` : "http://localhost:8025/"}`,
    );
    lines.push(...inboxLoginLines(stack, mailpit, login));
    if (!mailpit.ingress) {
      forwarded.push(cluster.commandLine("port-forward", "service/mailpit", "8025:8025"));
    }
  }
  lines.push(...noMailLines(stack, config));
  if (forwarded.length > 0) {
    lines.push("", "To reach them from here, leave these running:", ...forwarded.map((line) => `  ${line}`));
  }
  return [...lines, ...nextCommands(stack)];
}

/**
 * What to tell once a stack is up on Swarm.
 *
 * @param answered what is published, and the host at which it answered
 * @param login of the inbox, where it may be shown
 */
export function swarmSummary(
  stack: string,
  config: SwarmStackConfig,
  answered: readonly AnsweredAddress[],
  login?: InboxLogin,
): string[] {
  const { mailpit, monitoring, shop, sites, wordpress } = config;
  const lines = ["", `Stack ${stack} is up.`, ""];
  for (const [name, { url }] of Object.entries(sites)) {
    lines.push(...siteLines(name, url));
  }
  for (const [name, { url }] of Object.entries(wordpress)) {
    const base = url.replace(/\/$/, "");
    lines.push(
      `Site ${name}        ${base}/`,
      `  sign in        ${base}/wp-admin/  (the first visit installs WordPress and creates its administrator)`,
    );
  }
  if (shop) {
    lines.push(`Shop             http://localhost:${shop.port}/`);
    if (shop.managementPort !== undefined) {
      lines.push(
        `  queues         http://localhost:${shop.managementPort}/  (user and password: npm run ops -- queues${stackFlag(stack)})`,
      );
    }
  }
  if (hasInbox(config)) {
    lines.push(`Mail arrives at  http://localhost:${mailpit.port}/`, ...inboxLoginLines(stack, mailpit, login));
  }
  lines.push(...noMailLines(stack, config));
  if (monitoring?.dashboards) {
    lines.push(
      `Dashboards       http://localhost:${monitoring.port}/  (user and password: npm run ops -- dashboards${stackFlag(stack)})`,
    );
  }
  const elsewhere = answered.filter(({ host }) => host !== "127.0.0.1");
  if (elsewhere.length > 0) {
    lines.push(
      "",
      "The node answers at:",
      ...elsewhere.map(({ host, port, url, what }) => `  ${what}: http://${host}:${port}${new URL(url).pathname}`),
    );
  }
  return [...lines, ...nextCommands(stack)];
}

function siteLines(name: string, url: string): string[] {
  const base = url.replace(/\/$/, "");
  return [
    `Site ${name}        ${base}/`,
    `  sign in        ${base}/ghost/  (the first visit creates the owner's account)`,
  ];
}

function inboxLoginLines(
  stack: string,
  { authentication }: SwarmStackConfig["mailpit"],
  login: InboxLogin | undefined,
): string[] {
  if (!authentication) {
    return ["  login          none: whoever reaches it reads every mail (mailpit.authentication is false)"];
  }
  return [
    `  user           ${inboxUser}`,
    `  password       ${login ? login.password : `npm run ops -- inbox${stackFlag(stack)}`}`,
  ];
}

/** What does not work in a stack whose sites send no mail. */
function noMailLines(stack: string, config: KubernetesStackConfig | SwarmStackConfig): string[] {
  const ghosts = Object.values(config.sites).filter((site) => !namesMail(site));
  if (sendsMail(config) || ghosts.length + Object.keys(config.wordpress).length === 0) {
    return [];
  }
  return [
    "Mail             goes nowhere: invitations, forgotten passwords and sign-in links of members do not work.",
    ...(ghosts.length > 0
      ? ["                 Staff sign in with the password alone: Ghost's code for a new device would come by mail."]
      : []),
    `                 Name your SMTP server in mailRelay of Pulumi.${stack}.yaml; to catch mail instead, set mailpit.enabled.`,
  ];
}

function stackFlag(stack: string): string {
  return stack === "swarm" ? "" : ` --stack ${stack}`;
}

function nextCommands(stack: string): string[] {
  const flag = stackFlag(stack);
  const flagged = (command: string, flags: string) => (flags === "" ? command : `${command} --${flags}`);
  return [
    "",
    "Next:",
    `  npm run ops -- status${flag}`,
    `  npm run ops -- logs${flag}`,
    `  ${flagged("npm run destroy", flag)}   removes it and keeps the data`,
  ];
}
