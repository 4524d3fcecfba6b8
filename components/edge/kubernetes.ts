import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { hostedActivityPub } from "../../config/activitypub";
import { defaults } from "../../config/defaults";
import { durationSeconds } from "../../config/values/duration";
import { portOf } from "../../config/values/url-port";
import { after } from "../../platforms/later";
import { KubernetesChildren, type KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import { configuration } from "../../platforms/kubernetes/files/configuration";
import {
  internet,
  toNames,
  toPods,
  toServer,
  type Connections,
} from "../../platforms/kubernetes/network/network-policy";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import { rollingDeployment } from "../../platforms/kubernetes/pods/deployment";
import { environmentOf } from "../../platforms/kubernetes/pods/environment";
import type { OwnPodSpec } from "../../platforms/kubernetes/pods/further-parts";
import {
  containerResources,
  onSeveralNodes,
  podTemplate,
  type PodPlacement,
} from "../../platforms/kubernetes/pods/pod";
import { httpProbe } from "../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { clusterNetwork, networkPolicy, type NetworkPolicyChoice } from "../network-policy";
import { caddyConfig } from "./caddyfile";
import {
  caddyCapabilities,
  caddyCommand,
  caddyEnvironment,
  caddyFile,
  edgeUser,
  healthPort,
  podHttpPort,
  type EdgeSite,
} from "./settings";

export interface EdgeArgs extends KubernetesComponentArgs, NetworkPolicyChoice {
  images: {
    /** Caddy 2.11 or newer, the official image or one with the same layout. */
    caddy: pulumi.Input<string>;
  };
  /** What is reached through it. Upstreams are Services of the namespace. */
  sites: readonly EdgeSite[];
  /** The pods behind those: their port, and labels any of which they have. */
  sitePods: { port: number; labels: readonly Record<string, string>[] };
  /** The pods of the web analytics of those sites: their port and labels. Absent: there are none. */
  analyticsPods?: { port: number; labels: Record<string, string> } | undefined;
  /** Networks of the proxies in front, as CIDR, whose `X-Forwarded-For` is believed; readers never come from there. Default: private ones. */
  trustedProxies?: readonly string[] | undefined;
  /** How long a GET waits for a site that is away. Default `90s`. */
  wait?: string;
  /** Memory limit of each of its pods as a quantity. Default `256Mi`. */
  memory?: string;
  /** What else is said of its pods: where they run, labels, pull secrets, processor time. */
  pod?: PodPlacement | undefined;
}

/** What a site that is behind an edge has to know of it. */
export interface SiteEdge {
  /** Its Service, port 80: what publishes the site leads there. */
  service: pulumi.Input<string>;
  /** Labels of its pods: nobody else reaches the site. */
  pods: pulumi.Input<Record<string, string>>;
}

/** While one is replaced, or its node is, the other serves. */
const replicas = 2;
/** Until every node, and every controller, has taken a pod that goes out of its lists, requests still come. */
const leaveSeconds = 10;
const scratch = "/tmp";

/**
 * Caddy between what publishes a stack's sites, an Ingress or a Gateway, and the sites: it has readers wait while a site is started again, and hands some paths to
 * others. It speaks http, and keeps nothing. A change of the sites replaces its pods one after the other, and no request is lost.
 */
export class Edge extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;
  readonly service: k8s.core.v1.Service;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** Labels of its pods. */
  readonly labels: Record<string, string>;
  /** For the sites behind it, once it serves: until then readers are led to the sites as before. */
  readonly door: SiteEdge;

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:Edge", name, {}, opts);
    const children = new KubernetesChildren("edge", name, args, { parent: this });
    const { labels } = children;
    this.labels = labels;
    const { trustedProxies = defaults.edge.trustedProxies, wait = defaults.edge.wait } = args;
    const https = { trustedProxies, leaveSeconds };
    const files = configuration(children, "", {
      [path.posix.basename(caddyFile)]: caddyConfig({ sites: args.sites, httpPort: podHttpPort, https, wait }),
    });
    const template = podTemplate(labels, edgeUser, files.hash(), podSpec(args, files.name, wait), {
      ...args.pod,
      topologySpreadConstraints: args.pod?.topologySpreadConstraints ?? [onSeveralNodes],
    });
    const metadata = children.metadata("");
    this.deployment = children.make("deployment", "", rollingDeployment(metadata, labels, replicas, template));
    children.make("disruptionBudget", "", { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } });
    this.service = children.make("service", "", serviceArgs(metadata, labels, { http: 80 }));
    networkPolicy(children, args, connections(args));

    this.nodes = children.nodes;
    const { id } = this.deployment;
    this.door = { service: after(id, this.service.metadata.name), pods: after(id, labels) };
    this.registerOutputs({ serviceName: this.service.metadata.name });
  }
}

function podSpec(args: EdgeArgs, config: pulumi.Input<string>, wait: string): OwnPodSpec {
  const { memory = defaults.edge.memory } = args;
  const health = { path: "/", port: healthPort };
  return {
    // Who waits for a site may go on to when the pod is replaced.
    terminationGracePeriodSeconds: leaveSeconds + durationSeconds(wait) + 5,
    containers: [
      {
        name: "caddy",
        image: args.images.caddy,
        command: caddyCommand,
        securityContext: { ...restrictedContainer, capabilities: { drop: ["ALL"], add: caddyCapabilities } },
        env: environmentOf(caddyEnvironment(scratch, memory)),
        ports: [{ name: "http", containerPort: podHttpPort }],
        resources: containerResources({ cpu: "50m", memory: "64Mi" }, memory, args.pod?.resources),
        readinessProbe: httpProbe(health, { period: 2, failures: 5 }),
        livenessProbe: httpProbe(health, { period: 10, timeout: 10, failures: 6 }),
        volumeMounts: [
          { name: "configuration", mountPath: path.posix.dirname(caddyFile), readOnly: true },
          { name: "tmp", mountPath: scratch },
        ],
      },
    ],
    volumes: [
      { name: "configuration", configMap: { name: config } },
      { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
    ],
  };
}

/** From who publishes it and from its own namespace; to the sites and the servers of ActivityPub. */
function connections({ analyticsPods, networkPolicy: choice, sitePods, sites }: EdgeArgs): Connections {
  const { ingressNamespace, nameService } = clusterNetwork(choice);
  const servers = [...new Set(sites.flatMap(({ activityPub }) => activityPub ?? []))].map((url) => new URL(url));
  return {
    takes:
      ingressNamespace === undefined
        ? [{ port: podHttpPort }]
        : [
            { port: podHttpPort, namespace: ingressNamespace },
            { port: podHttpPort, pods: [{}] },
          ],
    opens: [
      ...toNames(nameService),
      toPods(sitePods.port, sitePods.labels),
      ...(analyticsPods ? [toPods(analyticsPods.port, [analyticsPods.labels])] : []),
      ...servers.flatMap((server) => {
        const port = portOf(server);
        return server.origin === hostedActivityPub
          ? [{ ports: [{ port }], to: internet }]
          : toServer(server.hostname, [port]);
      }),
    ],
  };
}
