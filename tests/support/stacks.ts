import * as fc from "fast-check";
import type { RawConfig } from "../../config/files/machine";

/** Whole stack files made of values that are allowed, for both platforms: what every check takes, an engine has to take, too. */

/** A label of a DNS name; what begins with `xn--` would have to be Punycode. */
const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/).filter((name) => !name.startsWith("xn--"));
const siteName = label.filter((name) => !name.startsWith("shop-") && !name.endsWith("-front"));
const objectName = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?)?$/);
const host = fc
  .tuple(label, fc.constantFrom("example.com", "test", "xn--bcher-kva.example"))
  .map((parts) => parts.join("."));
const size = (least: number) => fc.integer({ min: least, max: 4096 }).map((mebibytes) => `${mebibytes}Mi`);
const optional = { requiredKeys: [] };
const text = fc.string({ unit: "grapheme-ascii", maxLength: 20 });
const qualifiedName = fc
  .tuple(fc.option(host, { nil: undefined }), fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,10}[A-Za-z0-9])?$/))
  .map(([domain, name]) => (domain === undefined ? name : `${domain}/${name}`));
const annotations = fc.dictionary(qualifiedName, text, { maxKeys: 3 });
const labels = fc.dictionary(qualifiedName, fc.stringMatching(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,8}[A-Za-z0-9])?)?$/), {
  maxKeys: 2,
});
const ingress = fc.record({ className: objectName, annotations }, optional);
const listener = fc.record(
  { name: objectName, namespace: label, sectionName: objectName, port: fc.integer({ min: 1, max: 65535 }) },
  { requiredKeys: ["name"] },
);
const route = fc.record(
  { parentRefs: fc.uniqueArray(listener, { minLength: 1, maxLength: 3, selector: JSON.stringify }), annotations },
  { requiredKeys: ["parentRefs"] },
);
const image = fc
  .tuple(host, label, fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}$/))
  .map(([registry, name, tag]) => `${registry}:5000/team/${name}:${tag}`);
const path = fc.array(label, { maxLength: 2 }).map((parts) => parts.map((part) => `/${part}`).join(""));
const mail = fc.tuple(label, host).map((parts) => parts.join("@"));
const owner = fc.record(
  {
    name: fc.constantFrom("Jane Doe", 'O\'Doe <"J">'),
    email: fc.constant("jane@example.com"),
    siteTitle: fc.constantFrom("Notes", "ü: #1"),
  },
  { requiredKeys: ["name", "email"] },
);
const serverOptions = fc.record(
  { max_connections: fc.integer({ min: 400, max: 440 }), "wait-timeout": fc.integer({ min: 60, max: 900 }) },
  optional,
);
const settings = fc.dictionary(
  fc.stringMatching(/^[a-z]{3,8}$/).map((name) => `caching__${name}__maxAge`),
  fc.stringMatching(/^[A-Za-z0-9 .:/-]{0,20}$/),
  { maxKeys: 2 },
);

/** @param others further topologies of the platform */
const mysql = (
  platformKeys: Record<string, fc.Arbitrary<unknown>>,
  single: Record<string, fc.Arbitrary<unknown>>,
  ...others: fc.Arbitrary<RawConfig>[]
) =>
  fc.oneof(
    ...others,
    fc.record({ memory: size(2048), passwordGeneration: fc.integer({ min: 1, max: 3 }), ...single }, optional),
    fc.record(
      {
        topology: fc.constant("replicated"),
        replicas: fc.integer({ min: 2, max: 9 }),
        maxLag: fc.integer({ min: 1, max: 86400 }),
        semiSync: fc.boolean(),
        memory: size(2048),
        options: serverOptions,
        ...single,
        ...platformKeys,
      },
      // So many connections need more than the server has where nobody says.
      { requiredKeys: ["memory", "topology"] },
    ),
  );

