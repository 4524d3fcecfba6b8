import { expect } from "chai";
import { keptClaims } from "../../../../backup/kubernetes/kept";
import type { Claim, Pod, Workload } from "../../../../backup/kubernetes/objects";
import type { RawConfig } from "../../../../config/files/machine";
import { manifestsOf } from "../../../support/kubernetes";

describe("B1 what of a stack on Kubernetes is in a backup", () => {
  const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };

  /** The stack as its program declares it, with every pod that it is to have. */
  async function stack(raw: RawConfig = {}) {
    const manifests = await manifestsOf(raw);
    const workloads = manifests.filter(
      ({ kind }) => kind === "Deployment" || kind === "StatefulSet",
    ) as unknown as Workload[];
    const pods = workloads.flatMap((workload) => podsOf(workload));
    const claims = manifests.filter(({ kind }) => kind === "PersistentVolumeClaim") as unknown as Claim[];
    return { workloads, pods, claims, manifests };
  }

  function podsOf({ kind, metadata, spec }: Workload): Pod[] {
    return Array.from({ length: kind === "Deployment" ? 1 : (spec.replicas ?? 1) }, (_, ordinal): Pod => {
      const name = kind === "Deployment" ? `${metadata.name}-5d4f-x` : `${metadata.name}-${ordinal}`;
      const volumes = [
        ...(spec.template.spec.volumes ?? []),
        ...(spec.volumeClaimTemplates ?? []).map((template) => ({
          name: template.metadata.name,
          persistentVolumeClaim: { claimName: `${template.metadata.name}-${name}` },
        })),
      ];
      return {
        kind: "Pod",
        metadata: { name, labels: spec.selector.matchLabels ?? {} },
        spec: { ...spec.template.spec, volumes, nodeName: "node1" },
        status: ready,
      };
    });
  }

  const shown = ({ claims }: ReturnType<typeof keptClaims>) =>
    claims.map(({ contents, container, pod }) => `${contents.volume.name} (${contents.kind}) in ${pod} ${container}`);

  it("is each claim, read in the container that writes there", async () => {
    const { claims, pods, workloads } = await stack();
    const kept = keptClaims(workloads, pods, claims);
    expect(kept.missing).to.deep.equal([]);
    expect(kept.unused).to.deep.equal([]);
    expect(shown(kept)).to.have.members([
      "data-mysql-0 (mysql) in mysql-0 mysql",
      "ghost-blog-content (files) in ghost-blog-5d4f-x ghost",
      "mailpit-mail (files) in mailpit-5d4f-x mailpit",
    ]);
    const [mysql] = kept.claims.filter(({ contents }) => contents.kind === "mysql");
    expect(mysql?.contents).to.deep.include({ service: "mysql", node: "node1", target: "/var/lib/mysql" });
    expect(mysql?.contents.volume).to.deep.include({ driver: "claim", options: { size: "20Gi" } });
  });

  it("is read in the container that writes there, whichever reads it before", async () => {
    const { claims, pods, workloads } = await stack();
    const reader = { name: "reader", image: "x", volumeMounts: [{ name: "content", mountPath: "/c", readOnly: true }] };
    const withReader = pods.map((pod) => ({
      ...pod,
      spec: { ...pod.spec, containers: [reader, ...pod.spec.containers] },
    }));
    const kept = keptClaims(workloads, withReader, claims);
    expect(shown(kept)).to.include("ghost-blog-content (files) in ghost-blog-5d4f-x ghost");
    expect(kept.unused).to.deep.equal([]);
  });

  it("is of a replicated set the source alone: replicas copy it again", async () => {
    const { claims, pods, workloads } = await stack({ mysql: { topology: "replicated", replicas: 3 } });
    const members = [1, 2].map((ordinal): Claim => ({
      kind: "PersistentVolumeClaim",
      metadata: { name: `data-mysql-${ordinal}` },
      spec: {},
    }));
    const kept = keptClaims(workloads, pods, [...claims, ...members]);
    expect(shown(kept).filter((line) => line.includes("mysql"))).to.deep.equal([
      "data-mysql-0 (mysql) in mysql-0 mysql",
    ]);
    expect([kept.missing, kept.unused]).to.deep.equal([[], []]);
    // Nobody else has what the source has.
    const others = pods.filter(({ metadata }) => metadata.name !== "mysql-0");
    expect(keptClaims(workloads, others, claims).missing.join()).to.contain("mysql: no pod of it runs");
    const lessReplicas = pods.filter(({ metadata }) => metadata.name !== "mysql-2");
    expect(keptClaims(workloads, lessReplicas, claims).missing).to.deep.equal([]);
  });

  it("K1 is a claim of somebody else's, too, on which the stack's data is", async () => {
    const { pods, workloads } = await stack({ mysql: { storage: { existingClaim: "their-data" } } });
    const theirs: Claim = { kind: "PersistentVolumeClaim", metadata: { name: "their-data" }, spec: {} };
    const server = workloads.filter(({ metadata }) => metadata.name === "mysql");
    expect(shown(keptClaims(server, pods, [theirs]))).to.deep.equal(["their-data (mysql) in mysql-0 mysql"]);
  });

  it("names a claim that nothing mounts any more, and leaves it out", async () => {
    const { claims, pods, workloads } = await stack();
    const former: Claim = { kind: "PersistentVolumeClaim", metadata: { name: "ghost-old-content" }, spec: {} };
    const kept = keptClaims(workloads, pods, [...claims, former]);
    expect(kept.unused).to.deep.equal(["ghost-old-content"]);
    expect(kept.claims).to.have.length(3);
  });

  const faults: [what: string, said: RegExp, change: (pod: Pod) => Pod[]][] = [
    ["no pod", /no pod of it runs, so what it keeps in claim ghost-blog-content cannot be read/, () => []],
    [
      "a pod that is not ready",
      /pod ghost-blog-5d4f-x is not ready/,
      (pod) => [{ ...pod, status: { phase: "Running" } }],
    ],
    [
      "a pod that is being ended",
      /pod ghost-blog-5d4f-x is being ended/,
      (pod) => [{ ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }],
    ],
    [
      "two pods on one claim",
      /2 pods have claim ghost-blog-content \(ghost-blog-5d4f-x, other\)/,
      (pod) => [pod, { ...pod, metadata: { name: "other" } }],
    ],
  ];
  for (const [what, said, change] of faults) {
    it(`is nothing where there is ${what}, in words`, async () => {
      const { claims, pods, workloads } = await stack();
      const changed = pods.flatMap((pod) => (pod.metadata.name.startsWith("ghost-blog") ? change(pod) : [pod]));
      const { missing } = keptClaims(workloads, changed, claims);
      expect(missing).to.have.length(1);
      expect(missing[0]).to.match(said);
    });
  }

  it("is nothing where a claim is not the stack's own", async () => {
    const { claims, pods, workloads } = await stack();
    const own = claims.filter(({ metadata }) => metadata.name !== "mailpit-mail");
    expect(keptClaims(workloads, pods, own).missing.join()).to.contain(
      "claim mailpit-mail has not the label of the stack",
    );
  });
});
