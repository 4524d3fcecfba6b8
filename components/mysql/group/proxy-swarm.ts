import * as path from "node:path";
import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { SwarmChildren } from "../../../platforms/swarm/children";
import { configFiles } from "../../../platforms/swarm/configs";
import { serviceArgs } from "../../../platforms/swarm/service";
import type { SwarmStack } from "../../../platforms/swarm/stack";
import { readScripts, scriptDirectory } from "../../../platforms/scripts";
import { haproxyConfig, healthPort } from "./haproxy";
import { proxies, proxyCommand, proxyConfigFolder, proxyConfigName, proxyMemory, proxyRole, proxyUser } from "./proxy";

export interface PrimaryProxyArgs {
  stack: SwarmStack;
  /** HAProxy 3.2, the official image or one with the same program. */
  image: pulumi.Input<string>;
  /** Names by which the members are found. */
  members: readonly string[];
  /** Whether somebody asks the database for figures. Default false. */
  metrics?: boolean;
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
}

const healthScript = "proxy-healthy.sh";

/**
 * The way to whoever is the group's primary: the service `<name>-primary`, two proxies that ask the members themselves. A proxy is well as long as it
 * answers, whether or not there is a primary.
 */
export function primaryProxy(
  children: SwarmChildren,
  { image, members, metrics = false, placement, stack }: PrimaryProxyArgs,
): docker.Service {
  const { [healthScript]: healthy = "" } = readScripts(path.join(__dirname, "scripts"), [healthScript]);
  const hosts = Object.fromEntries(members.map((member) => [member, member]));
  const settings = serviceArgs(stack, children.objectOf(proxyRole), {
    image,
    replicas: proxies,
    command: proxyCommand,
    user: proxyUser,
    environment: { HEALTH_PORT: String(healthPort) },
    memory: proxyMemory,
    networks: ["backend", ...(metrics ? (["metrics"] as const) : [])],
    configs: configFiles(children, {
      [`${proxyConfigFolder}/${proxyConfigName}`]: haproxyConfig(hosts),
      [`${scriptDirectory}/${healthScript}`]: healthy,
    }),
    mounts: [],
    healthcheck: {
      command: ["bash", `${scriptDirectory}/${healthScript}`],
      interval: "2s",
      timeout: "3s",
      retries: 5,
      startPeriod: "30s",
    },
    placement,
  });
  return children.make("service", proxyRole, settings);
}
