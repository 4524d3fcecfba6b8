import { inboxLoginFile } from "../components/mailpit/settings";
import type { DockerEngine } from "../engines/docker-engine";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import { CommandError } from "../errors";

/** Who may read the mail of a stack's inbox. */
export interface InboxLogin {
  username: string;
  password: string;
}

/** Reads the login of an inbox from its Secret; undefined where there is none. */
export async function clusterInboxLogin(cluster: KubernetesCluster): Promise<InboxLogin | undefined> {
  const [secret] = await cluster.objects<{ data: Record<string, string> }>([
    "secrets",
    "--field-selector",
    "metadata.name=mailpit-inbox",
  ]);
  const value = (key: string) => Buffer.from(secret?.data[key] ?? "", "base64").toString();
  return secret && { username: value("username"), password: value("password") };
}

/**
 * Reads the login of an inbox in its container: a swarm gives a secret to nobody else. Undefined where no such container runs on this engine.
 *
 * @param swarmName what `docker stack ls` shows
 */
export async function swarmInboxLogin(engine: DockerEngine, swarmName: string): Promise<InboxLogin | undefined> {
  const label = `label=com.docker.swarm.service.name=${swarmName}_mailpit`;
  try {
    const [container] = await engine.lines(["ps", "--quiet", "--filter", label]);
    return container === undefined
      ? undefined
      : inboxLogin((await engine.docker(["exec", container, "cat", inboxLoginFile])).stdout);
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

/** Reads a password file of the inbox. */
export function inboxLogin(file: string): InboxLogin {
  const [username = "", password = ""] = file.trim().split(":");
  return { username, password };
}
