/** Stands where others name a registry before what is built where it runs: there is none of that name. */
export const builtHere = "ghost-platform.local";

/**
 * The container images of a stack, by what they run. Pinned; a reference may carry a digest (`ghost:6.65.0@sha256:…`), which then
 * decides.
 */
export const defaultImages = {
  ghost: "docker.io/library/ghost:6.65.0",
  /** Of the newest line that Ghost's makers support. */
  mysql: "docker.io/library/mysql:8.4.11",
  /** The way to the primary of a group. */
  haproxy: "docker.io/library/haproxy:3.2.26",
  mailpit: "docker.io/axllent/mailpit:v1.30.5",
  busybox: "docker.io/library/busybox:1.37.0",
  nginx: "docker.io/library/nginx:1.30.4",
  wordpress: "docker.io/library/wordpress:7.1.0-php8.4-apache",
  caddy: "docker.io/library/caddy:2.11.4",
  postgres: "docker.io/library/postgres:17.11",
  redis: "docker.io/library/redis:8.2.9",
  rabbitmq: "docker.io/library/rabbitmq:4.3.5-management",
  prometheus: "docker.io/prom/prometheus:v3.13.2",
  alertmanager: "docker.io/prom/alertmanager:v0.34.2",
  blackboxExporter: "docker.io/prom/blackbox-exporter:v0.28.0",
  mysqldExporter: "docker.io/prom/mysqld-exporter:v0.20.0",
  nodeExporter: "docker.io/prom/node-exporter:v1.12.1",
  grafana: "docker.io/grafana/grafana:12.4.9",
  /** Takes the page hits of the sites, and hands them to Tinybird. */
  trafficAnalytics: "docker.io/ghost/traffic-analytics:1.0.358",
  /** Speaks ActivityPub for sites, and what brings its database to the schema of the same version. */
  activityPub: "ghcr.io/tryghost/activitypub:1.2.8",
  activityPubMigrations: "ghcr.io/tryghost/activitypub-migrations:1.2.8",
  /** Carries what a stack saves by itself. */
  rclone: "docker.io/rclone/rclone:1.75.2",
  // The services of examples/shop, which no registry has: they are built where the stack is deployed.
  shopFrontend: `${builtHere}/shop-frontend:4`,
  shopProducts: `${builtHere}/shop-products:4`,
  shopOrders: `${builtHere}/shop-orders:4`,
  shopUsers: `${builtHere}/shop-users:4`,
} as const;

export type ImageName = keyof typeof defaultImages;
export type Images = Record<ImageName, string>;
