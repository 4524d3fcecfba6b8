import { z } from "zod";
import { defaultImages } from "../images";
import { image } from "./values";

export const images = z
  .strictObject({
    ghost: image.default(defaultImages.ghost).describe("Ghost 6.58 or newer."),
    mysql: image.default(defaultImages.mysql).describe("MySQL 8.4 or 9.7."),
    mailpit: image.default(defaultImages.mailpit).describe("Mailpit 1.30 or newer."),
    busybox: image
      .default(defaultImages.busybox)
      .describe("Runs the waiting init container and the log forwarder. Kubernetes only."),
    nginx: image.default(defaultImages.nginx).describe("Proxy before WordPress, gateway of the shop. Swarm only."),
    wordpress: image.default(defaultImages.wordpress).describe("WordPress with Apache. Swarm only."),
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
  .describe("Container images, each with a tag or a digest.");
