import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { portOf } from "../../config/values/url-port";
import { KubernetesChildren, type KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import { secretVolume, type SecretValue } from "../../platforms/kubernetes/files/secret-volume";
import { toNames, toServer } from "../../platforms/kubernetes/network/network-policy";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import { rollingDeployment } from "../../platforms/kubernetes/pods/deployment";
import { environmentOf } from "../../platforms/kubernetes/pods/environment";
import type { OwnPodSpec } from "../../platforms/kubernetes/pods/further-parts";
import { containerResources, podTemplate, type PodPlacement } from "../../platforms/kubernetes/pods/pod";
import { podScripts, scriptMount } from "../../platforms/kubernetes/pods/pod-scripts";
import { httpProbe } from "../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { clusterNetwork, networkPolicy, type NetworkPolicyChoice } from "../network-policy";
import { healthPath, proxyCommand, proxyEnvironment, proxyPort, proxyScripts, proxyUser, tokenFile } from "./settings";

export interface AnalyticsArgs extends KubernetesComponentArgs, NetworkPolicyChoice {
  images: {
    /** The proxy of Ghost's makers, 1.0.358 or newer. */
    trafficAnalytics: pulumi.Input<string>;
  };
  /** Tinybird's API, without a path. Default `https://api.tinybird.co`. */
  endpoint?: string;
  /** May add page hits; its container alone gets it, as a file. */
  trackerToken: SecretValue;
  /** Labels of the pods of the edge: nobody else reaches it. */
  edge: Record<string, string>;
  /** Memory limit as a quantity. Default `384Mi`. */
  memory?: string;
  /** What else is said of its pod: where it runs, labels, pull secrets, processor time. */
  pod?: PodPlacement | undefined;
}

/** Takes the page hits of the sites, behind an edge, and hands them to Tinybird. It keeps nothing. */
export class Analytics extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;
  /** Port 80. */
  readonly service: k8s.core.v1.Service;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];

  constructor(name: string, args: AnalyticsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:Analytics", name, {}, opts);
    const { endpoint = defaults.analytics.endpoint } = args;
    const children = new KubernetesChildren("analytics", name, args, { parent: this });
    const { labels } = children;
    const scripts = podScripts(children, proxyScripts());
    const token = secretVolume(children, "token", { [path.posix.basename(tokenFile)]: args.trackerToken });
    const template = podTemplate(
      labels,
      proxyUser,
      scripts.hash,
      podSpec(args, endpoint, [scripts.volume, ...(token ? [token] : [])]),
      args.pod,
    );
    const metadata = children.metadata("");
    this.deployment = children.make("deployment", "", rollingDeployment(metadata, labels, 1, template));
    this.service = children.make("service", "", serviceArgs(metadata, labels, { http: 80 }));
    const server = new URL(endpoint);
    networkPolicy(children, args, {
      takes: [{ port: proxyPort, pods: [args.edge] }],
      opens: [
        ...toNames(clusterNetwork(args.networkPolicy).nameService),
        ...toServer(server.hostname, [portOf(server)]),
      ],
    });

    this.nodes = children.nodes;
    this.registerOutputs({});
  }
}

function podSpec(args: AnalyticsArgs, endpoint: string, volumes: k8s.types.input.core.v1.Volume[]): OwnPodSpec {
  const { memory = defaults.analytics.memory } = args;
  const health = { path: healthPath, port: proxyPort };
  return {
    terminationGracePeriodSeconds: 15,
    containers: [
      {
        name: "proxy",
        image: args.images.trafficAnalytics,
        command: proxyCommand,
        securityContext: restrictedContainer,
        env: environmentOf(proxyEnvironment(endpoint)),
        ports: [{ name: "http", containerPort: proxyPort }],
        resources: containerResources({ cpu: "20m", memory: "256Mi" }, memory, args.pod?.resources),
        readinessProbe: httpProbe(health, { period: 5 }),
        livenessProbe: httpProbe(health, { period: 20, failures: 6 }),
        volumeMounts: [scriptMount, { name: "token", mountPath: path.posix.dirname(tokenFile), readOnly: true }],
      },
    ],
    volumes,
  };
}
