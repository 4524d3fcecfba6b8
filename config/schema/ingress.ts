import { z } from "zod";

export const ingress = z
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
