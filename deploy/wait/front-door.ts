import type { KubernetesStackConfig } from "../../config/schema";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { isTrue, type Condition, type ObjectMetadata } from "../../engines/kubernetes-objects";
import { CommandError } from "../../errors";
import { gatewayApi, type ParentRef } from "../../platforms/kubernetes/network/http-route";
import { issuerAnnotations } from "../../platforms/kubernetes/network/ingress";
import { partOf } from "./kubernetes-rollout";

/*
 * What other people's controllers make of a stack's routes and certificates. They say it in the status of these objects and nowhere else: a site whose
 * route no Gateway takes is well, and nobody reaches it.
 */

/** A route of the Gateway API. */
export interface HttpRoute {
  kind: "HTTPRoute";
  metadata: ObjectMetadata;
  spec: { parentRefs?: ParentRef[]; hostnames?: string[] };
  status?: { parents?: { parentRef: ParentRef; controllerName?: string; conditions?: Condition[] }[] };
}

/** What cert-manager keeps of a certificate that it makes. */
export interface Certificate {
  kind: "Certificate";
  metadata: ObjectMetadata;
  spec: { secretName: string };
  status?: { conditions?: Condition[] };
}

/** What of an Ingress says for which certificates it asks. */
export interface SecuredIngress {
  metadata: ObjectMetadata;
  spec: { tls?: { secretName?: string }[] };
}

/** What is known of a stack's front door. */
export interface FrontDoor {
  routes: HttpRoute[];
  /** Secrets that cert-manager is to fill, each with its Ingress and what is known of its certificate. */
  certificates: { secret: string; ingress: string; certificate: Certificate | undefined }[];
  /** What the cluster does not tell, a sentence each. */
  unknown: string[];
}

/** Reads it, and asks for what the stack has alone. @param ingresses of the stack */
export async function readFrontDoor(
  cluster: KubernetesCluster,
  config: KubernetesStackConfig,
  ingresses: readonly SecuredIngress[],
): Promise<FrontDoor> {
  const unknown: string[] = [];
  const asked = async <Object>(what: string, read: () => Promise<Object[]>): Promise<Object[] | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (error instanceof CommandError) {
        unknown.push(`Whether ${what} is not known: ${error.output.trim() || error.message}`);
        return undefined;
      }
      throw error;
    }
  };
  const published = [...Object.values(config.sites), config.mailpit, config.monitoring];
  const hasRoutes = published.some((page) => page?.route !== undefined);
  const wanted = ingresses.flatMap(wantedCertificates);
  const [routes, certificates] = await Promise.all([
    hasRoutes
      ? asked("a Gateway takes the routes", () =>
          cluster.objects<HttpRoute>([`httproutes.${groupOf(gatewayApi)}`, "--selector", partOf]),
        )
      : [],
    wanted.length > 0
      ? asked("cert-manager has made the certificates", () =>
          cluster.objects<Certificate>(["certificates.cert-manager.io"]),
        )
      : [],
  ]);
  return {
    routes: routes ?? [],
    certificates: certificates
      ? wanted.map((one) => ({ ...one, certificate: certificates.find(({ spec }) => spec.secretName === one.secret) }))
      : [],
    unknown,
  };
}

function groupOf(api: string): string {
  return api.replace(/\/.*/, "");
}

function wantedCertificates({ metadata, spec }: SecuredIngress): { secret: string; ingress: string }[] {
  const { annotations = {}, name } = metadata;
  return Object.values(issuerAnnotations).some((issuer) => issuer in annotations)
    ? (spec.tls ?? []).flatMap(({ secretName }) =>
        secretName === undefined ? [] : [{ secret: secretName, ingress: name }],
      )
    : [];
}

/** Why nobody may reach a site although it is well. */
export interface FrontDoorTrouble {
  kind: "route-not-seen" | "route-refused" | "certificate-not-begun" | "certificate-not-ready";
  /** Whether it may go by itself. */
  mayPass: boolean;
  object: string;
  why: string;
  /** What the controller says itself. */
  evidence?: string | undefined;
  /** Arguments of kubectl that show more, the likeliest first. */
  look: string[][];
}

