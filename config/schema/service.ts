import { z } from "zod";
import { only } from "./only";
import { cpu, driverOptions, driverPattern } from "./values";

/** What this program and docker say of services themselves, and find them by. */
const own = /^(ghost-platform|com\.docker)\./;

const labels = z.record(
  z
    .string()
    .regex(/^[!-~]+$/, { error: "must be the key of a label such as traefik.enable, without spaces", abort: true })
    .refine((key) => !own.test(key), "must not begin with ghost-platform. or com.docker.: those are not yours to set"),
  z.string(),
);

/** What a person says of the service of an app, beside what the app says itself. */
export const service = only(
  "swarm",
  z
    .strictObject({
      labels: labels.optional().describe("Labels of the service, such as those that a router reads."),
      containerLabels: labels
        .optional()
        .describe("Labels of its containers, such as those that a collector of logs reads."),
      logDriver: z
        .strictObject({
          name: z
            .string()
            .regex(driverPattern, "must be the name of a log driver such as journald")
            .describe("The driver; each node has to have it. `ops logs` reads json-file, local and journald alone."),
          options: driverOptions
            .default({})
            .describe("Its options. No secrets: everybody who may look at a service reads them."),
        })
        .optional()
        .describe("Where its log goes. Default: json-file, three files of 10 MB."),
      cpu: z
        .strictObject({
          limit: cpu.optional().describe("Processor time that a task gets at most. Default: no limit."),
          reservation: cpu.optional().describe("Processor time that a node must have left for a task. Default: none."),
        })
        .optional()
        .describe("Its processor time."),
    })
    .optional()
    .describe("What else is said of its service."),
);
