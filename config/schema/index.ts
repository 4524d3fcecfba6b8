import { z } from "zod";
import { defaultImages } from "../images";
import { dnsLabel } from "../names";
import { podPreset } from "./pod-preset";
import { quantityPattern } from "../quantity";

/**
 * Every key of a stack, with its default and its documentation. The reference page, the JSON Schema for editors and the type
 * `StackConfig` all come from here; checks that concern several keys stand in `checks.ts`.
 */

const quantity = (what: string) =>
  z.string().regex(quantityPattern, `must be a size such as 512Mi or 20Gi: ${what} in Ki, Mi, Gi or Ti`);

const image = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._:/-]*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$/,
    "must name an image with a tag or a digest, for example docker.io/library/mysql:9.7.4",
  );

const port = z.number().int().min(1, "must be a port from 1 to 65535").max(65535, "must be a port from 1 to 65535");

const memory = (fallback: string, what: string) => quantity("memory").default(fallback).describe(what);

const placement = z
  .array(
    z
      .string()
      .regex(
        /^(node|engine)\.[A-Za-z0-9_.-]+\s*(==|!=)\s*\S+$/,
        'must be a Swarm placement constraint such as "node.hostname==worker1"',
      ),
  )
  .describe("Swarm placement constraints, all of which a node must meet. Swarm only.");

const serverOptions = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_-]*$/, "must be a MySQL server option such as max_connections"),
    z.union([z.string(), z.number(), z.boolean()]),
  )
  .default({});

const ingress = z
  .strictObject({
    className: z.string().min(1).optional().describe("Ingress class. Default: the cluster's default class."),
    tlsSecret: z
      .string()
      .min(1)
      .optional()
      .describe("Name of a TLS Secret in the namespace for the host. Absent: the Ingress serves plain http."),
    annotations: z.record(z.string(), z.string()).default({}).describe("Annotations for the Ingress controller."),
  })
  .describe("Publish over an Ingress. Kubernetes only; absent: reach the Service by port-forward.");

const storageKeys = {
  storageClass: z.string().min(1).optional().describe("StorageClass. Default: the cluster's. Kubernetes only."),
  driver: z.string().min(1).optional().describe("Volume driver. Default: local. Swarm only."),
  driverOptions: z
    .record(z.string(), z.string())
    .optional()
    .describe("Options of the volume driver, for example type, o and device for NFS. Swarm only."),
  copyFromImage: z
    .boolean()
    .optional()
    .describe(
      "Whether a new volume takes over what the image has at its place, with owner and mode. Default: true; false for what the local driver mounts from a server, which may refuse it, and for a shared directory. Swarm only.",
    ),
};

const claimSize = (size: string) =>
  quantity("disk space").default(size).describe("Size of the claim on Kubernetes. A Swarm volume has no size limit.");

/** Storage of a server, which owns its directory alone: no directory that nodes share. */
const storage = (size: string) => z.strictObject({ size: claimSize(size), ...storageKeys }).prefault({});

const sharedKey = {
  shared: z
    .boolean()
    .default(false)
    .describe(
      "Whether the directory that `driverOptions` name (type none, o bind, device) is the same on every node, because each node mounts the same storage there, such as GlusterFS. `npm start` tries that on the machines of `swarm.nodes`. Swarm only.",
    ),
};

const fileStorage = (size: string) =>
  z.strictObject({ size: claimSize(size), ...storageKeys, ...sharedKey }).prefault({});

const mailpitStorage = z
  .strictObject({
    size: claimSize("1Gi"),
    ...storageKeys,
    ...sharedKey,
    hostPath: z
      .string()
      .startsWith("/", "must be an absolute path on the node")
      .optional()
      .describe(
        "Keep the mail in this directory of the node, through a PersistentVolume of class `manual`. Kubernetes only.",
      ),
    nfs: z
      .strictObject({
        server: z.string().min(1).describe("Host name or address of the NFS server."),
        path: z.string().startsWith("/", "must be an absolute path").describe("Exported directory."),
      })
      .optional()
      .describe("Keep the mail on this NFS export, through a PersistentVolume of class `manual`. Kubernetes only."),
  })
  .prefault({})
  .describe("Where the mail is kept.");

