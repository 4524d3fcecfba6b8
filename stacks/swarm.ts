import * as pulumi from "@pulumi/pulumi";
import { GhostWithMySql } from "../components/ghost-with-mysql/swarm";
import { Mailpit } from "../components/mailpit/swarm";
import { publishedPort } from "../config/checks";
import type { SiteConfig, SwarmConfig, SwarmStackConfig } from "../config/schema";
import { publishedHost, swarmProvider } from "../platforms/swarm/cluster";
import { stackNetworks } from "../platforms/swarm/networks";
import { swarmStackName, type SwarmStack } from "../platforms/swarm/stack";
import type { StackOutputs } from "./outputs";

/** A stack on Docker Swarm: two networks, the inbox, the database server and the sites. */
export function swarmStack(config: SwarmStackConfig): StackOutputs {
  const { images, mysql, retainData, swarm } = config;
  const provider = swarmProvider("swarm", swarm.host);
  const stack = sharedSettings(swarmStackName(pulumi.getStack()), swarm, { provider });
  const sites = Object.fromEntries(Object.entries(config.sites).map(([name, site]) => [name, ghostSite(site)]));

  const mailpit = config.mailpit.enabled
    ? new Mailpit("mailpit", { ...config.mailpit, stack, images, retainData }, { provider })
    : undefined;
  new GhostWithMySql("ghost", { stack, images, retainData, mysql, sites, mail: mailpit?.smtp }, { provider });

  return {
    stack: stack.name,
    urls: Object.fromEntries(Object.entries(sites).map(([name, { url }]) => [name, url])),
    ...(mailpit ? { inbox: `http://${publishedHost(swarm.host)}:${config.mailpit.port}` } : {}),
    ...(mailpit?.login ? { inboxLogin: mailpit.login } : {}),
  };
}

function sharedSettings(name: string, swarm: SwarmConfig, options: pulumi.CustomResourceOptions): SwarmStack {
  const { encryptBackend, endpointMode, placement, publishMode, singleNode } = swarm;
  const networks = stackNetworks({ name }, { encryptBackend }, options);
  return { name, networks, endpointMode, placement, publishMode, singleNode };
}

function ghostSite(site: SiteConfig) {
  const { mailFrom, memory, placement, settings, storage, url } = site;
  return { url, port: publishedPort(site), memory, storage, placement, settings, ...(mailFrom ? { mailFrom } : {}) };
}
