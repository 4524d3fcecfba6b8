import type { AlertRule } from "./alert-rule";
import { archiveRule, backupRules, verificationRules } from "./backups";
import type { Watched } from "./prometheus";

/** What the rules depend on. */
export interface RuleSettings {
  /** How the stack is called in a command: `--stack <name>`. */
  stack: string;
  /** How long something must be away before it is told, for example `2m`. */
  after: string;
  /** Seconds that the home page of a site may take. */
  slow: number;
  /** Seconds after which the newest good backup is too old. Absent: none is promised. */
  backupOverdueAfter?: number | undefined;
  /** The same of the newest time that one was read back and loaded. */
  verificationOverdueAfter?: number | undefined;
  /** Seconds before the end of a site's certificate from which on it should have been renewed. Absent: nobody looks. */
  renewedBefore?: number | undefined;
  /** When the certificate of the database server ends, as RFC 3339 has it. Absent: it is somebody else's, or there is none. */
  databaseCertificateEnd?: string | undefined;
}

/** File systems that hold data: not those in memory, nor what a container sees of its image. */
const onDisk = 'fstype!~"tmpfs|ramfs|overlay|squashfs|nsfs|fuse.*"';

/**
 * The rules, to be written as YAML. Few, each about something that a reader of the sites notices or will notice, and each with what to do next. The
 * expressions name no figure that a stack of this kind does not have.
 */
export function alertRules(
  watched: Watched,
  settings: RuleSettings,
): { groups: { name: string; rules: AlertRule[] }[] } {
  const rules = [
    ...pageRules(watched, settings),
    ...(settings.renewedBefore === undefined ? [] : [certificateRule(watched, settings.renewedBefore, settings.stack)]),
    ...(watched.database ? databaseRules(watched.database, settings) : []),
    ...(settings.databaseCertificateEnd === undefined
      ? []
      : [databaseCertificateRule(settings.databaseCertificateEnd, settings.stack)]),
    ...(watched.machines === undefined ? [] : machineRules(settings)),
    ...(watched.hasClaimFigures ? claimRules(settings) : []),
    ...(settings.backupOverdueAfter === undefined ? [] : backupRules(settings.backupOverdueAfter, settings.stack)),
    ...(settings.verificationOverdueAfter === undefined
      ? []
      : verificationRules(settings.verificationOverdueAfter, settings.stack)),
    ...(watched.archive ? [archiveRule(settings.stack)] : []),
    ...monitoringRules(settings),
  ];
  return { groups: [{ name: "ghost-platform", rules }] };
}

function pageRules({ services }: Watched, { after, slow, stack }: RuleSettings): AlertRule[] {
  const see = `See why: npm run ops -- diagnose --stack ${stack}
What it wrote: npm run ops -- logs {{ $labels.app }} --since 10m --stack ${stack}`;
  return [
    {
      alert: "SiteDown",
      expr: 'probe_success{job="sites"} == 0',
      for: after,
      labels: { severity: "critical" },
      annotations: {
        summary: `Site {{ $labels.name }} does not answer (stack ${stack})`,
        description: `{{ $labels.address }} was asked inside the stack's network whether it serves, and did not answer as it should.\n${see}`,
      },
    },
    {
      alert: "SiteSlow",
      expr: `avg_over_time(probe_duration_seconds{job="home-pages"}[10m]) > ${slow} and on (name) probe_success{job="sites"} == 1`,
      for: "10m",
      labels: { severity: "warning" },
      annotations: {
        summary: `Site {{ $labels.name }} is slow (stack ${stack})`,
        description: `Its home page took {{ printf "%.1f" $value }} s, as a mean of ten minutes.
Whether it is short of memory or processor: npm run ops -- metrics --stack ${stack}
What it does meanwhile: npm run ops -- logs {{ $labels.app }} --since 10m --stack ${stack}`,
      },
    },
    ...(services.length === 0
      ? []
      : [
          {
            alert: "ServiceDown",
            expr: 'probe_success{job="services"} == 0',
            for: after,
            labels: { severity: "critical" as const },
            annotations: {
              summary: `{{ $labels.name }} does not answer (stack ${stack})`,
              description: `{{ $labels.address }} was asked for inside the stack's network and did not answer as it should.\n${see}`,
            },
          },
        ]),
  ];
}

