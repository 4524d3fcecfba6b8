import { z } from "zod";
import { defaultImages } from "../images";
import { only } from "./only";
import { image } from "./values";

export const images = z
  .strictObject({
    ghost: image.default(defaultImages.ghost).describe("Ghost 6.58 or newer."),
    mysql: image
      .default(defaultImages.mysql)
      .describe("MySQL 8.4, which Ghost's makers support, or 9.7, whose data no 8.4 reads any more."),
    haproxy: image
      .default(defaultImages.haproxy)
      .describe("HAProxy 3.2, the way to the primary of a group of MySQL servers."),
    mailpit: image.default(defaultImages.mailpit).describe("Mailpit 1.30 or newer."),
    busybox: only(
      "kubernetes",
      image.default(defaultImages.busybox).describe("Runs the waiting init container and the log forwarder."),
    ),
    nginx: only("swarm", image.default(defaultImages.nginx).describe("Proxy before WordPress, gateway of the shop.")),
    wordpress: only("swarm", image.default(defaultImages.wordpress).describe("WordPress with Apache.")),
    caddy: image.default(defaultImages.caddy).describe("Caddy of the edge, 2.11 or newer."),
    postgres: only("swarm", image.default(defaultImages.postgres).describe("PostgreSQL of the shop.")),
    redis: only("swarm", image.default(defaultImages.redis).describe("Redis of the shop.")),
    rabbitmq: only(
      "swarm",
      image.default(defaultImages.rabbitmq).describe("RabbitMQ of the shop, with its management page."),
    ),
    prometheus: image.default(defaultImages.prometheus).describe("Prometheus of the monitoring."),
    alertmanager: image.default(defaultImages.alertmanager).describe("Alertmanager of the monitoring."),
    blackboxExporter: image.default(defaultImages.blackboxExporter).describe("Asks the sites, for the monitoring."),
    mysqldExporter: image
      .default(defaultImages.mysqldExporter)
      .describe("Asks the database server, for the monitoring."),
    nodeExporter: only(
      "swarm",
      image.default(defaultImages.nodeExporter).describe("Figures of each machine, for the monitoring."),
    ),
    grafana: image.default(defaultImages.grafana).describe("Dashboards of the monitoring."),
    trafficAnalytics: image
      .default(defaultImages.trafficAnalytics)
      .describe("The proxy of Ghost's makers that takes page hits, 1.0.358 or newer."),
    activityPub: only(
      "swarm",
      image
        .default(defaultImages.activityPub)
        .describe("The ActivityPub server of Ghost's makers, 1.2.8 or newer, for sites with `activityPub: self`."),
    ),
    activityPubMigrations: only(
      "swarm",
      image
        .default(defaultImages.activityPubMigrations)
        .describe("What brings its database to its schema: of the same version as `activityPub`."),
    ),
    rclone: image
      .default(defaultImages.rclone)
      .describe("rclone 1.63 or newer, which carries what the stack saves by itself."),
    shopFrontend: only(
      "swarm",
      image.default(defaultImages.shopFrontend).describe("Pages of the shop; built by this project."),
    ),
    shopProducts: only(
      "swarm",
      image.default(defaultImages.shopProducts).describe("Products of the shop; built by this project."),
    ),
    shopOrders: only(
      "swarm",
      image.default(defaultImages.shopOrders).describe("Orders of the shop; built by this project."),
    ),
    shopUsers: only(
      "swarm",
      image.default(defaultImages.shopUsers).describe("Users of the shop; built by this project."),
    ),
  })
  .prefault({})
  .describe("Container images, each with a tag or a digest.");
