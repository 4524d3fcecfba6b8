import { z } from "zod";
import { objectName, qualifiedName } from "../values/names";
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
      issuer: z
        .strictObject({
          kind: z
            .enum(["ClusterIssuer", "Issuer"])
            .default("ClusterIssuer")
            .describe("`Issuer`: one of the namespace; `ClusterIssuer`: one of the whole cluster."),
          name: objectName("an issuer").describe("Its name."),
        })
        .optional()
        .describe(
          "Issuer of cert-manager, which makes the certificate, keeps it in `tlsSecret` and renews it. Must exist. Without `tlsSecret` the Secret is called `<Ingress>-tls`.",
        ),
      annotations: z
        .record(qualifiedName("the key of an annotation"), z.string())
        .default({})
        .describe("Annotations for the Ingress controller."),
    })
    .describe("Publish over an Ingress; absent: reach the Service by port-forward."),
);
