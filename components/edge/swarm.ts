import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { isAddress } from "../../config/edge";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { configFiles } from "../../platforms/swarm/configs";
import { secretOfContent, type SecretFile } from "../../platforms/swarm/secrets";
import { serviceArgs, volumeMount } from "../../platforms/swarm/service";
import type { StackNetworks } from "../../platforms/swarm/stack";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import { accountConfig, caddyConfig } from "./caddyfile";
import {
  accountFile,
  authorityFile,
  caddyCapabilities,
  caddyCommand,
  caddyEnvironment,
  caddyFile,
  edgeUser,
  healthPort,
  type EdgeSite,
} from "./settings";

export interface EdgeArgs extends SwarmComponentArgs {
  images: {
    /** Caddy 2.11 or newer, the official image or one with the same layout. */
    caddy: pulumi.Input<string>;
  };
  /** What is reached through it. Upstreams are services on `frontend`, or on `alsoOn`. */
  sites: readonly EdgeSite[];
  /** `acme`: certificates from an authority; `internal`: the edge's own. Default `acme`. */
  certificates?: "acme" | "internal";
  /** Whom the authority writes to. */
  email?: string | undefined;
  /** Absent: Let's Encrypt, and ZeroSSL where it refuses. */
  authority?: {
    directory?: string | undefined;
    /** Root of a private one, in PEM form. */
    ca?: string | undefined;
    account?: { keyId: string; macKey: pulumi.Input<string> } | undefined;
  };
  /** Ports published on the node where it runs: what comes through the routing mesh would not tell whom it comes from. Default 80 and 443. */
  httpPort?: number;
  httpsPort?: number;
  /** Networks of proxies in front, as CIDR, whose `X-Forwarded-For` is believed. They come over https. Default: none. */
  trustedProxies?: readonly string[] | undefined;
  /** How long a GET waits for a site that is away. Default `90s`. */
  wait?: string;
  /** Memory limit as a quantity. Default `256Mi`. */
  memory?: string;
  /** Driver of the volume of the certificates. Default: `local`. */
  storage?: VolumeSettings;
  /** Networks on which it finds further services, beside the frontend. Default: none. */
  alsoOn?: (keyof StackNetworks)[];
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
  /** Keep the certificates when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * The certificates' volume stands at /tmp: a new volume takes owner and mode of the place in the image where it is mounted, and this is the one place
 * there that a user other than root can write to.
 */
const dataDirectory = "/tmp";

/**
 * Caddy in front of a stack's sites: the one service that publishes ports, which ends https and hands requests to sites by their host and path. A change of
 * the sites is another config, and so another task: for some seconds nobody listens.
 */
export class Edge extends pulumi.ComponentResource {
  readonly service: docker.Service;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:Edge", name, {}, opts);
    const { authority = {}, memory = defaults.edge.memory, stack } = args;
    const { httpPort = defaults.edge.httpPort, httpsPort = defaults.edge.httpsPort } = args;
    const { account, ca } = authority;
    const children = new SwarmChildren(name, args, { parent: this });
    const certificates = namedVolume(stack, children, "certificates", args.storage ?? {}, args.retainData ?? true);
    const settings = serviceArgs(stack, children.objectName, {
      image: args.images.caddy,
      command: caddyCommand,
      user: edgeUser,
      capabilities: caddyCapabilities,
      environment: caddyEnvironment(dataDirectory, memory),
      memory,
      networks: ["frontend", ...(args.alsoOn ?? [])],
      aliases: namesInside(args.sites, { httpPort, httpsPort }),
      secrets: account ? [accountSecret(children, account)] : [],
      configs: configFiles(children, {
        [caddyFile]: caddyConfig({
          sites: args.sites,
          httpPort,
          https: {
            httpsPort,
            certificates: args.certificates ?? defaults.edge.certificates,
            email: args.email,
            directory: authority.directory,
            hasOwnRoot: ca !== undefined,
            hasAccount: account !== undefined,
            trustedProxies: args.trustedProxies,
          },
          wait: args.wait ?? defaults.edge.wait,
        }),
        ...(ca === undefined ? {} : { [authorityFile]: ca }),
      }),
      mounts: [volumeMount(certificates, dataDirectory)],
      healthcheck: {
        command: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${healthPort}/`],
        interval: "5s",
        timeout: "10s",
        retries: 6,
        startPeriod: "1m",
      },
      hostPorts: [
        { published: httpPort, target: httpPort, protocol: "tcp" },
        { published: httpsPort, target: httpsPort, protocol: "tcp" },
        { published: httpsPort, target: httpsPort, protocol: "udp" },
      ],
      placement: args.placement,
    });
    this.service = children.make("service", "", settings);

    this.nodes = children.nodes;
    this.registerOutputs({});
  }
}

/**
 * Hosts that lead to the edge inside of the stack, where they may lead nowhere else: a site asks itself at its own address. Those whose address names a port
 * where nobody listens inside are left to the public DNS.
 */
function namesInside(
  sites: readonly EdgeSite[],
  { httpPort, httpsPort }: { httpPort: number; httpsPort: number },
): string[] {
  const urls = sites.flatMap(({ aliases = [], url }) =>
    [new URL(url).hostname, ...aliases].map((host) => {
      const there = new URL(url);
      there.hostname = host;
      return there;
    }),
  );
  const here = urls.filter(
    ({ hostname, port, protocol }) =>
      (protocol === "https:" ? Number(port || 443) === httpsPort : Number(port || 80) === httpPort) &&
      !isAddress(hostname) &&
      hostname !== "localhost",
  );
  return [...new Set(here.map(({ hostname }) => hostname))];
}

function accountSecret(
  children: SwarmChildren,
  { keyId, macKey }: { keyId: string; macKey: pulumi.Input<string> },
): SecretFile {
  const content = pulumi.output(macKey).apply((key) => accountConfig(keyId, key));
  return { secret: secretOfContent(children, "external-account", content), target: accountFile };
}
