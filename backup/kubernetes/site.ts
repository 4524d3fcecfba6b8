import { writerPod } from "../../components/mysql/app";
import { chosenPod } from "../../engines/chosen-pod";
import { UserError } from "../../errors";
import { siteStartLimit, siteStopLimit, type SitePlace } from "../contents/site";
import { inContainer } from "./exec";
import { keptClaims } from "./kept";
import type { Pod } from "./objects";
import { stackObjects } from "./stack-objects";
import { namespaceState, type ClusterPlace } from "./place";

/**
 * A site of a stack on a cluster.
 *
 * @throws UserError where it is not deployed, or its database server is not ready
 */
export async function clusterSite(place: ClusterPlace, name: string): Promise<SitePlace> {
  const { cluster } = place;
  const isThere = (await namespaceState(place)) === "active";
  const { claims, workloads } = isThere ? await stackObjects(place) : { claims: [], workloads: [] };
  const deployment = `ghost-${name}`;
  const named = (kind: string, wanted: string) =>
    workloads.find((workload) => workload.kind === kind && workload.metadata.name === wanted);
  const server = named("StatefulSet", "mysql");
  if (!server || !named("Deployment", deployment)) {
    throw new UserError(
      `${server ? `Site ${name}` : `The database server of site ${name}`} is not deployed in namespace ${cluster.namespace}. Deploy it first: npm start`,
    );
  }
  const kept = keptClaims([server], await cluster.objects<Pod>(["pods"]), claims);
  const contents = kept.claims[0]?.contents;
  if (contents?.kind !== "mysql" || kept.missing.length > 0) {
    throw UserError.fromMistakes(`The database server of site ${name} is not ready:`, kept.missing);
  }
  const selector = `app.kubernetes.io/name=ghost,app.kubernetes.io/instance=${deployment}`;
  const scale = (to: number) => cluster.kubectl(["scale", `deployment/${deployment}`, `--replicas=${to}`]);
  return {
    server: { ...contents, kind: "mysql" },
    inServer: inContainer(async () => {
      const writer = writerPod(server.spec.replicas ?? 1);
      return { cluster, pod: await chosenPod(cluster, writer), container: writer.container };
    }),
    inGhost: inContainer(async () => {
      const pods = await cluster.objects<Pod>(["pods", "--selector", selector]);
      const pod = pods.find(
        ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === "Running",
      );
      if (!pod) {
        throw new UserError(`No pod of ${deployment} runs. See npm run ops -- diagnose`);
      }
      return { cluster, pod: pod.metadata.name, container: "ghost" };
    }),
    async image() {
      const name = "{.spec.template.spec.containers[?(@.name=='ghost')].image}";
      const { stdout } = await cluster.kubectl(["get", `deployment/${deployment}`, "--output", `jsonpath=${name}`]);
      return stdout.trim();
    },
    async stop() {
      await scale(0);
      await cluster.kubectl(["wait", "pods", "--for=delete", "--selector", selector, `--timeout=${siteStopLimit}s`], {
        timeout: siteStopLimit + 30,
      });
    },
    async start(report) {
      await scale(1);
      await cluster.kubectl(["rollout", "status", `deployment/${deployment}`, `--timeout=${siteStartLimit}s`], {
        timeout: siteStartLimit + 30,
        onLine: report,
      });
    },
  };
}
