import { z } from "zod";
import { objectName, qualifiedName } from "../names";
import { only } from "./only";

export const ingress = only(
  "kubernetes",
  z
    .strictObject({
      className: objectName("an IngressClass")
        .optional()
        .describe("Ingress class. Default: the cluster's default class."),
      tlsSecret: objectName("a TLS Secret")
        .optional()
        .describe("Name of a TLS Secret in the namespace for the host. Absent: the Ingress serves plain http."),
      annotations: z
        .record(qualifiedName("the key of an annotation"), z.string())
        .default({})
        .describe("Annotations for the Ingress controller."),
    })
    .describe("Publish over an Ingress; absent: reach the Service by port-forward."),
);