const siteUrl = (example: string) =>
  z
    .string()
    .regex(/^https?:\/\/[^\s/?#]+[^\s?#]*$/, {
      error: `must be the address readers use, for example ${example}`,
      abort: true,
    })
    .refine((url) => URL.canParse(url), "is not an address: check host name and port");

const mailAddress = z.string().regex(/^[^\s@]+@[^\s@]+$/, "must be a mail address, for example ghost@example.com");

const containerPath = z
  .string()
  .regex(/^\/[^\s:]*[^\s:/]$/, "must be the absolute path of a file in the container, such as /run/secrets/api-key");

const appFiles = {
  secrets: z
    .record(
      containerPath,
      z.strictObject({
        file: z.string().min(1).describe("The file, relative to the project. Keep it out of the repository."),
        kind: z
          .enum(["text", "json", "certificate"])
          .default("text")
          .describe("What is checked: JSON parses; a certificate is valid for days yet, and for the host in `url`."),
      }),
    )
    .optional()
    .describe("Files that containers get as secrets, by their path in the container. Swarm only."),
  configs: z
    .record(
      containerPath,
      z.strictObject({
        file: z.string().min(1).describe("The file, relative to the project; a template where it has `{{name}}`."),
        kind: z.enum(["text", "json"]).default("text").describe("What is checked: JSON parses, once it is filled in."),
        values: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
          .default({})
          .describe("What `{{name}}` stands for in this stack."),
      }),
    )
    .optional()
    .describe("Files that containers get as configs, by their path in the container. Swarm only."),
};
/** Files that an app gets beside its own. */
export type AppFilesConfig = {
  [Key in keyof typeof appFiles]?: z.output<(typeof appFiles)[Key]> | undefined;
};

const site = z.strictObject({
  url: siteUrl("https://blog.example.com").describe(
    "Address readers use; Ghost makes every link from it. May have a path; `https` expects TLS in front of Ghost.",
  ),
  replicas: z.number().default(1).describe("Always 1: Ghost supports one running instance a site."),
  port: port.optional().describe("Port published on the node. Default: the port in `url`. Swarm only."),
  memory: memory("512Mi", "Memory limit. Below 384Mi image uploads get Ghost killed."),
  storage: fileStorage("10Gi").describe("Where images, themes and files of the site are kept."),
  ingress: ingress.optional(),
  placement: placement.optional(),
  logForwarder: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Whether the sidecar runs."),
      url: z
        .string()
        .regex(
          /^((loki\+)?https?:\/\/[A-Za-z0-9.-]+(:[0-9]+)?(\/[^\s#]*)?|syslog\+(tcp|udp):\/\/[A-Za-z0-9.-]+(:[0-9]+)?)$/,
          "must be the address of a collector without credentials: http://vector.logs:8080/, loki+http://loki.logs:3100, syslog+tcp://HOST:514 or syslog+udp://HOST:514",
        )
        .optional()
        .describe(
          "Send the lines there, too: `http://` as JSON lines, `loki+http://` to Loki, `syslog+tcp://` or `syslog+udp://` as RFC 5424. Over TLS: `https://`, `loki+https://`.",
        ),
    })
    .optional()
    .describe("Sidecar that prints Ghost's access log as its own log. Default: on. Kubernetes only."),
  mailFrom: mailAddress.optional().describe("Sender of the site's mail. Default: noreply@ the host of `url`."),
  settings: z
    .record(z.string().regex(/^[A-Za-z0-9_]+$/, "must be a Ghost setting such as privacy__useGravatar"), z.string())
    .default({})
    .describe("More Ghost settings as environment variables (`__` nests keys). Keys this program sets are refused."),
  ...appFiles,
});

const wordpress = z.strictObject({
  url: siteUrl("https://magazine.example.com").describe("Address readers use; WordPress makes every link from it."),
  port: port.optional().describe("Port published on the node. Default: the port in `url`."),
  replicas: z
    .number()
    .int()
    .min(1, "must be 1 or more")
    .default(3)
    .describe("Tasks behind the published port. They share one volume of uploads, themes and plugins."),
  memory: memory("384Mi", "Memory limit of a task; it holds the program's files, too."),
  storage: fileStorage("10Gi").describe("Where uploads, themes and plugins are kept."),
  placement: placement.optional(),
  mailFrom: mailAddress.optional().describe("Sender of the site's mail. Default: noreply@ the host of `url`."),
  ...appFiles,
});

const shop = z
  .strictObject({
    port: port.default(8080).describe("Port of the gateway published on the node."),
    managementPort: port
      .optional()
      .describe("Port of RabbitMQ's management page published on the node. Absent: not published."),
    replicas: z
      .number()
      .int()
      .min(1, "must be 1 or more")
      .default(2)
      .describe("Tasks of each service without data: frontend, products, orders, users."),
    storage: storage("10Gi").describe("Where PostgreSQL and RabbitMQ keep their data, and Redis who logs in."),
    placement: placement.optional(),
  })
  .describe("The example shop of microservices. Swarm only; absent: none.");

const mailRelay = z
  .strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9.-]+$/, "must be a host name or an address, for example smtp.example.com")
      .describe("Host name of the SMTP server."),
    port: port.default(587).describe("Its port: 587 for STARTTLS, 465 for TLS from the first byte."),
    encryption: z
      .enum(["starttls", "tls", "none"])
      .default("starttls")
      .describe("`starttls` and `tls` refuse a server whose certificate does not hold; `none` only without a login."),
    username: z
      .string()
      .min(1)
      .optional()
      .describe("Whom the sites log in as. Absent: the server takes mail from anybody."),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe("File with the password, relative to the project. Keep it out of the repository."),
  })
  .describe("SMTP server that delivers the mail of the sites, instead of the inbox.");

