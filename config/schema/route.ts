import { z } from "zod";
import { dnsLabel, objectName, qualifiedName } from "../values/names";
import { only } from "./only";
import { port } from "./values";

const parentRef = z.strictObject({
  name: objectName("a Gateway").describe("Name of the Gateway."),
  namespace: dnsLabel(63).optional().describe("Its namespace. Default: the stack's."),
  sectionName: objectName("a listener").optional().describe("One of its listeners, by name. Default: all."),
  port: port.optional().describe("Only its listeners on this port. Default: any."),
});

export const route = only(
  "kubernetes",
  z
    .strictObject({
      parentRefs: z
        .array(parentRef)
        .min(1, "must name a Gateway that serves it")
        .max(16, "must be at most 16 listeners, as the API server takes")
        .describe(
          "Listeners that serve it. They must admit routes of the stack's namespace, and end TLS where the address begins with https, as that of a page that is no site does, unless all of them are named by port 80.",
        ),
      redirectFrom: z
        .array(parentRef)
        .max(16, "must be at most 16 listeners, as the API server takes")
        .default([])
        .describe(
          "Listeners for plain http, from which readers are led to https. They must be others than in `parentRefs`.",
        ),
      annotations: z
        .record(qualifiedName("the key of an annotation"), z.string())
        .default({})
        .describe("Annotations of the HTTPRoutes, for example for ExternalDNS."),
    })
    .describe(
      "Publish by a Gateway (Gateway API, HTTPRoute v1); absent: by `ingress`, or not at all. Certificates are the Gateway's own.",
    ),
);
