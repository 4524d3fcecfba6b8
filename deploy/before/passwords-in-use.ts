import type { PodVolumes, RotatedPassword } from "../../components/app";
import type { StackConfig, SwarmStackConfig } from "../../config/schema";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { UserError } from "../../errors";
import { objectName } from "../../platforms/swarm/stack";
import { rotatedPasswords } from "../../stacks/apps";
import type { ServicesInUse } from "./services-in-use";

/** A password, and the generations of it that containers were given: one, two while a rotation goes on, none where what has it is not deployed. */
export interface PasswordInUse extends RotatedPassword {
  inUse: number[];
}

/** A Deployment, a StatefulSet, or a pod. */
export interface Workload {
  metadata: { labels?: Record<string, string> };
  spec: PodVolumes & { template?: { spec: PodVolumes } };
}

/** The label that says of which app a workload is. */
const appLabel = "app.kubernetes.io/name";

/** The passwords of a stack, as its workloads say and as the pods have them that are still there. */
export async function passwordsOnCluster(cluster: KubernetesCluster, config: StackConfig): Promise<PasswordInUse[]> {
  const passwords = rotatedPasswords(config);
  const names = new Set(passwords.flatMap(({ kubernetes }) => kubernetes?.labels[appLabel] ?? []));
  const workloads = await cluster.objects<Workload>([
    "deployments,statefulsets,pods",
    "--selector",
    `${appLabel} in (${[...names].join()})`,
  ]);
  return inUseOnCluster(passwords, workloads);
}

/** The passwords of a stack, as its services say and as the tasks have them that still run. */
export function passwordsOnSwarm(there: ServicesInUse, swarmName: string, config: SwarmStackConfig): PasswordInUse[] {
  return inUseOnSwarm(rotatedPasswords(config), swarmName, there);
}

/** Which generations of passwords workloads have. */
export function inUseOnCluster(passwords: readonly RotatedPassword[], workloads: readonly Workload[]): PasswordInUse[] {
  return passwords.map((password) => {
    const { generationIn, labels } = password.kubernetes ?? { labels: {}, generationIn: () => undefined };
    const using = workloads.filter(({ metadata }) =>
      Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value),
    );
    return { ...password, inUse: distinct(using.map(({ spec }) => generationIn(spec.template?.spec ?? spec))) };
  });
}

/** Which generations of passwords services and their tasks have. */
export function inUseOnSwarm(
  passwords: readonly RotatedPassword[],
  swarmName: string,
  { services, tasks }: ServicesInUse,
): PasswordInUse[] {
  const stack = { name: swarmName };
  return passwords.map((password) => {
    const names = password.swarm.services.map((service) => objectName(stack, service));
    const containers = services
      .filter(({ Spec }) => names.includes(Spec.Name))
      .flatMap(({ ID, Spec }) => [
        Spec.TaskTemplate,
        ...tasks.filter(({ ServiceID }) => ServiceID === ID).map((task) => task.Spec),
      ]);
    const generations = containers.map(({ ContainerSpec = {} }) => password.swarm.generationIn(ContainerSpec, stack));
    return { ...password, inUse: distinct(generations) };
  });
}

function distinct(generations: readonly (number | undefined)[]): number[] {
  const known = generations.filter((generation) => generation !== undefined);
  return [...new Set(known)].sort((left, right) => left - right);
}

/**
 * Refuses a stack file that is older than the stack, whose apps would be given passwords that their servers take no more; and one that is too far
 * ahead of it.
 *
 * @throws UserError that names each password, and the generation that runs
 */
export function refuseFormerPasswords(stack: string, passwords: readonly PasswordInUse[]): void {
  const mistakes = passwords.flatMap(({ generation, inUse, key, mostAhead = Infinity, subject }) => {
    const [oldest, newest] = [Math.min(...inUse), Math.max(...inUse)];
    const is = `${key.join(".")}: is ${generation}, and ${subject.charAt(0).toLowerCase()}${subject.slice(1)}`;
    if (newest > generation) {
      return [`${is} already runs with password ${newest}. Take the file that says so, or set it to ${newest}`];
    }
    return generation > oldest + mostAhead
      ? [
          `${is} runs with password ${oldest}. Set it to ${oldest + mostAhead} at most; one rotation has to be through before the next`,
        ]
      : [];
  });
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(`Pulumi.${stack}.yaml does not go with the passwords that run:`, mistakes);
  }
}