/** Sites by name, no two of them at one address: the name is the first part of the host, and the place the last of the port. */
function sitesOf(site: fc.Arbitrary<RawConfig>, schemes: readonly string[], firstPort?: number) {
  return fc
    .dictionary(siteName, fc.tuple(site, host, path, fc.constantFrom(...schemes)), { minKeys: 1, maxKeys: 3 })
    .map((sites) =>
      Object.fromEntries(
        Object.entries(sites).map(([name, [keys, domain, below, scheme]], index) => {
          const port = firstPort === undefined ? undefined : firstPort + index;
          // Who ends https before a site has the port of its address.
          const own = scheme === "https" && port !== undefined ? { port } : {};
          const named = scheme === "http" && port !== undefined ? `:${port}` : "";
          return [name, { ...keys, ...own, url: `${scheme}://${name}.${domain}${named}${below}` }];
        }),
      ),
    );
}

const labelValue = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,8}[A-Za-z0-9])?$/);
const key = qualifiedName.filter((name) => !/^(app\.kubernetes\.io|ghost-platform)\//.test(name));
const selector = fc.record({ matchLabels: fc.dictionary(key, labelValue, { maxKeys: 2 }) }, optional);
const others = fc.record({ labelSelector: selector, topologyKey: key }, { requiredKeys: ["topologyKey"] });
const weight = fc.integer({ min: 1, max: 100 });
const pods = fc.record(
  {
    requiredDuringSchedulingIgnoredDuringExecution: fc.array(others, { maxLength: 2 }),
    preferredDuringSchedulingIgnoredDuringExecution: fc.array(fc.record({ weight, podAffinityTerm: others }), {
      maxLength: 2,
    }),
  },
  optional,
);
const nodes = fc.record(
  {
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") }),
        fc.record({
          key,
          operator: fc.constantFrom("In", "NotIn"),
          values: fc.array(labelValue, { minLength: 1, maxLength: 2 }),
        }),
        fc.record({ key, operator: fc.constantFrom("Gt", "Lt"), values: fc.tuple(fc.nat().map(String)) }),
      ),
      { minLength: 1, maxLength: 2 },
    ),

    matchFields: fc.array(
      fc.record({
        key: fc.constant("metadata.name"),
        operator: fc.constantFrom("In", "NotIn"),
        values: fc.tuple(objectName),
      }),
      { maxLength: 1 },
    ),
  },
  { requiredKeys: ["matchExpressions"] },
);
const word = fc.stringMatching(/^[!-~äß$(){}]{1,12}$/u);
const furtherMount = fc.record(
  { name: fc.constant("further"), mountPath: fc.constantFrom("/further", "/opt/x"), readOnly: fc.boolean() },
  { requiredKeys: ["name", "mountPath"] },
);
const probe = fc.record(
  { exec: fc.constant({ command: ["true"] }), periodSeconds: fc.integer({ min: 1, max: 60 }) },
  { requiredKeys: ["exec"] },
);
const furtherContainer = (name: string) =>
  fc.record(
    {
      name: fc.constant(name),
      image: fc.constant("registry.test/tools/own:1.2"),
      command: fc.array(word, { minLength: 1, maxLength: 3 }),
      env: fc.tuple(fc.record({ name: fc.constant("GREETING"), value: text })),
      ports: fc.tuple(fc.record({ containerPort: fc.constant(9000), name: fc.constant("own") })),
      volumeMounts: fc.tuple(furtherMount),
      resources: fc.record({ limits: fc.constant({ cpu: "1", memory: "64Mi" }) }, optional),
      securityContext: fc.record({ runAsUser: fc.integer({ min: 1, max: 65000 }) }, optional),
    },
    { requiredKeys: ["name", "image"] },
  );