const duration = z
  .string()
  .regex(/^[1-9][0-9]*(s|m|h|d)$/, "must be a duration such as 30s, 5m, 12h or 15d: a number of s, m, h or d");

const monitoring = z
  .strictObject({
    interval: duration.default("30s").describe("How often everything is asked, and the rules are looked at: 1s to 2m."),
    retention: duration.default("15d").describe("How long Prometheus keeps what it measured."),
    maxSize: quantity("disk space")
      .default("4Gi")
      .describe("Space that this may take on its volume; the oldest goes first, before `retention` is over."),
    memory: memory("512Mi", "Memory limit of Prometheus."),
    storage: z
      .strictObject({
        driver: storageKeys.driver,
        driverOptions: storageKeys.driverOptions,
        copyFromImage: storageKeys.copyFromImage,
      })
      .prefault({})
      .describe("Where Prometheus keeps its figures, and Alertmanager what it was told not to tell."),
    placement: placement.optional(),
    dashboards: z.boolean().default(true).describe("Whether Grafana shows the figures, on `port`."),
    port: port.default(3000).describe("Port of Grafana published on the node."),
    alerts: z
      .strictObject({
        to: z
          .array(mailAddress)
          .min(1, "must name at least one mail address")
          .describe("Who gets a mail when something is wrong, and when it is over."),
        from: mailAddress
          .optional()
          .describe("Sender of these mails. Default: that of the first site, which the mail server knows."),
        after: duration
          .default("2m")
          .describe("How long something must be away before it is told. What is late or full is told more patiently."),
        slow: z
          .number()
          .positive("must be more than 0 seconds")
          .default(2)
          .describe("Seconds that the home page of a site may take, as a mean of ten minutes."),
        every: duration
          .default("5m")
          .describe("Shortest time between two mails about the same kind of alert; its end is told with the next one."),
        repeat: duration.default("12h").describe("After which time something is told again that is still wrong."),
      })
      .optional()
      .describe("Alerts by mail, through the inbox or `mailRelay`. Absent: they show on the dashboards only."),
  })
  .describe("Prometheus with rules for alerts, and dashboards. Swarm only; absent: none.");

const secrets = z
  .strictObject({
    keepVersions: z
      .number()
      .int()
      .min(0, "must be 0 to 9")
      .max(9, "must be 0 to 9")
      .default(2)
      .describe(
        "Former versions of a secret, or of a config made from a file, that are kept for rollback; of a password always one.",
      ),
    generations: z
      .record(dnsLabel(24), z.number().int().min(1, "must be 1 or more"))
      .default({})
      .describe(
        "How often the database password of a site was made, by the site's name, and of the shop's servers as `shop-postgres`, `shop-redis` and `shop-rabbitmq`; `npm run ops -- secrets rotate` raises it. Default: 1.",
      ),
  })
  .prefault({});

