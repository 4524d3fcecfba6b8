import { z } from "zod";
import { defaults } from "../defaults";
import { volumeKeys } from "./storage";
import { placement, port, wholeNumber } from "./values";

export const shop = z
  .strictObject({
    port: port.default(8080).describe("Port of the gateway published on the node."),
    managementPort: port
      .optional()
      .describe("Port of RabbitMQ's management page published on the node. Absent: not published."),
    replicas: wholeNumber(1, 100, "each is a task of four services")
      .default(defaults.shop.replicas)
      .describe("Tasks of each service without data: frontend, products, orders, users."),
    storage: z
      .strictObject(volumeKeys)
      .prefault({})
      .describe("Where PostgreSQL and RabbitMQ keep their data, and Redis who logs in."),
    placement: placement.optional(),
  })
  .describe("The example shop of microservices. Absent: none.");