const furtherVolume = fc.constantFrom(
  { name: "further", emptyDir: { sizeLimit: "8Mi" } },
  { name: "further", configMap: { name: "theirs", optional: true } },
  { name: "further", persistentVolumeClaim: { claimName: "theirs" } },
);
/** What may be added to an app's own pod. */
const furtherParts = fc.record({
  volumes: fc.tuple(furtherVolume),
  volumeMounts: fc.array(furtherMount, { maxLength: 1 }),
  initContainers: fc.oneof(
    fc.tuple(furtherContainer("before")),
    fc
      .tuple(furtherContainer("beside"), probe)
      .map(([container, livenessProbe]) => [{ ...container, restartPolicy: "Always", livenessProbe }]),
  ),
  containers: fc
    .tuple(furtherContainer("with"), probe)
    .map(([container, readinessProbe]) => [{ ...container, readinessProbe }]),
});
/** What may be said of the pods of every app. */
const podPlacement = fc.record(
  {
    labels: fc.dictionary(key, labelValue, { maxKeys: 2 }),
    annotations: fc.dictionary(key, text, { maxKeys: 2 }),
    nodeSelector: fc.dictionary(key, labelValue, { maxKeys: 2 }),
    tolerations: fc.array(
      fc.oneof(
        fc.record({ operator: fc.constant("Exists") }),
        fc.record({ key, value: labelValue, effect: fc.constantFrom("NoSchedule", "PreferNoSchedule") }),
        fc.record({
          key,
          operator: fc.constant("Exists"),
          effect: fc.constant("NoExecute"),
          tolerationSeconds: fc.nat(99),
        }),
      ),
      { maxLength: 2 },
    ),
    affinity: fc.record(
      {
        nodeAffinity: fc.record(
          {
            requiredDuringSchedulingIgnoredDuringExecution: fc.record({
              nodeSelectorTerms: fc.array(nodes, { minLength: 1, maxLength: 2 }),
            }),
            preferredDuringSchedulingIgnoredDuringExecution: fc.array(fc.record({ weight, preference: nodes }), {
              maxLength: 2,
            }),
          },
          optional,
        ),
        podAffinity: pods,
        podAntiAffinity: pods,
      },
      optional,
    ),
    topologySpreadConstraints: fc.uniqueArray(
      fc.record({
        maxSkew: fc.integer({ min: 1, max: 3 }),
        topologyKey: key,
        whenUnsatisfiable: fc.constantFrom("DoNotSchedule", "ScheduleAnyway"),
      }),
      { maxLength: 2, selector: ({ topologyKey, whenUnsatisfiable }) => `${topologyKey} ${whenUnsatisfiable}` },
    ),
    imagePullSecrets: fc.uniqueArray(objectName, { maxLength: 2 }),
    serviceAccountName: objectName,
    resources: fc.record(
      {
        requests: fc.record({ cpu: fc.constantFrom("50m", "0.5", "1"), memory: fc.constant("64Mi") }, optional),
        limits: fc.record({ cpu: fc.constantFrom("1", "2500m") }, optional),
      },
      optional,
    ),
  },
  optional,
);

/** The same, and what is added to the app's own pod. */
const pod = fc.oneof(
  podPlacement,
  fc.tuple(podPlacement, furtherParts).map(([where, parts]) => ({ ...where, ...parts })),
);

const newClaim = fc.record(
  { size: size(2048), storageClass: objectName, accessModes: fc.constant(["ReadWriteMany"]) },
  optional,
);
const claim = fc.oneof(
  newClaim,
  fc.uuid().map((id) => ({ existingClaim: `claim-${id}` })),
);
/** An Ingress, a route of a Gateway, or neither. */
const frontDoor: fc.Arbitrary<RawConfig> = fc.oneof(fc.record({ ingress }, optional), fc.record({ route }));
const kubernetesSite = fc.record(
  {
    memory: size(384),
    storage: claim,
    pod,
    settings,
    owner,
    mailFrom: mail,
    logForwarder: fc.oneof(
      fc.record({ enabled: fc.boolean() }),
      fc.record({ url: fc.constantFrom("http://vector.logs:8080/", "syslog+tcp://logs.example.com:514") }),
    ),
  },
  optional,
);

const variable = fc.record({
  name: fc.stringMatching(/^PRESET_[A-Z]{1,8}$/),
  valueFrom: fc.oneof(
    fc.record({ secretKeyRef: fc.record({ name: objectName, key: fc.stringMatching(/^[-_a-zA-Z0-9]{1,12}$/) }) }),
    fc.record({
      fieldRef: fc.record({ fieldPath: fc.constantFrom("metadata.name", "spec.nodeName", "status.podIP") }),
    }),
  ),
});
const preset = fc.record({
  name: label,
  selector: fc.oneof(
    fc.record({ matchLabels: labels }),
    fc.record({
      matchExpressions: fc.array(
        fc.record({ key: qualifiedName, operator: fc.constantFrom("Exists", "DoesNotExist") }),
        {
          maxLength: 1,
        },
      ),
    }),
  ),
  env: fc.uniqueArray(variable, { selector: ({ name }) => name, maxLength: 2 }),
});

