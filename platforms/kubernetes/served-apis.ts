import { UserError } from "../../errors";
import { gatewayApi } from "./network/http-route";
import { issuerAnnotations } from "./network/ingress";
import { operatorApi } from "./prometheus-operator";
import { known, type ClusterReader } from "./ownership";

/** An object of a program, as far as it says which APIs it needs. */
interface NeedyObject {
  apiVersion: string;
  metadata: object;
}

/** What is not part of every cluster, and what has it come. */
const optional = [
  {
    api: gatewayApi,
    what: "Gateway API",
    from: "route",
    install: "Install its CRDs and a controller for Gateways: https://gateway-api.sigs.k8s.io/guides/",
    isNeeded: ({ apiVersion }: NeedyObject) => apiVersion === gatewayApi,
  },
  {
    api: "cert-manager.io/v1",
    what: "cert-manager",
    from: "ingress.issuer",
    install: "Install it (https://cert-manager.io/docs/installation/) with the issuer, or name a Secret in tlsSecret",
    isNeeded: ({ metadata }: NeedyObject) => {
      const { annotations = {} } = metadata as { annotations?: object };
      return Object.values(issuerAnnotations).some((name) => name in annotations);
    },
  },
  {
    api: operatorApi,
    what: "the Prometheus operator",
    from: "monitoring.operator",
    install:
      "Install it (https://prometheus-operator.dev/docs/getting-started/installation/), or remove the key: the stack has a Prometheus of its own then",
    isNeeded: ({ apiVersion }: NeedyObject) => apiVersion === operatorApi,
  },
] as const;

/**
 * Refuses what the cluster has no API for.
 *
 * @throws UserError that names each and what brings it; also where the cluster does not tell
 */
export async function refuseMissingApis(cluster: ClusterReader, objects: readonly NeedyObject[]): Promise<void> {
  const needed = optional.filter(({ isNeeded }) => objects.some(isNeeded));
  if (needed.length === 0) {
    return;
  }
  const served = await servedApis(cluster);
  const missing = needed.filter(({ api }) => !served.includes(api));
  if (missing.length > 0) {
    throw UserError.fromMistakes(
      "The cluster lacks what the stack asks for, so nothing is changed:",
      missing.map(({ api, from, install, what }) => `${what} (${api}), for ${from}. ${install}`),
    );
  }
}

/** The API groups that a cluster serves, each with each of its versions: `apps/v1`. @throws UserError where it does not tell */
export async function servedApis(cluster: ClusterReader): Promise<string[]> {
  return known(cluster, async () => {
    const { groups } = JSON.parse(await cluster.read(["get", "--raw", "/apis"])) as {
      groups: { versions: { groupVersion: string }[] }[];
    };
    return groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion));
  });
}
