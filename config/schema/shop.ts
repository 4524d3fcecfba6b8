import { z } from "zod";
import { storage } from "./storage";
import { placement, port } from "./values";

export const shop = z
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