/** What watches a stack on Kubernetes: a Prometheus of its own, or that of the cluster. */
const watching = fc.oneof(
  fc.record(
    {
      interval: fc.constantFrom("5s", "30s", "2m"),
      memory: size(128),
      maxSize: fc.constantFrom("256Mi", "2Gi"),
      pod: podPlacement,
      storage: fc.record({ size: size(3072), storageClass: objectName }, optional),
      dashboards: fc.boolean(),
      alerts: fc.record({ to: fc.uniqueArray(mail, { minLength: 1, maxLength: 2 }) }),
    },
    { requiredKeys: ["maxSize"] },
  ),
  fc.record({ host: host.map((name) => `figures.${name}`), ingress }),
  fc.record(
    {
      operator: fc.record({ namespace: label, labels, dashboardLabels: labels }, { requiredKeys: ["namespace"] }),
      interval: fc.constantFrom("5s", "30s", "2m"),
      dashboards: fc.boolean(),
    },
    { requiredKeys: ["operator"] },
  ),
);

/** What stands before the sites of a stack on Kubernetes. */
const podEdge = fc.record(
  {
    wait: fc.constantFrom("1s", "90s", "10m"),
    memory: size(64),
    trustedProxies: fc.uniqueArray(fc.constantFrom("10.42.0.0/16", "fd42::/48"), { minLength: 1 }),
    pod: podPlacement,
  },
  optional,
);

/** A stack for Kubernetes. */
export const kubernetesStack: fc.Arbitrary<RawConfig> = fc.record(
  {
    platform: fc.constant("kubernetes"),
    retainData: fc.boolean(),
    kubernetes: fc.record(
      {
        context: fc.constant("test"),
        priorityClass: objectName,
        podSecurity: fc.constantFrom("restricted", "baseline", "privileged"),
        networkPolicies: fc.boolean(),
        imagePullSeconds: fc.integer({ min: 10, max: 86400 }),
        podPresets: fc.array(preset, { maxLength: 1 }),
      },
      { requiredKeys: ["context"] },
    ),
    images: fc.record({ ghost: image, busybox: image }, optional),
    mysql: mysql(
      { startOrder: fc.constantFrom("parallel", "ordered") },
      { pod, storage: newClaim },
      fc.record(
        {
          topology: fc.constant("group"),
          replicas: fc.constantFrom(3, 5, 7, 9),
          memory: size(2560),
          options: serverOptions,
          pod,
          storage: newClaim,
        },
        { requiredKeys: ["topology", "memory"] },
      ),
    ),
    mailpit: fc.oneof(
      fc.record(
        {
          authentication: fc.boolean(),
          maxMessages: fc.integer({ min: 1, max: 100_000 }),
          memory: size(64),
          pod,
          storage: claim,
        },
        optional,
      ),
      fc.record({ host: host.map((name) => `inbox.${name}`), ingress }),
    ),
    monitoring: watching,
    edge: podEdge,
    sites: sitesOf(
      fc.tuple(kubernetesSite, frontDoor).map(([site, door]) => ({ ...site, ...door })),
      ["http", "https"],
    ),
    secrets: fc.record({ keepVersions: fc.integer({ min: 0, max: 9 }) }, optional),
  },
  { requiredKeys: ["platform", "kubernetes", "sites"] },
);

const placement = fc.array(
  fc.constantFrom("node.role==manager", "node.hostname != worker1", "node.labels.zone==a", "engine.labels.os==linux"),
  { maxLength: 2 },
);
const volume = fc.oneof(
  fc.record({ copyFromImage: fc.boolean() }, optional),
  fc.record({
    driver: fc.constantFrom("rexray/ebs", "vieux/sshfs:latest"),
    driverOptions: fc.dictionary(label, label, { maxKeys: 2 }),
  }),
);
/** What may be said of services. */
const labelled = fc.dictionary(fc.stringMatching(/^example\.[a-z]{1,8}$/), text, { maxKeys: 2 });
const service = fc.record(
  {
    labels: labelled,
    containerLabels: labelled,
    logDriver: fc.record({ name: fc.constantFrom("local", "journald"), options: fc.constant({ tag: "x" }) }),
    cpu: fc.record({ limit: fc.constantFrom("1", "1500m"), reservation: fc.constantFrom("0.1", "250m") }, optional),
  },
  optional,
);
const swarmSite = fc.record(
  { service, memory: size(384), storage: volume, placement, settings, mailFrom: mail },
  optional,
);