function certificateRule({ certificates = [] }: Watched, renewedBefore: number, stack: string): AlertRule {
  const [who, next] =
    certificates.length > 0
      ? [
          "nobody has renewed it",
          `Where cert-manager makes it, in the stack's namespace: kubectl describe certificates,orders
Else whoever made the TLS Secret of the Ingress, or the Gateway's, makes another one.`,
        ]
      : ["the edge has not got a new one", `Why, in the authority's words: npm run ops -- diagnose --stack ${stack}`];
  return {
    alert: "CertificateEnds",
    expr: `probe_ssl_earliest_cert_expiry{job=~"sites|certificates"} - time() < ${renewedBefore}`,
    // Longer than a renewal takes that the authority answers late.
    for: "1h",
    labels: { severity: "critical" },
    annotations: {
      summary: `The certificate of site {{ $labels.name }} ends soon (stack ${stack})`,
      description: `It holds for another {{ $value | humanizeDuration }}, and ${who}. From then on browsers show an error.\n${next}`,
    },
  };
}

/** Any deployment of a year has renewed it by then. The server tells the day as a text of which the exporter reads only some, so it stands here. */
function databaseCertificateRule(end: string, stack: string): AlertRule {
  return {
    alert: "DatabaseCertificateEnds",
    expr: `vector(${Math.floor(Date.parse(end) / 1000)}) - time() < ${90 * 24 * 3600}`,
    for: "1h",
    labels: { severity: "critical" },
    annotations: {
      summary: `The certificate of the database server ends soon (stack ${stack})`,
      description: `It holds for another {{ $value | humanizeDuration }}. From then on no site can read or write.
A deployment renews it: npm start -- --stack ${stack}`,
    },
  };
}

function databaseRules({ replicas }: NonNullable<Watched["database"]>, { after, stack }: RuleSettings): AlertRule[] {
  const single: AlertRule[] = [
    {
      alert: "DatabaseDown",
      expr: 'mysql_up{role="source"} == 0',
      for: after,
      labels: { severity: "critical" },
      annotations: {
        summary: `The database server takes no login (stack ${stack})`,
        description: `No site can read or write. See why: npm run ops -- diagnose --stack ${stack}
What it wrote: npm run ops -- logs mysql --since 10m --stack ${stack}`,
      },
    },
    {
      alert: "DatabaseConnectionsNearlyExhausted",
      expr: "mysql_global_status_threads_connected / mysql_global_variables_max_connections > 0.8",
      for: after,
      labels: { severity: "warning" },
      annotations: {
        summary: `The database server has few connections left (stack ${stack})`,
        description: `{{ $labels.instance }} has {{ $value | humanizePercentage }} of its connections in use; once all are, sites show errors.
Which site holds them: npm run ops -- logs ghost --since 10m --stack ${stack}
More: mysql.options.max_connections in Pulumi.${stack}.yaml (with mysql.memory), then npm start -- --stack ${stack}`,
      },
    },
  ];
  if (!replicas) {
    return single;
  }
  const members = `How each member is: npm run ops -- mysql status --stack ${stack}`;
  return [
    ...single,
    {
      alert: "ReplicaMissing",
      // A swarm's name server leaves out who is not well.
      expr: `(count(mysql_up{role="replica"} == 1) or vector(0)) < ${replicas.count}`,
      for: "10m",
      labels: { severity: "warning" },
      annotations: {
        summary: `A replica of the database is missing (stack ${stack})`,
        description: `{{ $value }} of ${replicas.count} replicas answer. A new one copies the data first, which takes its time; reads go to the others.\n${members}`,
      },
    },
    {
      alert: "ReplicaStopped",
      expr: 'mysql_slave_status_replica_sql_running{role="replica"} == 0 or mysql_slave_status_replica_io_running{role="replica"} == 0',
      for: after,
      labels: { severity: "critical" },
      annotations: {
        summary: `A replica of the database does not replicate (stack ${stack})`,
        description: `{{ $labels.instance }} takes nothing over from the source: its answers grow older, and it is no copy any more.\n${members}`,
      },
    },
    {
      alert: "ReplicaLate",
      expr: `mysql_slave_status_seconds_behind_source{role="replica"} > ${replicas.maxLag}`,
      for: after,
      labels: { severity: "warning" },
      annotations: {
        summary: `A replica of the database is late (stack ${stack})`,
        description: `{{ $labels.instance }} is {{ $value }} s behind the source.\n${members}`,
      },
    },
  ];
}

