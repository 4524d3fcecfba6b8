import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { unsavedLabel } from "../../platforms/kubernetes/backup-record";
import { KubernetesChildren } from "../../platforms/kubernetes/children";
import { configuration } from "../../platforms/kubernetes/files/configuration";
import { appLabels } from "../../platforms/kubernetes/labels";
import { publishPage } from "../../platforms/kubernetes/network/publish";
import { networkPolicyArgs, toNames, toPods, toServer } from "../../platforms/kubernetes/network/network-policy";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import { podTemplate } from "../../platforms/kubernetes/pods/pod";
import { podScripts, readPodScripts, scriptMount } from "../../platforms/kubernetes/pods/pod-scripts";
import { volumePermissions } from "../../platforms/kubernetes/pods/volume-permissions";
import { dataClaim, ofWorkload } from "../../platforms/kubernetes/storage/claim";
import { randomPassword } from "../../platforms/password";
import { clusterNetwork, networkPolicy } from "../network-policy";
import { toPages } from "./network-policy";
import type { DashboardLogin } from "./args";
import type { MonitoringArgs } from "./args-kubernetes";
import { backupReader, backupTeller } from "./backups-kubernetes";
import { watchedByOperator } from "./operator-kubernetes";
import {
  alertmanagerPart,
  alertmanagerText,
  blackboxPart,
  grafanaPart,
  mysqldExporterPart,
  prometheusPart,
} from "./parts";
import { fileTexts, fileVolumes, partContainer, secretFile } from "./pods-kubernetes";
import type { Watched } from "./prometheus";
import {
  adminPasswordFile,
  adminUser,
  grafanaDirectory,
  grafanaUser,
  mailPasswordFile,
  metricsFile,
  nobody,
  ports,
} from "./settings";

export type { MonitoringArgs };

/** Only the pod itself reaches what listens there. */
const loopback = "127.0.0.1";
/** Where what is kept is mounted: Prometheus and Alertmanager make a folder each. */
const dataDirectory = "/data";
/** Role of Grafana's objects. */
const dashboardsRole = "grafana";

/**
 * What watches a stack: a pod with Prometheus and what it asks through, the blackbox exporter for pages and the MySQL exporter for the database server;
 * with `alerts` Alertmanager in it; with `dashboards` a pod with Grafana.
 *
 * None of them but Grafana asks who wants something. So all listen for their own pod alone, whether or not the cluster's network carries policies
 * out: nobody has the MySQL exporter, which has a login, ask a server of theirs, and nobody silences an alert. Prometheus alone listens for
 * Grafana, where there is one, and a NetworkPolicy lets nobody else in.
 *
 * With `operator` the cluster's own Prometheus watches the stack; see `watchedByOperator`.
 *
 * No container has a token of the cluster's API but the one that tells when backups were made, which may read two objects by their names.
 */
export class Monitoring extends pulumi.ComponentResource {
  /** Prometheus' Deployment, and Grafana's: those that are the stack's own. */
  readonly deployments: Readonly<{ prometheus?: k8s.apps.v1.Deployment; grafana?: k8s.apps.v1.Deployment }>;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** How to sign in to the dashboards; absent where there are none. The Secret `<name>-admin` has it, too. */
  readonly login?: DashboardLogin;

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:Monitoring", name, {}, opts);
    const children = new KubernetesChildren("monitoring", name, args, { parent: this });
    const { operator } = args;
    const password = args.dashboards && !operator ? randomPassword(children, `${adminUser}-password`) : undefined;
    if (operator) {
      watchedByOperator(children, args, operator);
    }
    this.deployments = operator
      ? {}
      : {
          prometheus: prometheus(children, args),
          ...(password ? { grafana: grafana(children, args, password) } : {}),
        };
    this.nodes = children.nodes;
    if (password) {
      this.login = { username: adminUser, password };
    }
    this.registerOutputs({ login: this.login });
  }
}

function watchedBy({ archive, certificates, database, homePages, services, sites }: MonitoringArgs): Watched {
  return { sites, homePages, services, certificates, database, archive };
}