/** A stack for a swarm whose apps publish their ports. */
const publishedStack: fc.Arbitrary<RawConfig> = fc.record(
  {
    platform: fc.constant("swarm"),
    retainData: fc.boolean(),
    swarm: fc.oneof(
      fc.record({ placement, registryAuth: fc.boolean(), encryptBackend: fc.boolean() }, optional),
      fc.record({ endpointMode: fc.constant("vip"), publishMode: fc.constantFrom("ingress", "host") }),
    ),
    images: fc.record({ ghost: image, mysql: image, wordpress: image, grafana: image }, optional),
    mysql: mysql({ installed: fc.boolean(), replicaPlacement: placement }, { storage: volume, placement }),
    mailpit: fc.record(
      { maxMessages: fc.integer({ min: 1, max: 100_000 }), memory: size(64), port: fc.constant(8025), storage: volume },
      optional,
    ),
    sites: sitesOf(swarmSite, ["http", "https"], 2400),
    wordpress: sitesOf(
      fc.record({ memory: size(256), replicas: fc.integer({ min: 1, max: 4 }), storage: volume, placement }, optional),
      ["http", "https"],
      8100,
      // Behind an edge their hosts alone tell them from the others.
    ).map((sites) =>
      Object.fromEntries(
        Object.entries(sites).map(([name, site]) => [`w-${name}`, { ...site, url: site.url.replace("://", "://w-") }]),
      ),
    ),
    shop: fc.record({ port: fc.constant(9000), replicas: fc.integer({ min: 1, max: 4 }), storage: volume }, optional),
    monitoring: fc.record(
      {
        interval: fc.constantFrom("10s", "2m"),
        retention: fc.constantFrom("1d", "400d"),
        maxSize: size(256),
        memory: size(128),
        dashboards: fc.boolean(),
        alerts: fc.record({ to: fc.array(mail, { minLength: 1, maxLength: 2 }) }),
      },
      optional,
    ),
  },
  { requiredKeys: ["platform", "sites"] },
);

const edge = fc.record(
  {
    certificates: fc.constant("internal"),
    httpPort: fc.integer({ min: 81, max: 90 }),
    httpsPort: fc.integer({ min: 444, max: 500 }),
    wait: fc.constantFrom("1s", "10m"),
    memory: size(64),
    storage: volume,
    placement,
  },
  { requiredKeys: ["certificates"] },
);

/** The same behind an edge. */
const edgeStack: fc.Arbitrary<RawConfig> = fc
  .tuple(publishedStack, edge, fc.boolean())
  .map(([{ mailpit, sites, wordpress, ...stack }, front, showsInbox]) => ({
    ...stack,
    edge: front,
    sites: withoutPorts(sites),
    wordpress: withoutPorts(wordpress),
    mailpit: {
      ...(mailpit as RawConfig | undefined),
      port: undefined,
      ...(showsInbox ? { host: "inbox.internal" } : {}),
    },
  }));

function withoutPorts(sites: unknown = {}): RawConfig {
  return Object.fromEntries(
    Object.entries(sites as Record<string, { url: string }>).map(([name, site]) => [
      name,
      { ...site, port: undefined, url: site.url.replace(/:\d+/, "") },
    ]),
  );
}

/** A stack for a swarm. */
export const swarmStack: fc.Arbitrary<RawConfig> = fc.oneof(
  { weight: 2, arbitrary: publishedStack },
  { weight: 1, arbitrary: edgeStack },
);

/** A stack for either. */
export const anyStack: fc.Arbitrary<RawConfig> = fc.oneof(kubernetesStack, swarmStack);
