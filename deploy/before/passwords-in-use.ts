import { passwordVolumeName } from "../../components/ghost/settings";
import {
  generationOfFileKey,
  generationOfKey,
  generationVariable,
  passwordSecretName,
  serverVolumeName,
} from "../../components/mysql/password-names";
import { ofEachServer, shopServers, urlFile, urlRole, urlTemplate } from "../../components/shop/settings";
import { shopPasswords, shopServerOf } from "../../config/generations";
import type { StackConfig, SwarmStackConfig } from "../../config/schema";
import { UserError } from "../../errors";
import { versionName } from "../../platforms/content-hash";
import { objectName } from "../../platforms/swarm/stack";
import type { DockerEngine } from "../../engines/docker-engine";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { inspected, servicesOf } from "../../engines/swarm-objects";
import { desiredTasks } from "../wait/swarm-updates";

/** The generations of passwords that containers were given: one, or two while a rotation goes on. */
export interface PasswordsInUse {
  /** Those of the database password of each site, by the site's name. A site that is not deployed is not there. */
  sites: Record<string, number[]>;
  /** Those of the database server's own users. None where no server is deployed. */
  server: number[];
}

interface PodSpec {
  volumes?: { name: string; secret?: { items?: { key: string }[] } }[];
}

/** A Deployment, a StatefulSet, or a pod. */
export interface Workload {
  metadata: { labels?: Record<string, string> };
  spec: PodSpec & { template?: { spec: PodSpec } };
}

/** A service, or one of its tasks; both name the secrets of the container. */
interface ContainerSpec {
  ContainerSpec?: { Env?: string[]; Secrets?: { SecretName: string; File?: { Name: string } }[] };
}
export interface SwarmService {
  ID: string;
  Spec: { Name: string; TaskTemplate: ContainerSpec };
}
export interface SwarmTask {
  ServiceID: string;
  Spec: ContainerSpec;
}

/** What the workloads of a stack say, and what the pods have that are still there. */
export async function passwordsOnCluster(cluster: KubernetesCluster): Promise<PasswordsInUse> {
  const workloads = await cluster.objects<Workload>([
    "deployments,statefulsets,pods",
    "--selector",
    "app.kubernetes.io/name in (ghost,mysql)",
  ]);
  return { sites: clusterPasswords(workloads), server: clusterServerPasswords(workloads) };
}

/** What the services of a stack say, and what the tasks have that still run. */
export async function passwordsOnSwarm(
  engine: DockerEngine,
  swarmName: string,
  config: SwarmStackConfig,
): Promise<PasswordsInUse> {
  const ids = await servicesOf(engine, swarmName);
  const services = await inspected<SwarmService>(engine, "service", ids);
  const tasks = await desiredTasks<SwarmTask>(engine, ids);
  return {
    sites: swarmPasswords(swarmName, config, services, tasks),
    server: swarmServerPasswords(swarmName, services, tasks),
  };
}

/** `PasswordsInUse.server` on Kubernetes. */
export function clusterServerPasswords(workloads: readonly Workload[]): number[] {
  return workloads.reduce<number[]>((found, { spec }) => {
    const volume = (spec.template?.spec ?? spec).volumes?.find(({ name }) => name === serverVolumeName);
    return volume ? withGeneration(found, generationOfFileKey(volume.secret?.items?.[0]?.key ?? "")) : found;
  }, []);
}

/** `PasswordsInUse.server` on a swarm. */
export function swarmServerPasswords(
  swarmName: string,
  services: readonly SwarmService[],
  tasks: readonly SwarmTask[],
): number[] {
  const members = ["mysql", "mysql-replica"].map((service) => objectName({ name: swarmName }, service));
  return services
    .filter(({ Spec }) => members.includes(Spec.Name))
    .flatMap((service) => containersOf(service, tasks))
    .reduce<number[]>((found, { ContainerSpec }) => {
      const variable = ContainerSpec?.Env?.find((line) => line.startsWith(`${generationVariable}=`));
      return withGeneration(found, Number(variable?.split("=")[1] ?? 1));
    }, []);
}

/** The containers a service asks for now, and those of its tasks. */
function containersOf({ ID, Spec }: SwarmService, tasks: readonly SwarmTask[]): ContainerSpec[] {
  return [Spec.TaskTemplate, ...tasks.filter(({ ServiceID }) => ServiceID === ID).map((task) => task.Spec)];
}

/** `PasswordsInUse.sites` on Kubernetes. */
export function clusterPasswords(workloads: readonly Workload[]): PasswordsInUse["sites"] {
  const found: PasswordsInUse["sites"] = {};
  for (const { metadata, spec } of workloads) {
    const site = metadata.labels?.["app.kubernetes.io/instance"]?.replace(/^ghost-/, "");
    const volume = (spec.template?.spec ?? spec).volumes?.find(({ name }) => name === passwordVolumeName);
    const generation = generationOfKey(volume?.secret?.items?.[0]?.key ?? "");
    if (site !== undefined && generation !== undefined) {
      found[site] = withGeneration(found[site], generation);
    }
  }
  return found;
}

