import { expect } from "chai";
import { Mailpit } from "../../../components/kubernetes";
import { parseStackConfig } from "../../../config/parse";
import { clusterProvider, stackNamespace } from "../../../platforms/kubernetes/cluster";
import { deleteData, deleteOwned } from "../../../deploy/rendered/kubernetes";
import { partOf } from "../../../deploy/wait/kubernetes-rollout";
import { KubernetesCluster } from "../../../engines/kubernetes-cluster";
import { collect } from "../../../render/collect";
import { kubernetesManifests } from "../../../render/kubernetes";
import { imageNames } from "../../../sandbox/images";
import { kubernetesPlace } from "../support/kubernetes-place";
import type { Kubectl } from "../support/kubectl";
import { until } from "../support/until";

/** Two inboxes on a node with a taint: one bears it, with everything else that can be said of pods. */
describe("K1 what is said of pods, on a real node", () => {
  const namespace = "pod-settings";
  const kubernetes = { context: "unused", namespace, podSecurity: "restricted" as const };
  const taint = "ghost-platform-test/kept-for=press:NoSchedule";
  const owner = "pod-settings";
  const theirs = "their-mail";
  /** Text that passes through JSON, a shell and the kubelet, which reads `$(NAME)` alone. */
  const odd = 'ä 日本 $HOME {{x}} $(NOT_THERE) "q" \\ \'s on: yes';
  let node: string;
  let kubectl: Kubectl;

  before(async () => {
    const place = await kubernetesPlace("dev");
    kubectl = place.kubectl.within(namespace);
    node = (await kubectl.run("get", "nodes", "--output", "name")).trim().replace(/^node\//, "");
    await kubectl.run("taint", "node", node, taint, "--overwrite");
    const config = parseStackConfig({
      platform: "kubernetes",
      kubernetes,
      sites: { unused: { url: "http://unused.test" } },
    });
    const { resources } = await collect(config, owner, undefined, () => {
      const provider = clusterProvider("cluster", kubernetes);
      const shared = {
        namespace: stackNamespace(kubernetes, false, { provider }, true).metadata.name,
        images: imageNames,
      };
      const pod = {
        labels: { "example.com/team": "press" },
        nodeSelector: { "kubernetes.io/hostname": node },
        tolerations: [{ key: "ghost-platform-test/kept-for", operator: "Exists", effect: "NoSchedule" }],
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: {} } },
            ],
          },
        },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" },
        ],
        imagePullSecrets: ["no-such-secret"],
        serviceAccountName: "default",
        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "500m" } },
        volumes: [{ name: "further", emptyDir: {} }],
        volumeMounts: [{ name: "further", mountPath: "/further", readOnly: true }],
        initContainers: [
          {
            name: "before",
            image: imageNames.busybox,
            command: ["sh", "-c", 'printf %s "$TEXT" > /further/text && cp /further/text /mail/theirs.txt'],
            env: [{ name: "TEXT", value: odd }],
            volumeMounts: [
              { name: "further", mountPath: "/further" },
              { name: "mail", mountPath: "/mail" },
            ],
          },
        ],
        containers: [
          {
            name: "beside",
            image: imageNames.busybox,
            command: ["sh", "-c", "trap 'exit 0' TERM; cat /mail/theirs.txt; echo; while :; do sleep 1; done"],
            volumeMounts: [{ name: "mail", mountPath: "/mail" }],
          },
        ],
      };
      new Mailpit("bears", { ...shared, pod, storage: { existingClaim: theirs } }, { provider });
      new Mailpit("bears-not", { ...shared, storage: { size: "10Mi" } }, { provider });
      return {};
    });
    const manifests = kubernetesManifests(resources);
    await kubectl.apply(...manifests.filter(({ kind }) => kind === "Namespace"), {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: theirs, namespace, labels: { "example.com/whose": "theirs" } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Mi" } } },
    });
    await kubectl.apply(...manifests);
  });

  after(async () => {
    await kubectl.run("taint", "node", node, `${taint}-`);
    await kubectl.run("delete", "namespace", namespace);
  });

  /** What a program prints to which the claim is mounted. */
  const onClaim = async (...command: string[]) => {
    await kubectl.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "reader", namespace },
      spec: {
        restartPolicy: "Never",
        tolerations: [{ operator: "Exists" }],
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "reader",
            image: imageNames.busybox,
            command,
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            volumeMounts: [{ name: "mail", mountPath: "/mail" }],
          },
        ],
        volumes: [{ name: "mail", persistentVolumeClaim: { claimName: theirs } }],
      },
    });
    await kubectl.run("wait", "pod/reader", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s");
    return kubectl.run("logs", "reader");
  };

  it("K1 the one that bears the node's taint runs there, with what else was said of it; the other waits", async () => {
    const pods = async (instance: string) =>
      JSON.parse(
        await kubectl.run("get", "pods", "--selector", `app.kubernetes.io/instance=${instance}`, "--output", "json"),
      ) as { items: Pod[] };
    const { metadata, spec } = await until("the inbox that bears the taint", 120, async () => {
      const [pod] = (await pods("bears")).items;
      return pod?.status.conditions?.some(({ status, type }) => type === "Ready" && status === "True") && pod;
    });
    expect(metadata.labels).to.include({ "example.com/team": "press" });
    expect(spec.nodeName).to.equal(node);
    expect(spec.containers[0]?.resources).to.deep.equal({
      requests: { cpu: "10m", memory: "32Mi" },
      limits: { cpu: "500m", memory: "128Mi" },
    });
    const { name } = metadata;
    expect(spec.containers.map((container) => container.name)).to.deep.equal(["mailpit", "beside"]);
    const said = await until("the sidecar to say it", 30, () =>
      kubectl.run("logs", name, "--container", "beside").then((text) => text || undefined),
    );
    expect(said).to.equal(odd);
    expect(await kubectl.run("exec", name, "--container", "mailpit", "--", "cat", "/further/text")).to.equal(odd);
    const [waiting] = (await pods("bears-not")).items;
    expect(waiting?.spec.nodeName).to.equal(undefined);
    expect(waiting?.status.conditions?.map(({ reason }) => reason)).to.include("Unschedulable");
  });

  it("K1 a claim that was there is as it was once the stack is gone with its data, and nothing else is there", async () => {
    const cluster = new KubernetesCluster({ context: kubectl.context, kubeconfig: kubectl.kubeconfig }, namespace);
    const before = await kubectl.get<Claim>("persistentvolumeclaim", theirs);
    expect(before.status.phase).to.equal("Bound");
    expect(before.metadata.labels).to.deep.equal({ "example.com/whose": "theirs" });
    await deleteOwned(cluster, owner, () => undefined);
    expect(await deleteData(cluster, owner, () => undefined)).to.equal(false);
    const { items } = await kubectl.get<{ items: Claim[] }>("persistentvolumeclaims");
    expect(
      items.map(({ metadata: { deletionTimestamp, name, uid } }) => ({ name, uid, deletionTimestamp })),
    ).to.deep.equal([{ name: theirs, uid: before.metadata.uid, deletionTimestamp: undefined }]);
    expect(await kubectl.run("get", "deployments,services,secrets,configmaps", "--selector", partOf)).to.equal("");
    expect(await onClaim("cat", "/mail/theirs.txt")).to.equal(odd);
  });
});

interface Claim {
  metadata: { name: string; uid: string; labels?: Record<string, string>; deletionTimestamp?: string };
  status: { phase: string };
}

interface Pod {
  metadata: { name: string; labels: Record<string, string> };
  spec: { nodeName?: string; containers: { name: string; resources: object }[] };
  status: { conditions?: { type: string; status: string; reason?: string }[] };
}
