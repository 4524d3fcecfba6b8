import type { ClaimOfOthers } from "../../config/kubernetes/claims-of-others";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { UserError } from "../../errors";
import { ownerLabel } from "../../platforms/kubernetes/labels";
import { known, ownedBy } from "../../platforms/kubernetes/ownership";

interface Claim {
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec: { accessModes?: string[] };
}

/**
 * Refuses claims of somebody else's that a stack cannot mount, or that are a stack's own after all and would go with its data.
 *
 * @throws UserError with all of them; also where the cluster does not tell
 */
export async function refuseUnfitClaims(
  cluster: KubernetesCluster,
  owner: string,
  named: readonly ClaimOfOthers[],
): Promise<void> {
  if (named.length === 0) {
    return;
  }
  const claims = await known(cluster, () => cluster.objects<Claim>(["persistentvolumeclaims"]));
  const mistakes = named.flatMap((one) => unfit(cluster, one, claims) ?? []);
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(
      `Stack ${owner} is to mount claims that are there already, and cannot, so nothing is changed. Its namespace has to be there before, with its mark (${cluster.commandLine("create", "namespace", cluster.namespace)}, then ${cluster.commandLine("label", "namespace", cluster.namespace, ownedBy(owner))}):`,
      mistakes,
    );
  }
}

function unfit(
  cluster: KubernetesCluster,
  { hasData, key, name }: ClaimOfOthers,
  claims: readonly Claim[],
): string | undefined {
  const claim = claims.find(({ metadata }) => metadata.name === name);
  if (!claim) {
    return `${key}: there is no claim ${name} in namespace ${cluster.namespace}. Make it, or name another one`;
  }
  const { deletionTimestamp, labels = {} } = claim.metadata;
  const stack = labels[ownerLabel];
  if (deletionTimestamp !== undefined) {
    return `${key}: claim ${name} is being deleted. Name another one`;
  }
  if (stack !== undefined) {
    return `${key}: claim ${name} belongs to stack ${stack}, and is deleted with its data. Take it away from there first, if that is meant: ${cluster.commandLine("label", "persistentvolumeclaim", name, `${ownerLabel}-`)}`;
  }
  return hasData && claim.spec.accessModes?.every((mode) => mode === "ReadOnlyMany")
    ? `${key}: claim ${name} can only be read (ReadOnlyMany), and the app writes there`
    : undefined;
}
