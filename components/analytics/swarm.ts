import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { configFiles } from "../../platforms/swarm/configs";
import { secretOfContent } from "../../platforms/swarm/secrets";
import { serviceArgs, type ServiceOptions } from "../../platforms/swarm/service";
import { scriptDirectory } from "../../platforms/scripts";
import { healthPath, proxyCommand, proxyEnvironment, proxyPort, proxyScripts, proxyUser, tokenFile } from "./settings";

export interface AnalyticsArgs extends SwarmComponentArgs {
  images: {
    /** The proxy of Ghost's makers, 1.0.358 or newer. */
    trafficAnalytics: pulumi.Input<string>;
  };
  /** Tinybird's API, without a path. Default `https://api.tinybird.co`. */
  endpoint?: string;
  /** May add page hits; its container alone gets it, as a file. */
  trackerToken: pulumi.Input<string>;
  /** Memory limit as a quantity. Default `384Mi`. */
  memory?: string;
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
  /** What else is said of its service: labels, log driver, processor time. */
  service?: ServiceOptions | undefined;
}

/** Takes the page hits of the sites, behind an edge on the stack's frontend, and hands them to Tinybird. It keeps nothing. */
export class Analytics extends pulumi.ComponentResource {
  readonly service: docker.Service;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];

  constructor(name: string, args: AnalyticsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:Analytics", name, {}, opts);
    const { endpoint = defaults.analytics.endpoint, memory = defaults.analytics.memory, stack } = args;
    const children = new SwarmChildren(name, args, { parent: this });
    const scripts = Object.entries(proxyScripts()).map(([file, text]) => [`${scriptDirectory}/${file}`, text]);
    const settings = serviceArgs(stack, children.objectName, {
      image: args.images.trafficAnalytics,
      command: proxyCommand,
      user: proxyUser,
      environment: proxyEnvironment(endpoint),
      memory,
      networks: ["frontend"],
      secrets: [{ secret: secretOfContent(children, "tracker-token", args.trackerToken), target: tokenFile }],
      configs: configFiles(children, Object.fromEntries(scripts) as Record<string, string>),
      mounts: [],
      healthcheck: {
        command: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${proxyPort}${healthPath}`],
        interval: "5s",
        timeout: "10s",
        retries: 6,
        startPeriod: "1m",
      },
      placement: args.placement,
      updateOrder: "start-first",
      options: args.service,
    });
    this.service = children.make("service", "", settings);

    this.nodes = children.nodes;
    this.registerOutputs({});
  }
}