export const kubernetesSchema = z.strictObject({
  context: z
    .string()
    .min(1)
    .describe("Context of the kubeconfig to deploy to. Required, so that nobody deploys to whatever is current."),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe("Path of the kubeconfig. Default: $KUBECONFIG, else ~/.kube/config."),
  namespace: dnsLabel(63)
    .refine((name) => name !== "default" && !name.startsWith("kube-"), {
      error: "must be the stack's own: destroying the stack removes the namespace with everything in it",
    })
    .default("ghost")
    .describe("Namespace of this stack; made if need be, and nothing else belongs in it."),
  priorityClass: dnsLabel(63)
    .optional()
    .describe(
      "PriorityClass of the sites, made by somebody else. Default: one of the stack's own, `<namespace>-priority`, value 1000.",
    ),
  podSecurity: z
    .enum(["restricted", "baseline", "privileged"])
    .default("restricted")
    .describe("Pod Security Standard that the namespace enforces."),
  networkPolicies: z
    .boolean()
    .default(true)
    .describe(
      "Refuse connections that are no app's business; carried out by networks that know NetworkPolicies. Other pods reach MySQL or the inbox with the label `ghost-platform/mysql-client` or `ghost-platform/mailpit-client`, value `true`.",
    ),
  imagePullSeconds: z
    .number()
    .int()
    .min(10, "must be 10 seconds or more")
    .max(86400, "must be a day (86400) at most")
    .default(300)
    .describe(
      "Seconds that the nodes may take to get a site's images; then the deployment fails, and the site runs on as it is. More for a slow registry.",
    ),
  podPresets: z
    .array(podPreset)
    .default([])
    .describe("What the stack's pods get beside their own: variables, volumes, mounts. Conflicts are refused."),
});

const dockerHost = z
  .string()
  .regex(/^(unix|ssh|tcp):\/\/\S+$/, "must be unix:///…, ssh://user@host or tcp://host:port");

const swarmNode = z.strictObject({
  host: dockerHost.describe("Docker Engine of the node."),
  address: z
    .string()
    .regex(/^[0-9A-Fa-f.:]+$/, "must be an IP address, for example 192.168.56.10")
    .optional()
    .describe("IP address at which the other nodes reach it. Default: the one in `host`."),
  role: z.enum(["manager", "worker"]).describe("Managers keep the state of the swarm; both run tasks."),
  labels: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "must be letters, digits, dots, hyphens or underscores"),
      z.string(),
    )
    .default({})
    .describe("Labels for placement constraints: `node.labels.storage==nfs`. Labels that others set are left alone."),
  availability: z
    .enum(["active", "pause", "drain"])
    .default("active")
    .describe("`pause` takes no new tasks, `drain` also gives its tasks to other nodes."),
  stop: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Command that stops its engine, run on the node. Default: `systemctl stop docker.socket docker.service` as root.",
    ),
  start: z
    .string()
    .min(1)
    .optional()
    .describe("Command that starts its engine again. Default: `systemctl start docker.service` as root."),
});

export const swarmSchema = z.strictObject({
  host: dockerHost
    .optional()
    .describe("Docker Engine of a manager. Default: the first manager of `nodes`, else unix:///var/run/docker.sock."),
  nodes: z
    .record(dnsLabel(63), swarmNode)
    .optional()
    .describe("Machines of the swarm by name; `npm run cluster` makes them one. Absent: the swarm is made by others."),
  toleratedFailures: z
    .number()
    .int()
    .min(0, "must be 0 to 3")
    .max(3, "must be 0 to 3")
    .optional()
    .describe("Managers that may fail at once. Default: 1 with three `nodes` or more, else 0."),
  autolock: z
    .boolean()
    .optional()
    .describe("Whether a manager that restarts must be unlocked with a key. Default: left as it is."),
  singleNode: z
    .boolean()
    .optional()
    .describe(
      "Whether the swarm has one node; with more, a local volume needs a placement that pins its service. Default: true, unless `nodes` has several.",
    ),
  endpointMode: z
    .enum(["dnsrr", "vip"])
    .default("dnsrr")
    .describe("How services find each other: DNS round robin, or a virtual IP (needs IPVS in the kernel)."),
  publishMode: z
    .enum(["host", "ingress"])
    .default("host")
    .describe("Publish ports on the task's node, or on every node through the routing mesh (needs IPVS and `vip`)."),
  encryptBackend: z
    .boolean()
    .optional()
    .describe(
      "Encrypt the backend overlay network between nodes. Needs ESP with AES-GCM in their kernels, which `npm start` tries on each of `nodes`, and IP protocol 50 to pass between them. Default: false; a new stack on several `nodes` gets true in its file when all kernels carry it.",
    ),
  registryAuth: z
    .boolean()
    .default(false)
    .describe(
      "Hand this machine's logins (`docker login`) to the registries of the stack's images on to the nodes, which pull them with these.",
    ),
  placement: placement.default([]).describe("Placement constraints of every service that names none of its own."),
  updateOrder: z
    .enum(["stop-first", "start-first"])
    .default("stop-first")
    .describe("Order of an update. Ghost, MySQL and Mailpit own their data alone, so only stop-first is accepted."),
});

