import type { GuardedPlace, Login } from "../components/app";
import type { DockerEngine } from "../engines/docker-engine";
import { containerOn } from "../engines/swarm-objects";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import { CommandError } from "../errors";

/** Reads the login of a page from its Secret; undefined where there is none. */
export async function clusterLogin(
  cluster: KubernetesCluster,
  { login = ofKeys, secret }: NonNullable<GuardedPlace["kubernetes"]>,
): Promise<Login | undefined> {
  const [found] = await cluster.objects<{ data: Record<string, string> }>([
    "secrets",
    "--field-selector",
    `metadata.name=${secret}`,
  ]);
  const value = (key: string) => Buffer.from(found?.data[key] ?? "", "base64").toString();
  return found && login(value);
}

function ofKeys(value: (key: string) => string): Login {
  return { username: value("username"), password: value("password") };
}

/**
 * Reads the login of a page in the container of its service: a swarm gives a secret to nobody else. Undefined where no such container runs on this
 * engine.
 *
 * @param swarmName what `docker stack ls` shows
 */
export async function engineLogin(
  engine: DockerEngine,
  swarmName: string,
  { file, login, service }: NonNullable<GuardedPlace["swarm"]>,
): Promise<Login | undefined> {
  try {
    const container = await containerOn(engine, `${swarmName}_${service}`);
    return container === undefined ? undefined : login((await engine.docker(["exec", container, "cat", file])).stdout);
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}
