import * as pulumi from "@pulumi/pulumi";
import * as onKubernetes from "../../components/kubernetes";
import * as onSwarm from "../../components/swarm";
import { parseStackConfig } from "../../config/parse";
import { defaultImages as images } from "../../config/images";
import { collect, type Collected } from "../../render/collect";
import { FixedValues } from "./fixed-values";

type Options = pulumi.ComponentResourceOptions;

const url = "http://blog.test";
const login = { username: "press", password: pulumi.secret("relay-password") };
const relay = { host: "smtp.test", port: 587, login };
const external = { host: "db.test", port: 3306, ca: "root", admin: { user: "dba", password: pulumi.secret("dba") } };
const files = { secrets: { "/run/key": Buffer.from([0, 255]) }, configs: { "/etc/more.conf": Buffer.from("more") } };

/** Declares every public component on Kubernetes, with all that each can make; their names begin with `name`. */
export function everyKubernetesComponent(
  name: string,
  more: { transform?: onKubernetes.KubernetesTransforms; namespace?: pulumi.Input<string> },
  options: Options = {},
): pulumi.ComponentResource[] {
  const { namespace = "press", transform } = more;
  const common = { namespace, images, transform };
  const mailpit = new onKubernetes.Mailpit(
    `${name}-mailpit`,
    {
      ...common,
      published: { host: `${name}.inbox.test`, ingress: {} },
      storage: { size: "1Gi", hostPath: `/mail/${name}` },
    },
    options,
  );
  const edge = new onKubernetes.Edge(
    `${name}-edge`,
    {
      ...common,
      sites: [{ url, upstream: `${name}-ghost-blog:80`, waitsForStart: true }],
      sitePods: { port: 2368, labels: [{ "app.kubernetes.io/name": "ghost" }] },
    },
    options,
  );
  const sites = { blog: { url, ingress: {}, edge: edge.door, transform } };
  const shared = { ...common, mail: mailpit.smtp, sites };
  const ghost = new onKubernetes.GhostWithMySql(
    `${name}-ghost`,
    { ...shared, mysql: { transform, passwordGeneration: 2, metrics: true } },
    options,
  );
  const watching = {
    ...common,
    commandName: "press",
    ...{ sites: [], homePages: [], services: [] },
    database: ghost.mysql.metrics,
    backupOverdueAfter: 3600,
    dashboards: { published: { host: `${name}.dashboards.test`, ingress: {} } },
  };
  return [
    mailpit,
    edge,
    ghost,
    new onKubernetes.MailRelay(`${name}-relay`, { ...common, ...relay }, options),
    new onKubernetes.Monitoring(
      `${name}-monitoring`,
      { ...watching, alerts: { to: ["owner@press.test"], from: "alerts@press.test", mail: mailpit.smtp } },
      options,
    ),
    new onKubernetes.Monitoring(
      `${name}-watched`,
      {
        ...watching,
        services: [{ name: "inbox", app: "mailpit", target: "http://mailpit:8025/readyz" }],
        operator: {
          ...{ namespace: "monitoring", labels: {}, dashboardLabels: { grafana_dashboard: "1" } },
          datasource: "prometheus",
        },
      },
      options,
    ),
    new onKubernetes.GhostWithMySql(
      `${name}-set`,
      { ...shared, mysql: { transform, topology: "replicated", recoverFrom: 1 } },
      options,
    ),
    new onKubernetes.GhostWithMySql(
      `${name}-group`,
      { ...shared, mysql: { transform, topology: "group", passwordGeneration: 2 } },
      options,
    ),
    new onKubernetes.GhostWithMySql(`${name}-elsewhere`, { ...shared, mysql: { transform, external } }, options),
  ];
}

/** The same on Swarm. */
export function everySwarmComponent(
  name: string,
  { stack, transform }: { stack: onSwarm.SwarmStack; transform?: onSwarm.SwarmTransforms },
  options: Options = {},
): pulumi.ComponentResource[] {
  const common = { stack, images, transform };
  const mailpit = new onSwarm.Mailpit(`${name}-mailpit`, common, options);
  const sites = { blog: { url, files, transform } };
  const databases = { news: { database: "wp_news", username: "wp_news", passwordGenerations: [2, 1] } };
  const shared = { ...common, mail: mailpit.smtp, sites };
  const ghost = new onSwarm.GhostWithMySql(
    `${name}-ghost`,
    { ...shared, databases, mysql: { transform, metrics: true } },
    options,
  );
  return [
    mailpit,
    ghost,
    new onSwarm.MailRelay(`${name}-relay`, { ...common, ...relay }, options),
    new onSwarm.GhostWithMySql(
      `${name}-set`,
      { ...shared, mysql: { transform, topology: "replicated", metrics: true } },
      options,
    ),
    new onSwarm.GhostWithMySql(
      `${name}-group`,
      { ...shared, mysql: { transform, topology: "group", passwordGeneration: 2, metrics: true } },
      options,
    ),
    new onSwarm.GhostWithMySql(`${name}-elsewhere`, { ...shared, mysql: { transform, external } }, options),
    new onSwarm.WordPress(
      `${name}-wordpress`,
      { ...common, files, url, port: 8080, database: ghost.mysql.endpoint("news"), mail: mailpit.smtp },
      options,
    ),
    new onSwarm.Edge(
      `${name}-edge`,
      {
        ...common,
        sites: [{ url: "https://blog.test", upstream: `${name}-ghost-blog:2368`, waitsForStart: true }],
        authority: { ca: "root", account: { keyId: "press", macKey: pulumi.secret("mac-key") } },
        httpPort: 9003,
        httpsPort: 9004,
      },
      options,
    ),
    new onSwarm.Shop(`${name}-shop`, { ...common, port: 9000, managementPort: 9001 }, options),
    new onSwarm.Monitoring(
      `${name}-monitoring`,
      {
        ...common,
        commandName: "press",
        ...{ sites: [], homePages: [], services: [] },
        database: ghost.mysql.metrics,
        dashboards: { port: 9002 },
        alerts: { to: ["owner@press.test"], from: "alerts@press.test", mail: mailpit.smtp },
      },
      options,
    ),
  ];
}

/** A Swarm stack of somebody's own program. */
export function someStack(name: string, transform?: onSwarm.SwarmTransforms): onSwarm.SwarmStack {
  const settings = { encryptBackend: false, monitoring: true, ...(transform ? { transform } : {}) };
  return { name, networks: onSwarm.stackNetworks({ name }, settings, {}) };
}

/** A resource as the SDK is asked for it, before anybody else has changed it. */
export interface Asked extends pulumi.ResourceTransformationArgs {
  /** The component that it is a part of. Absent: none. */
  owner: string | undefined;
}

/** Runs somebody's program, and tells what it declares. */
export async function run(declare: () => unknown): Promise<Collected & { asked: Asked[] }> {
  const unused = parseStackConfig({ platform: "swarm", sites: { none: { url: "http://localhost:1" } } });
  const asked: Asked[] = [];
  const names = new WeakMap<pulumi.Resource, string>();
  const collected = await collect(unused, "test", new FixedValues(), () => {
    pulumi.runtime.registerStackTransformation((args) => {
      names.set(args.resource, args.name);
      const { parent } = args.opts;
      asked.push({ ...args, owner: parent && names.get(parent) });
      return undefined;
    });
    declare();
    return {};
  });
  return { ...collected, asked };
}
