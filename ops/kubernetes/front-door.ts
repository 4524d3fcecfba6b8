import { isTrue, type Condition, type ObjectMetadata } from "../../engines/kubernetes-objects";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import type { KubernetesStackConfig } from "../../config/schema";
import { partOf } from "../../deploy/wait/kubernetes-rollout";
import { CommandError } from "../../errors";
import { issuerAnnotations } from "../../platforms/kubernetes/network/ingress";
import { gatewayApi, type ParentRef } from "../../platforms/kubernetes/network/http-route";
import type { Finding } from "../finding";
import type { ServiceReport } from "../stack-status";
import type { Ingress } from "./objects";

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

/** What is known of a stack's front door. */
export interface FrontDoor {
  routes: HttpRoute[];
  /** Secrets that cert-manager is to fill, each with its Ingress and what is known of its certificate. */
  certificates: { secret: string; ingress: string; certificate: Certificate | undefined }[];
  /** What the cluster does not tell, a sentence each. */
  unknown: string[];
}

/** Reads it: of a stack that has neither routes nor issuers without a question. */
export async function readFrontDoor(
  cluster: KubernetesCluster,
  config: KubernetesStackConfig,
  ingresses: readonly Ingress[],
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
  const hasRoutes = Object.values(config.sites).some(({ route }) => route !== undefined);
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

function wantedCertificates({ metadata, spec }: Ingress): { secret: string; ingress: string }[] {
  const { annotations = {}, name } = metadata;
  return Object.values(issuerAnnotations).some((issuer) => issuer in annotations)
    ? (spec.tls ?? []).flatMap(({ secretName }) =>
        secretName === undefined ? [] : [{ secret: secretName, ingress: name }],
      )
    : [];
}

/** Why nobody may reach a site although it is well. */
export function frontDoorFindings(
  { certificates, routes, unknown }: FrontDoor,
  kubectl: (...args: readonly string[]) => string,
): Finding[] {
  return [
    ...routes.flatMap((route) => routeFindings(route, kubectl)),
    ...certificates.flatMap((one) => certificateFinding(one, kubectl) ?? []),
    ...unknown.map((why): Finding => ({
      scenario: "front-door-unknown",
      severity: "notice",
      object: "front door",
      why,
      mend: [],
    })),
  ];
}

function routeFindings(
  { metadata, spec, status }: HttpRoute,
  kubectl: (...args: readonly string[]) => string,
): Finding[] {
  const object = `HTTPRoute ${metadata.name}`;
  return (spec.parentRefs ?? []).flatMap((parent): Finding[] => {
    const where = parentWords(parent);
    const hosts = spec.hostnames?.join(", ") ?? "the site";
    const look = [
      kubectl("describe", "httproute", metadata.name),
      kubectl(
        "describe",
        "gateway",
        parent.name,
        ...(parent.namespace === undefined ? [] : ["--namespace", parent.namespace]),
      ),
    ];
    const said = (status?.parents ?? []).filter(({ parentRef }) => isSame(parentRef, parent, metadata.namespace));
    if (said.length === 0) {
      return [
        {
          scenario: "route-not-seen",
          severity: "waiting",
          object,
          why: `No controller has said whether ${where} takes it: there is no such Gateway, or what looks after it does not run. Nobody reaches ${hosts} by it.`,
          mend: [...look].reverse(),
        },
      ];
    }
    const conditions = said.flatMap((one) => one.conditions ?? []);
    const no = conditions.find(
      ({ status: value, type }) => (type === "Accepted" || type === "ResolvedRefs") && value === "False",
    );
    return no
      ? [
          {
            scenario: "route-refused",
            severity: "failure",
            object,
            why: `${where} does not take it${refusals[no.reason ?? ""] ?? ""}. Nobody reaches ${hosts} by it.`,
            evidence: [no.reason, no.message].filter(Boolean).join(": "),
            mend: look,
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

function certificateFinding(
  { certificate, ingress, secret }: FrontDoor["certificates"][number],
  kubectl: (...args: readonly string[]) => string,
): Finding | undefined {
  const conditions = certificate?.status?.conditions;
  if (isTrue(conditions, "Ready")) {
    return undefined;
  }
  const common = { object: `Ingress ${ingress}` };
  if (!certificate) {
    return {
      ...common,
      scenario: "certificate-not-begun",
      severity: "waiting",
      why: `cert-manager has not begun to make its certificate, Secret ${secret}: it does not run, or does not look at this Ingress.`,
      mend: [kubectl("describe", "ingress", ingress), kubectl("get", "pods", "--namespace", "cert-manager")],
    };
  }
  const { name } = certificate.metadata;
  const [ready, issuing] = ["Ready", "Issuing"].map((type) => conditions?.find((one) => one.type === type));
  const mend = [
    kubectl("describe", "certificate", name),
    kubectl("get", "certificaterequests,orders,challenges", "--output", "wide"),
  ];
  // While it tries it says so; what has failed is tried again an hour later and more.
  return {
    ...common,
    scenario: "certificate-not-ready",
    severity: issuing?.status === "True" || !ready ? "waiting" : "failure",
    why: `cert-manager has no valid certificate for Secret ${secret} yet.`,
    evidence: issuing?.message ?? ready?.message,
    mend,
  };
}

/** The routes, as `status` lists what leads to a stack. */
export function routeReports({ routes }: FrontDoor): ServiceReport[] {
  return routes.map(({ metadata, spec }) => ({
    name: metadata.name,
    type: "HTTPRoute",
    addresses: spec.hostnames ?? [],
  }));
}

/** What of it is not well, a line each. */
export function frontDoorProblems(door: FrontDoor): string[] {
  return frontDoorFindings(door, () => "")
    .filter(({ severity }) => severity !== "notice")
    .map(({ object, why }) => `${object}: ${why.replace(/\.$/, "")}`);
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