export const stackSchema = z.strictObject({
  platform: z.enum(["kubernetes", "swarm"]).describe("Where the stack runs."),
  retainData: z
    .boolean()
    .default(true)
    .describe(
      "Whether databases, content and mail outlive `pulumi destroy`. `npm run destroy -- --data` removes what was kept.",
    ),
  images: z
    .strictObject({
      ghost: image.default(defaultImages.ghost).describe("Ghost 6."),
      mysql: image.default(defaultImages.mysql).describe("MySQL 8.4 or 9.7."),
      mailpit: image.default(defaultImages.mailpit).describe("Mailpit 1.30 or newer."),
      busybox: image
        .default(defaultImages.busybox)
        .describe("Runs the waiting init container and the log forwarder. Kubernetes only."),
      nginx: image.default(defaultImages.nginx).describe("Proxy before WordPress, gateway of the shop. Swarm only."),
      wordpress: image.default(defaultImages.wordpress).describe("WordPress 6 with Apache. Swarm only."),
      postgres: image.default(defaultImages.postgres).describe("PostgreSQL of the shop. Swarm only."),
      redis: image.default(defaultImages.redis).describe("Redis of the shop. Swarm only."),
      rabbitmq: image
        .default(defaultImages.rabbitmq)
        .describe("RabbitMQ of the shop, with its management page. Swarm only."),
      prometheus: image.default(defaultImages.prometheus).describe("Prometheus of the monitoring. Swarm only."),
      alertmanager: image.default(defaultImages.alertmanager).describe("Alertmanager of the monitoring. Swarm only."),
      blackboxExporter: image
        .default(defaultImages.blackboxExporter)
        .describe("Asks the sites, for the monitoring. Swarm only."),
      mysqldExporter: image
        .default(defaultImages.mysqldExporter)
        .describe("Asks the database server, for the monitoring. Swarm only."),
      nodeExporter: image
        .default(defaultImages.nodeExporter)
        .describe("Figures of each machine, for the monitoring. Swarm only."),
      grafana: image.default(defaultImages.grafana).describe("Dashboards of the monitoring. Swarm only."),
      shopFrontend: image.default(defaultImages.shopFrontend).describe("Pages of the shop; built by this project."),
      shopProducts: image.default(defaultImages.shopProducts).describe("Products of the shop; built by this project."),
      shopOrders: image.default(defaultImages.shopOrders).describe("Orders of the shop; built by this project."),
      shopUsers: image.default(defaultImages.shopUsers).describe("Users of the shop; built by this project."),
    })
    .prefault({})
    .describe("Container images, each with a tag or a digest."),
  kubernetes: kubernetesSchema.optional().describe("The cluster. Required on Kubernetes."),
  swarm: swarmSchema.optional().describe("The swarm. Every key has a default."),
  mysql: z
    .strictObject({
      topology: z
        .enum(["single", "replicated"])
        .default("single")
        .describe("Shape of the database: one server, or a source with replicas that follow it."),
      replicas: z
        .number()
        .int()
        .min(2, "must be 2 to 9: a source and its replicas")
        .max(9, "must be 2 to 9: a source and its replicas")
        .default(3)
        .describe("Members of a replicated set, the source included."),
      startOrder: z
        .enum(["parallel", "ordered"])
        .default("parallel")
        .describe(
          "Whether members of a replicated set start at once or one after the other. Swarm starts them at once.",
        ),
      maxLag: z
        .number()
        .int()
        .min(1, "must be 1 second or more")
        .default(30)
        .describe(
          "Seconds a replica may be behind the source before reads leave it out; on Swarm its task is ended for that, and a new one catches up.",
        ),
      semiSync: z
        .boolean()
        .default(false)
        .describe("Acknowledge a write only when a replica has it too. Costs a round trip a write."),
      recoverFrom: z
        .number()
        .int()
        .min(1, "must be the ordinal of a replica: 1 or more")
        .optional()
        .describe(
          "Ordinal of the replica (on Swarm, the number of its task) from which a source that has lost its data is made again. Remove it afterwards.",
        ),
      installed: z
        .boolean()
        .default(false)
        .describe(
          "Whether the replicated set has been up: then a source without data is no new one. `npm start` remembers it; who deploys otherwise sets it after the first time. Swarm only.",
        ),
      memory: memory("1Gi", "Memory limit; the buffer pool is sized from it. At least 512Mi."),
      storage: storage("20Gi").describe("Where the databases are kept."),
      options: serverOptions.describe(
        "MySQL server options over the defaults. Options this program depends on are refused.",
      ),
      sourceOptions: serverOptions.describe("The same for the source of a replicated set alone, over `options`."),
      replicaOptions: serverOptions.describe("The same for the replicas of a replicated set alone, over `options`."),
      passwordGeneration: z
        .number()
        .int()
        .min(1, "must be 1 or more")
        .default(1)
        .describe(
          "How often the passwords of the server's own users (root, monitor, backup; replication and clone of a set; metrics where there is `monitoring`) were made; `npm run ops -- secrets rotate --mysql` raises it.",
        ),
      placement: placement.optional(),
      replicaPlacement: placement
        .optional()
        .describe(
          "Swarm placement constraints of the replicas, which may move between nodes. Default: swarm.placement. Swarm only.",
        ),
    })
    .prefault({})
    .describe("The database server, one for all sites."),
  mailpit: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe("Whether to run the inbox. Without it and without `mailRelay`, the sites send no mail."),
      authentication: z
        .boolean()
        .default(false)
        .describe("Ask for a login before mail is shown or taken. `npm run ops -- inbox` tells the random password."),
      maxMessages: z.number().int().min(1).default(500).describe("Messages kept; the oldest go first."),
      memory: memory("128Mi", "Memory limit."),
      storage: mailpitStorage,
      port: port.default(8025).describe("Port of the inbox published on the node. Swarm only."),
      host: z.string().min(1).optional().describe("Host name of the inbox's Ingress. Kubernetes only."),
      ingress: ingress.optional(),
      placement: placement.optional(),
    })
    .prefault({})
    .describe("The mail inbox that catches what Ghost sends. Not a mail server for the outside."),
  mailRelay: mailRelay.optional(),
  sites: z
    .record(dnsLabel(24), site)
    .default({})
    .describe("Ghost sites by name; each has its own database, user, password and content."),
  wordpress: z
    .record(dnsLabel(24), wordpress)
    .default({})
    .describe("WordPress sites by name, on the same database server. Swarm only."),
  shop: shop.optional(),
  monitoring: monitoring.optional(),
  secrets: secrets.describe("How passwords, secrets and configs change."),
});

/** A stack as the schema alone leaves it; `parseStackConfig` makes a `StackConfig` of it. */
export type ParsedStack = z.output<typeof stackSchema>;
type SharedConfig = Omit<ParsedStack, "platform" | "kubernetes" | "swarm">;
export type KubernetesConfig = z.output<typeof kubernetesSchema>;
/** The swarm, with what its nodes say filled in. */
export type SwarmConfig = z.output<typeof swarmSchema> & { host: string; singleNode: boolean };
export type SwarmNodeConfig = z.output<typeof swarmNode>;
export type KubernetesStackConfig = SharedConfig & { platform: "kubernetes"; kubernetes: KubernetesConfig };
export type SwarmStackConfig = SharedConfig & { platform: "swarm"; swarm: SwarmConfig };
/** A stack's checked configuration, with every default filled in. */
export type StackConfig = KubernetesStackConfig | SwarmStackConfig;
export type SiteConfig = ParsedStack["sites"][string];
export type WordPressConfig = ParsedStack["wordpress"][string];
export type MailRelayConfig = z.output<typeof mailRelay>;
export type ShopConfig = NonNullable<ParsedStack["shop"]>;
export type MonitoringConfig = NonNullable<ParsedStack["monitoring"]>;
