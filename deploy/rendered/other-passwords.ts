import { databaseSecretRole, generationOfKey } from "../../components/mysql/password-names";
import { UserError } from "../../errors";
import type { Manifest } from "../../render/kubernetes";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { partOf } from "../wait/kubernetes-rollout";

/*
 * A rendered stack belongs to the folder that holds its passwords. Rendered elsewhere, it has others, and the running database does not know them.
 */

/**
 * Refuses manifests that would give the sites of a running stack other passwords than its database knows.
 *
 * @param directory where the stack was rendered to
 * @throws UserError
 */
export async function refuseOtherPasswords(
  cluster: KubernetesCluster,
  manifests: readonly Manifest[],
  directory: string,
): Promise<void> {
  const rendered = manifests.filter(isOfDatabase);
  if (rendered.length === 0) {
    return;
  }
  const running = await cluster.objects<Manifest>(["secrets", "--selector", partOf]);
  if (passwordsDiffer(rendered, running)) {
    throw otherPasswords(`in namespace ${cluster.namespace}`, directory);
  }
}

/** Whether a password of the same Secret and the same generation is another one. */
export function passwordsDiffer(rendered: readonly Manifest[], running: readonly Manifest[]): boolean {
  return rendered.filter(isOfDatabase).some(({ data, metadata }) => {
    const present = dataOf(running.find(({ metadata: { name } }) => name === metadata.name)?.["data"]);
    return passwordKeys(data).some((key) => key in present && present[key] !== dataOf(data)[key]);
  });
}

/** Whether a manifest is the Secret of a database's user. Those of the server's own users change with a rotation; the server takes them over. */
function isOfDatabase({ data, kind, metadata }: Manifest): boolean {
  return kind === "Secret" && metadata.name.includes(`-${databaseSecretRole("")}`) && passwordKeys(data).length > 0;
}

/** Keys of a Secret that each hold a generation of a database's password. */
function passwordKeys(data: unknown): string[] {
  return Object.keys(dataOf(data)).filter((key) => generationOfKey(key) !== undefined);
}

function dataOf(data: unknown): Record<string, string> {
  return (data ?? {}) as Record<string, string>;
}

/** The error for a running stack whose passwords are not those that were rendered. */
export function otherPasswords(where: string, directory: string): UserError {
  return new UserError(
    `The stack that runs ${where} was deployed from elsewhere: it has other passwords than ${directory}. Deploy it from where it was deployed, or put that folder back as it was; or run npm run destroy for the stack, which keeps the data, and then this again: the database takes over the new passwords`,
  );
}