/** A file that is older than the stack is known as such when it is older by no more rotations than these. */
const rotationsBeyondFile = 100;

/** `PasswordsInUse.sites` on a swarm. */
export function swarmPasswords(
  swarmName: string,
  config: Pick<StackConfig, "secrets" | "shop" | "sites" | "wordpress">,
  services: readonly SwarmService[],
  tasks: readonly SwarmTask[],
): PasswordsInUse["sites"] {
  const found: PasswordsInUse["sites"] = {};
  const stack = { name: swarmName };
  for (const { apps, file, password, secretName } of carriers(config)) {
    const using = services.filter(({ Spec }) => apps.some((app) => Spec.Name === objectName(stack, app)));
    const names = using.flatMap((service) => containersOf(service, tasks)).map((spec) => secretIn(spec, file));
    const highest = (config.secrets.generations[password] ?? 1) + rotationsBeyondFile;
    for (let generation = 1; generation <= highest; generation += 1) {
      if (names.includes(secretName(stack, generation))) {
        found[password] = withGeneration(found[password], generation);
      }
    }
  }
  return found;
}

/** Who logs in with a password that can be rotated, and where it stands. */
interface Carrier {
  /** Its name among the generations. */
  password: string;
  /** Services, without the stack's name. */
  apps: readonly string[];
  /** End of the file's name in their containers. */
  file: string;
  secretName: (stack: { name: string }, generation: number) => string;
}

const passwordFile = "/database-password";

function carriers(config: Pick<StackConfig, "shop" | "sites" | "wordpress">): Carrier[] {
  const sites = [...Object.keys(config.sites), ...Object.keys(config.wordpress)].map((site): Carrier => ({
    password: site,
    apps: [siteService(config, site)],
    file: passwordFile,
    secretName: (stack, generation) => passwordSecretName(stack, "mysql", site, generation),
  }));
  const shop = ofEachServer((server): Carrier => ({
    password: shopPasswords[server],
    // The last one says to the server who logs in.
    apps: [...shopServers[server].clients, "logins"],
    file: urlFile(server),
    secretName: (stack, generation) =>
      objectName(stack, versionName(`shop-${urlRole(server)}`, urlTemplate(server, generation))),
  }));
  return config.shop ? [...sites, ...Object.values(shop)] : sites;
}

/** Name of a site's service, without the stack's. */
export function siteService({ wordpress }: Pick<StackConfig, "wordpress">, site: string): string {
  return site in wordpress ? `wordpress-${site}` : `ghost-${site}`;
}

/**
 * Name of the secret in a file of a container.
 *
 * @param file end of its name. Default: that of a site's present database password
 */
export function secretIn({ ContainerSpec }: ContainerSpec, file = passwordFile): string | undefined {
  return ContainerSpec?.Secrets?.find(({ File }) => File?.Name.endsWith(file))?.SecretName;
}

function withGeneration(known: readonly number[] = [], generation: number): number[] {
  return [...new Set([...known, generation])].sort((left, right) => left - right);
}

/**
 * Refuses a stack file that is older than the stack: its sites would be given a password that the server takes no more; and one that is further than a
 * rotation ahead of the server's own users, whose members would have no password that the others take, or of the shop, whose tasks would find their
 * login with another password.
 *
 * @throws UserError that names each site, and the generation it has
 */
export function refuseFormerPasswords(
  stack: string,
  { mysql, secrets, shop }: Pick<StackConfig, "mysql" | "secrets" | "shop">,
  { server, sites }: PasswordsInUse,
): void {
  const mistakes = Object.entries(sites).flatMap(([site, generations]) => {
    const present = Math.max(...generations);
    const wanted = secrets.generations[site] ?? 1;
    const key = `secrets.generations.${site}`;
    if (present > wanted) {
      return [
        `${key}: is ${wanted}, and the site already runs with password ${present}. Take the file that says so, or set it to ${present}`,
      ];
    }
    const oldest = Math.min(...generations);
    return shopServerOf({ shop }, site) && wanted > oldest + 1
      ? [tooFarAhead(key, wanted, `the shop runs with password ${oldest}`, oldest)]
      : [];
  });
  const { passwordGeneration: wanted } = mysql;
  const present = Math.max(wanted, ...server);
  const oldest = Math.min(wanted, ...server);
  if (present > wanted) {
    mistakes.push(
      `mysql.passwordGeneration: is ${wanted}, and the database server already runs with passwords ${present}. Take the file that says so, or set it to ${present}`,
    );
  } else if (wanted > oldest + 1) {
    const running = `the database server runs with passwords ${oldest}`;
    mistakes.push(tooFarAhead("mysql.passwordGeneration", wanted, running, oldest));
  }
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(`Pulumi.${stack}.yaml does not go with the passwords that run:`, mistakes);
  }
}

function tooFarAhead(key: string, wanted: number, running: string, oldest: number): string {
  return `${key}: is ${wanted}, and ${running}. Set it to ${oldest + 1} at most; one rotation has to be through before the next`;
}
