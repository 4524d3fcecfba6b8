/**
 * The container images of a stack, by what they run. Pinned to the versions this release was tested with; a reference may carry a
 * digest (`ghost:6.65.0@sha256:…`), which then decides.
 */
export const defaultImages = {
  ghost: "docker.io/library/ghost:6.65.0",
  mysql: "docker.io/library/mysql:9.7.4",
  mailpit: "docker.io/axllent/mailpit:v1.30.5",
  busybox: "docker.io/library/busybox:1.37.0",
  nginx: "docker.io/library/nginx:1.28.0",
  wordpress: "docker.io/library/wordpress:6.8.3-php8.3-apache",
  postgres: "docker.io/library/postgres:15.14",
  redis: "docker.io/library/redis:7.2.10",
  rabbitmq: "docker.io/library/rabbitmq:3.13.7-management",
  prometheus: "docker.io/prom/prometheus:v3.5.0",
  alertmanager: "docker.io/prom/alertmanager:v0.28.1",
  blackboxExporter: "docker.io/prom/blackbox-exporter:v0.27.0",
  mysqldExporter: "docker.io/prom/mysqld-exporter:v0.16.0",
  nodeExporter: "docker.io/prom/node-exporter:v1.9.1",
  grafana: "docker.io/grafana/grafana:12.1.1",
  // The services of examples/shop, which no registry has: they are built where the stack is deployed.
  shopFrontend: "ghost-platform.local/shop-frontend:4",
  shopProducts: "ghost-platform.local/shop-products:4",
  shopOrders: "ghost-platform.local/shop-orders:4",
  shopUsers: "ghost-platform.local/shop-users:4",
} as const;

export type ImageName = keyof typeof defaultImages;
export type Images = Record<ImageName, string>;
