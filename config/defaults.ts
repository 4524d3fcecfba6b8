import { privateNetworks } from "./values/networks";

/**
 * What is taken where nothing is said: by the schema of a stack file, and by components that are used alone. Sizes and durations as they are
 * written there. The number of sites sizes the database server: `mysql/size.ts`.
 */
export const defaults = {
  ghost: {
    /** Carries four large image uploads at once. */
    memory: "512Mi",
    storage: "10Gi",
    maxUpload: "1Gi",
    /** Seconds until a node counts as one that does not get the images: Ghost's, some 300 MB compressed, at a megabyte a second. */
    imagePullSeconds: 300,
  },
  mysql: {
    storage: "20Gi",
    /** Members of a replicated set. */
    replicas: 3,
    /** Seconds. */
    maxLag: 30,
  },
  mailpit: {
    /** 21 MB are used idle. */
    memory: "128Mi",
    storage: "1Gi",
    maxMessages: 500,
    authentication: true,
  },
  mailRelay: { encryption: "starttls" },
  wordpress: {
    replicas: 3,
    /** Carries the program's files, 80 MiB, too. */
    memory: "384Mi",
    maxUpload: "64Mi",
  },
  edge: {
    certificates: "acme",
    httpPort: 80,
    httpsPort: 443,
    wait: "90s",
    /** Caddy takes 15 MB idle, and 40 KB for each reader who waits: 50 a second for the whole of `wait`. With 128Mi it was killed at some 2800. */
    memory: "256Mi",
    /** Where the pods of a cluster have their addresses. */
    trustedProxies: privateNetworks,
  },
  analytics: {
    endpoint: "https://api.tinybird.co",
    /** The makers' proxy takes 210 MB idle, and 240 with 230 hits a second. */
    memory: "384Mi",
  },
  activityPub: {
    /** The makers' server takes 120 MiB idle, 170 with 80 requests a second, and 280 where four pictures of 24 megapixels are uploaded at once. */
    memory: "512Mi",
  },
  shop: { replicas: 2 },
  monitoring: {
    interval: "30s",
    retention: "15d",
    maxSize: "4Gi",
    /** On Kubernetes: `maxSize`, what is not yet put together, and room. */
    storage: "10Gi",
    /** Uid of Prometheus to Grafana: of the stack's own, and as kube-prometheus-stack has it. */
    datasource: "prometheus",
    memory: "512Mi",
    alerts: {
      after: "2m",
      /** Seconds. */
      slow: 2,
      every: "5m",
      repeat: "12h",
    },
  },
  /** A week of daily backups. */
  backup: { keep: 7 },
  swarm: { endpointMode: "dnsrr", publishMode: "host" },
} as const;