/** What of it keeps readers out. */
export function frontDoorTroubles({ certificates, routes }: FrontDoor): FrontDoorTrouble[] {
  return [...routes.flatMap(routeTroubles), ...certificates.flatMap((one) => certificateTrouble(one) ?? [])];
}

function routeTroubles({ metadata, spec, status }: HttpRoute): FrontDoorTrouble[] {
  const object = `HTTPRoute ${metadata.name}`;
  const hosts = spec.hostnames?.join(", ") ?? "the site";
  return (spec.parentRefs ?? []).flatMap((parent): FrontDoorTrouble[] => {
    const where = parentWords(parent);
    const route = ["describe", "httproute", metadata.name];
    const gateway = [
      ...["describe", "gateway", parent.name],
      ...(parent.namespace === undefined ? [] : ["--namespace", parent.namespace]),
    ];
    const said = (status?.parents ?? []).filter(({ parentRef }) => isSame(parentRef, parent, metadata.namespace));
    if (said.length === 0) {
      return [
        {
          kind: "route-not-seen",
          mayPass: true,
          object,
          why: `No controller has said whether ${where} takes it: there is no such Gateway, or what looks after it does not run. Nobody reaches ${hosts} by it.`,
          look: [gateway, route],
        },
      ];
    }
    const no = said
      .flatMap(({ conditions = [] }) => conditions)
      .find(({ status: value, type }) => (type === "Accepted" || type === "ResolvedRefs") && value === "False");
    return no
      ? [
          {
            kind: "route-refused",
            mayPass: false,
            object,
            why: `${where} does not take it${refusals[no.reason ?? ""] ?? ""}. Nobody reaches ${hosts} by it.`,
            evidence: [no.reason, no.message].filter(Boolean).join(": "),
            look: [route, gateway],
          },
        ]
      : [];
  });
}

/** What reasons of the Gateway API mean for who writes the stack file. */
const refusals: Readonly<Record<string, string>> = {
  NotAllowedByListeners: ": its listener admits no routes of this namespace (allowedRoutes)",
  NoMatchingListenerHostname: ": its listener is for other hosts",
  NoMatchingParent: ": it has no such listener (sectionName, port)",
  BackendNotFound: ": it does not find the site's Service",
  RefNotPermitted: ": it may not use the site's Service",
};

function certificateTrouble({
  certificate,
  ingress,
  secret,
}: FrontDoor["certificates"][number]): FrontDoorTrouble | undefined {
  const conditions = certificate?.status?.conditions;
  if (isTrue(conditions, "Ready")) {
    return undefined;
  }
  const object = `Ingress ${ingress}`;
  if (!certificate) {
    return {
      kind: "certificate-not-begun",
      mayPass: true,
      object,
      why: `cert-manager has not begun to make its certificate, Secret ${secret}: it does not run, or does not look at this Ingress.`,
      look: [
        ["describe", "ingress", ingress],
        ["get", "pods", "--namespace", "cert-manager"],
      ],
    };
  }
  const [ready, issuing] = ["Ready", "Issuing"].map((type) => conditions?.find((one) => one.type === type));
  return {
    kind: "certificate-not-ready",
    // While it tries it says so; what has failed is tried again an hour later and more.
    mayPass: issuing?.status === "True" || !ready,
    object,
    why: `cert-manager has no valid certificate for Secret ${secret} yet.`,
    evidence: issuing?.message ?? ready?.message,
    look: [
      ["describe", "certificate", certificate.metadata.name],
      ["get", "certificaterequests,orders,challenges", "--output", "wide"],
    ],
  };
}

function parentWords({ name, namespace, port, sectionName }: ParentRef): string {
  const listener = sectionName ?? (port === undefined ? undefined : String(port));
  return `Gateway ${namespace === undefined ? "" : `${namespace}/`}${name}${listener === undefined ? "" : `, listener ${listener},`}`;
}

function isSame(one: ParentRef, other: ParentRef, own: string | undefined): boolean {
  return (
    one.name === other.name &&
    (one.namespace ?? own) === (other.namespace ?? own) &&
    one.sectionName === other.sectionName &&
    one.port === other.port
  );
}
