import { isIP } from "node:net";
import { z } from "zod";
import { defaults } from "../defaults";
import { dnsLabel, labelValue, objectName, qualifiedName } from "../values/names";
import { defaultNameService, touchesLinkLocal } from "../values/networks";
import { onlyEach } from "./only";
import { podPreset } from "./pod-preset";
import { network, port, wholeNumber } from "./values";

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
      "Refuse connections that are no app's business; carried out by networks that know NetworkPolicies. Other pods reach MySQL or the inbox with the label `ghost-platform/mysql-client` or `ghost-platform/mailpit-client`, value `true`. Sites reach the internet, and of private addresses what they need.",
    ),
  ...onlyEach("networkPolicies", {
    nameService: z
      .strictObject({
        namespace: dnsLabel(63).default(defaultNameService.namespace).describe("Namespace of its pods."),
        labels: z
          .record(qualifiedName("the key of a label"), labelValue)
          .default(defaultNameService.labels)
          .describe("Labels of its pods."),
        port: port
          .default(defaultNameService.port)
          .describe("Port on which its pods listen, whatever that of the Service is."),
        addresses: z
          .array(z.string().refine((address) => isIP(address) !== 0, "must be an IP address such as 169.254.20.10"))
          .default(defaultNameService.addresses)
          .describe("Addresses that are asked beside them, on port 53. The default is that of NodeLocal DNSCache."),
      })
      .prefault({})
      .describe(
        "Who answers for names in the cluster; the pods ask nobody else. The defaults are those of kube-dns and CoreDNS.",
      ),
    ingressNamespace: dnsLabel(63)
      .optional()
      .describe(
        "Namespace of the Ingress controller, through which a site reaches its own address: Ghost publishes scheduled posts that way. Absent: sites reach the ports 80, 443, 8000, 8080, 8443 and that of their `url` at any private address.",
      ),
    reachableNetworks: z
      .array(
        network.refine(
          (addresses) => !touchesLinkLocal(addresses),
          "must be without link-local addresses, where a cloud hands out the rights of the machine (169.254.169.254). Name the networks themselves that sites need",
        ),
      )
      .default([])
      .describe("Private networks that sites may reach, as CIDR: for webhooks, a cache or files there."),
  }),
  imagePullSeconds: wholeNumber(10, 86400, "seconds, up to a day")
    .default(defaults.ghost.imagePullSeconds)
    .describe(
      "Seconds that the nodes may take to get a site's images; then the deployment fails, and the site runs on as it is. More for a slow registry.",
    ),
  podPresets: z
    .array(podPreset)
    .default([])
    .describe("What the stack's pods get beside their own: variables, volumes, mounts. Conflicts are refused."),
});