function machineRules(settings: RuleSettings): AlertRule[] {
  const { after, stack } = settings;
  const [available, size] = ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"].map(
    (figure) => `${figure}{${onDisk}}`,
  ) as [string, string];
  const named = (expression: string) =>
    `max by (nodename, mountpoint) ((${expression}) * on (instance) group_left (nodename) node_uname_info)`;
  return [
    {
      alert: "MachineGone",
      // A day is how long one is missed that was taken away on purpose.
      expr: "max by (nodename) (last_over_time(node_uname_info[1d])) unless on (nodename) max by (nodename) (node_uname_info)",
      for: after,
      labels: { severity: "critical" },
      annotations: {
        summary: `Machine {{ $labels.nodename }} does not answer (stack ${stack})`,
        description: `Its figures stopped: it is down, cut off, or drained. What can run elsewhere does; what has its volume there does not.
What is missing now: npm run ops -- diagnose --stack ${stack}
The swarm's machines: docker node ls (and docs/swarm-cluster.md)`,
      },
    },
    ...spaceRules(settings, {
      available,
      size,
      named,
      which: "The disk of {{ $labels.nodename }}",
      where: "{{ $labels.mountpoint }}",
      next: `What Docker could give up, on that machine: docker system df; docker system prune
What the containers use: npm run ops -- metrics --stack ${stack}`,
    }),
  ];
}

/** Of the stack's claims, by the figures of the kubelets that have them mounted. */
function claimRules(settings: RuleSettings): AlertRule[] {
  return spaceRules(settings, {
    available: "kubelet_volume_stats_available_bytes",
    size: "kubelet_volume_stats_capacity_bytes",
    named: (expression) => expression,
    which: "The volume of claim {{ $labels.persistentvolumeclaim }}",
    where: "It",
    next: `How full the database's is: npm run ops -- diagnose --stack ${settings.stack}
More, where its class allows expansion: a larger storage.size in Pulumi.${settings.stack}.yaml, then npm start -- --stack ${settings.stack}`,
  });
}

function spaceRules(
  { after, stack }: RuleSettings,
  of: {
    /** Figures of the bytes that are free, and of all. */
    available: string;
    size: string;
    /** Gives a result the labels that the texts name. */
    named: (expression: string) => string;
    which: string;
    where: string;
    next: string;
  },
): AlertRule[] {
  const { available, named, next, size, where, which } = of;
  const free = `${available} / ${size}`;
  return [
    {
      alert: "DiskNearlyFull",
      expr: named(`${free} < 0.1`),
      for: after,
      labels: { severity: "critical" },
      annotations: {
        summary: `${which} is nearly full (stack ${stack})`,
        description: `${where} has {{ $value | humanizePercentage }} left. A database on a full disk stops taking writes.\n${next}`,
      },
    },
    {
      alert: "DiskFillsUp",
      expr: named(`${free} < 0.3 and predict_linear(${available}[6h], 24 * 3600) < 0`),
      for: "1h",
      labels: { severity: "warning" },
      annotations: {
        summary: `${which} will be full within a day (stack ${stack})`,
        description: `${where} has {{ $value | humanizePercentage }} left, and as fast as it filled in the last six hours it has none in a day.\n${next}`,
      },
    },
  ];
}

function monitoringRules({ after, stack }: RuleSettings): AlertRule[] {
  return [
    {
      alert: "TargetUnreachable",
      // A machine that is away is told as such.
      expr: 'up{job!="machines"} == 0',
      for: after,
      labels: { severity: "warning" },
      annotations: {
        summary: `Prometheus cannot ask about {{ $labels.job }} (stack ${stack})`,
        description: `{{ $labels.instance }} is not watched at the moment: the part of the monitoring that asks it gets no answer, or gives none.
See why: npm run ops -- diagnose --stack ${stack}`,
      },
    },
  ];
}