/** Prometheus' pod, with all that it asks through and tells. */
function prometheus(children: KubernetesChildren, args: MonitoringArgs): k8s.apps.v1.Deployment {
  const { alerts, commandName, dashboards, database, images, storage = { size: defaults.monitoring.storage } } = args;
  const data = { name: "data", mountPath: dataDirectory };
  const watched = watchedBy(args);
  const backups = args.backupOverdueAfter === undefined ? undefined : backupTeller(args, "pod");
  const here = { prometheus: loopback, alertmanager: loopback, blackboxExporter: loopback, mysqldExporter: loopback };
  const asking = prometheusPart(args, watched, here, {
    directory: `${dataDirectory}/prometheus`,
    label: commandName,
    listensAt: dashboards ? undefined : loopback,
    backups: backups ? `${loopback}:${ports.backups}` : undefined,
  });
  const probing = blackboxPart(watched, { listensAt: loopback });
  const telling =
    alerts &&
    alertmanagerPart(
      pulumi.output(alerts.mail.host).apply((host) => alertmanagerText(alerts, host)),
      { directory: `${dataDirectory}/alertmanager`, listensAt: loopback },
    );
  const login = database && secretFile("metrics", database.optionFile, metricsFile);
  const counting = database && mysqldExporterPart(database, { listensAt: loopback });
  const password = alerts?.mail.login && secretFile("mail-password", alerts.mail.login.password, mailPasswordFile);
  const files = [
    asking,
    probing,
    ...(counting ? [counting] : []),
    ...(telling ? [telling] : []),
    ...(backups ? [backups] : []),
  ];
  const { hash, name: configMap } = configuration(children, "configuration", fileTexts(files));
  const scripts = storage.volumePermissions ? podScripts(children, readPodScripts("volume-permissions.sh")) : undefined;
  const claim = dataClaim(children, "data", storage, { retain: args.retainData ?? true });
  const clients = {
    ...args.clientLabels,
    ...database?.clientLabels,
    ...args.archive?.clientLabels,
    ...alerts?.mail.clientLabels,
  };
  const deployment = children.make("deployment", "", {
    metadata: ofWorkload({ ...children.metadata(""), labels: { ...children.labels, ...unsavedLabel } }, claim),
    spec: {
      replicas: 1,
      // One folder of figures, one writer.
      strategy: { type: "Recreate" },
      selector: { matchLabels: children.labels },
      template: podTemplate(
        { ...children.labels, ...clients },
        nobody,
        hash(),
        {
          // Prometheus writes its figures back; a tenth of that is what it takes.
          terminationGracePeriodSeconds: 60,
          ...(backups ? { serviceAccountName: backupReader(children, args) } : {}),
          ...(scripts ? { initContainers: [volumePermissions(images.busybox, nobody, data, scriptMount)] } : {}),
          containers: [
            partContainer("prometheus", asking, {
              image: images.prometheus,
              resources: args.pod?.resources,
              mounts: [data],
              ...(dashboards ? { port: { name: "prometheus", number: ports.prometheus } } : {}),
            }),
            partContainer("blackboxExporter", probing, { image: images.blackboxExporter }),
            ...(login && counting
              ? [
                  partContainer("mysqldExporter", counting, {
                    image: images.mysqldExporter,
                    mounts: [login.mount],
                  }),
                ]
              : []),
            ...(telling
              ? [
                  partContainer("alertmanager", telling, {
                    image: images.alertmanager,
                    mounts: [data, ...(password ? [password.mount] : [])],
                  }),
                ]
              : []),
            ...(backups ? [backups.container] : []),
          ],
          volumes: [
            { name: data.name, persistentVolumeClaim: { claimName: claim.name } },
            ...fileVolumes(configMap, files),
            ...(login ? [login.volume] : []),
            ...(password ? [password.volume] : []),
            ...(backups ? [backups.volume] : []),
            ...(scripts ? [scripts.volume] : []),
          ],
        },
        // Who it is to the cluster decides what it may read.
        backups ? { ...args.pod, serviceAccountName: undefined } : args.pod,
      ),
    },
  });
  if (dashboards) {
    children.make("service", "", serviceArgs(children.metadata(""), children.labels, { prometheus: ports.prometheus }));
  }
  networkPolicy(children, args, {
    takes: dashboards ? [{ port: ports.prometheus, pods: [dashboardLabels(children)] }] : [],
    opens: [
      ...toNames(clusterNetwork(args.networkPolicy).nameService),
      ...toPages(args),
      ...(alerts && !alerts.mail.clientLabels ? toServer(alerts.mail.host, [alerts.mail.port]) : []),
      ...(backups ? toServer("kubernetes.default.svc", [443, 6443]) : []),
    ],
  });
  return deployment;
}

/** Labels of Grafana's pod. */
function dashboardLabels(children: KubernetesChildren): Record<string, string> {
  return appLabels("grafana", children.objectOf(dashboardsRole));
}

/** Grafana's pod, and the way to it. */
function grafana(
  children: KubernetesChildren,
  args: MonitoringArgs,
  password: pulumi.Output<string>,
): k8s.apps.v1.Deployment {
  const { published } = args.dashboards ?? {};
  const labels = dashboardLabels(children);
  const metadata = { ...children.metadata(dashboardsRole), labels };
  const secret = children.make("secret", adminUser, {
    metadata: children.metadata(adminUser),
    stringData: { username: adminUser, password },
  });
  const login = secretFile("admin", { name: secret.metadata.name, key: "password" }, adminPasswordFile);
  const showing = grafanaPart(children.objectName, watchedBy(args));
  const { hash, name: configMap } = configuration(children, dashboardsRole, fileTexts([showing]));
  const inMemory = [
    { name: "state", mountPath: grafanaDirectory, sizeLimit: "64Mi" },
    { name: "tmp", mountPath: "/tmp", sizeLimit: "16Mi" },
  ];
  const deployment = children.make("deployment", dashboardsRole, {
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: podTemplate(
        labels,
        grafanaUser,
        hash(),
        {
          containers: [
            partContainer("grafana", showing, {
              image: args.images.grafana,
              port: { name: "http", number: ports.grafana },
              mounts: [...inMemory.map(({ mountPath, name }) => ({ mountPath, name })), login.mount],
            }),
          ],
          volumes: [
            ...fileVolumes(configMap, [showing]),
            // Everything in it comes from files, at each start: so a password is what the Secret says, whatever it was before.
            ...inMemory.map(({ name, sizeLimit }) => ({ name, emptyDir: { medium: "Memory", sizeLimit } })),
            login.volume,
          ],
        },
        args.pod,
      ),
    },
  });
  const service = children.make("service", dashboardsRole, serviceArgs(metadata, labels, { http: ports.grafana }));
  if (published) {
    const page = { role: dashboardsRole, labels, service: service.metadata.name, port: ports.grafana };
    publishPage(children, published, page);
  }
  if (args.networkPolicy !== false) {
    const { nameService } = clusterNetwork(args.networkPolicy);
    const connections = {
      // Who publishes it runs anywhere; a port-forward comes from the node.
      takes: published ? [{ port: ports.grafana }] : [],
      opens: [...toNames(nameService), toPods(ports.prometheus, [children.labels])],
    };
    children.make("networkPolicy", dashboardsRole, networkPolicyArgs(metadata, labels, connections));
  }
  return deployment;
}
