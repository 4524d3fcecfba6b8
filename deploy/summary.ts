import type { Login, SummaryPart } from "../components/app";
import { sendsMail } from "../config/apps";
import type { KubernetesStackConfig, StackConfig, SwarmStackConfig } from "../config/schema";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import { defaultStack } from "../home/stack";
import { appsOf } from "../stacks/apps";
import type { AnsweredAddress } from "./deploy-swarm";

/** Logins that may be shown, by the app whose page they are for. */
export type Logins = Readonly<Record<string, Login>>;

/** What to tell once a stack is up on Kubernetes: addresses, how to sign in, where the mail is, what to run next. */
export function kubernetesSummary(
  stack: string,
  config: KubernetesStackConfig,
  cluster: KubernetesCluster,
  logins: Logins = {},
): string[] {
  const parts = summaryParts(stack, config, logins);
  const forwarded = parts
    .flatMap((part) => part.forwarded ?? [])
    .map(({ local, port, service }) => cluster.commandLine("port-forward", `service/${service}`, `${local}:${port}`));
  return [
    "",
    `Stack ${stack} is up on ${cluster.address.context}, namespace ${cluster.namespace}.`,
    "",
    ...appLines(stack, config, parts),
    ...(forwarded.length > 0
      ? ["", "To reach them from here, leave these running:", ...forwarded.map((line) => `  ${line}`)]
      : []),
    ...nextCommands(stack),
  ];
}

/**
 * What to tell once a stack is up on Swarm.
 *
 * @param answered what is published, and the host at which it answered
 */
export function swarmSummary(
  stack: string,
  config: SwarmStackConfig,
  answered: readonly AnsweredAddress[],
  logins: Logins = {},
): string[] {
  const elsewhere = answered.filter(({ host }) => host !== "127.0.0.1");
  return [
    "",
    `Stack ${stack} is up.`,
    "",
    ...appLines(stack, config, summaryParts(stack, config, logins)),
    ...(config.edge && elsewhere.length > 0
      ? [
          "",
          `The edge answers at ${[...new Set(elsewhere.map(({ host }) => host))].join(", ")}, ports ${config.edge.httpPort} and ${config.edge.httpsPort}: names lead there.`,
        ]
      : []),
    ...(!config.edge && elsewhere.length > 0
      ? [
          "",
          "The node answers at:",
          ...elsewhere.map(({ host, port, url, what }) => `  ${what}: http://${host}:${port}${new URL(url).pathname}`),
        ]
      : []),
    ...nextCommands(stack),
  ];
}

function summaryParts(stack: string, config: StackConfig, logins: Logins): SummaryPart[] {
  const flag = stackFlag(stack);
  return appsOf(config).map(({ name, summary }) => summary?.(config, { flag, login: logins[name] }) ?? {});
}

function appLines(stack: string, config: StackConfig, parts: readonly SummaryPart[]): string[] {
  return [...parts.flatMap(({ lines = [] }) => lines), ...noMailLines(stack, config, parts)];
}

/** What does not work in a stack whose apps would send mail, and cannot. */
function noMailLines(stack: string, config: StackConfig, parts: readonly SummaryPart[]): string[] {
  const senders = parts.flatMap(({ withoutMail }) => (withoutMail ? [withoutMail] : []));
  if (sendsMail(config) || senders.length === 0) {
    return [];
  }
  const indented = (line: string) => `                 ${line}`;
  return [
    "Mail             goes nowhere: invitations, forgotten passwords and sign-in links of members do not work.",
    ...senders.flat().map(indented),
    indented(`Name your SMTP server in mailRelay of Pulumi.${stack}.yaml; to catch mail instead, set mailpit.enabled.`),
  ];
}

function stackFlag(stack: string): string {
  return stack === defaultStack ? "" : ` --stack ${stack}`;
}

function nextCommands(stack: string): string[] {
  const flag = stackFlag(stack);
  return [
    "",
    "Next:",
    `  npm run ops -- status${flag}`,
    `  npm run ops -- logs${flag}`,
    `  npm run destroy${flag === "" ? "" : ` --${flag}`}   removes it and keeps the data`,
  ];
}
