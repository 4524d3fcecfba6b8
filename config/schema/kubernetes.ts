import { z } from "zod";
import { dnsLabel, objectName } from "../names";
import { podPreset } from "./pod-preset";
import { wholeNumber } from "./values";

export const kubernetesSchema = z.strictObject({
  context: z
    .string()
    .regex(/^[^\s\p{Cc}](.*[^\s\p{Cc}])?$/u, "must be the name of a context of the kubeconfig")
    .describe("Context of the kubeconfig to deploy to. Required, so that nobody deploys to whatever is current."),
  kubeconfig: z
    .string()
    .min(1, "must be the path of a file")
    .optional()
    .describe("Path of the kubeconfig. Default: $KUBECONFIG, else ~/.kube/config."),
  namespace: dnsLabel(63)
    .refine((name) => name !== "default" && !name.startsWith("kube-"), {
      error: "must be the stack's own: destroying the stack with its data removes the namespace",
    })
    .optional()
    .describe(
      "Namespace of this stack; made if need be. One that is there without the label `ghost-platform/stack: <stack>` is somebody's, and refused. Default: `ghost-<stack>`.",
    ),
  priorityClass: objectName("a PriorityClass")
    .optional()
    .describe(
      "PriorityClass of the sites, made by somebody else. Default: one of the stack's own, `<namespace>-priority`, value 1000.",
    ),
  podSecurity: z
    .enum(["restricted", "baseline", "privileged"])
    .default("restricted")
    .describe("Pod Security Standard that the namespace enforces."),
  networkPolicies: z
    .boolean()
    .default(true)
    .describe(
      "Refuse connections that are no app's business; carried out by networks that know NetworkPolicies. Other pods reach MySQL or the inbox with the label `ghost-platform/mysql-client` or `ghost-platform/mailpit-client`, value `true`.",
    ),
  imagePullSeconds: wholeNumber(10, 86400, "seconds, up to a day")
    .default(300)
    .describe(
      "Seconds that the nodes may take to get a site's images; then the deployment fails, and the site runs on as it is. More for a slow registry.",
    ),
  podPresets: z
    .array(podPreset)
    .default([])
    .describe("What the stack's pods get beside their own: variables, volumes, mounts. Conflicts are refused."),
});
