import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { askedMember, endOfLog, lastWords, roleOf, type MemberReport } from "../mysql-member";

/** What of a pod is read here. */
interface MemberPod {
  metadata: { name: string };
  status: { containerStatuses?: { name: string; state?: { running?: object } }[] };
}

/** Every member of the database, a pod each, as it says itself. */
export async function podMembers(cluster: KubernetesCluster): Promise<MemberReport[]> {
  const pods = await cluster.objects<MemberPod>(["pods", "--selector", "app.kubernetes.io/name=mysql"]);
  return Promise.all(pods.map((pod) => podMember(cluster, pod)));
}

async function podMember(cluster: KubernetesCluster, { metadata, status }: MemberPod): Promise<MemberReport> {
  const member = metadata.name;
  const role = roleOf(member);
  if (!status.containerStatuses?.some(({ name, state }) => name === "mysql" && state?.running)) {
    const command = ["logs", member, "--container", "initialise", "--tail", "50"];
    const lines = await endOfLog(() => cluster.lines(command));
    return { member, role, state: lastWords(lines, cluster.commandLine("logs", member, "--container initialise")) };
  }
  const answer = await askedMember(member, async (command) => {
    const { stdout } = await cluster.kubectl(["exec", member, "--container", "mysql", "--", ...command]);
    return stdout;
  });
  return answer ?? { member, role, state: "does not answer" };
}
