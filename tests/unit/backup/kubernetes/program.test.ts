import { expect } from "chai";
import { usesIn, workingPod, type ClaimUse } from "../../../../backup/kubernetes/program";
import type { RawConfig } from "../../../../config/files/machine";
import { manifestsOf } from "../../../support/kubernetes";

describe("B1 a pod that works on a claim", () => {
  const use = async (claim: string, raw: RawConfig = {}): Promise<ClaimUse> => {
    const found = usesIn(await manifestsOf(raw)).get(claim);
    if (!found) {
      throw new Error(`nothing mounts ${claim}`);
    }
    return found;
  };
  const onClaim = { persistentVolumeClaim: { claimName: "c" } };

  it("is as restricted as the app's own, writes where that may, and has nothing of its secrets", async () => {
    for (const claim of ["data-mysql-0", "ghost-blog-content", "mailpit-mail"]) {
      const found = await use(claim);
      const pod = workingPod(found, onClaim, ["wait"]);
      expect(pod.securityContext).to.deep.equal(found.pod.securityContext);
      expect(pod.securityContext).to.include({ runAsNonRoot: true });
      const [container, ...others] = pod.containers;
      expect(others).to.deep.equal([]);
      expect(container?.securityContext).to.deep.equal({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(container?.resources).to.deep.equal(found.own.container.resources);
      expect(container?.command).to.deep.equal(["wait"]);
      expect(pod["automountServiceAccountToken"]).to.equal(false);
      expect(JSON.stringify(pod)).to.not.match(/secret|configMap|env/);
      expect(pod.initContainers).to.equal(undefined);
    }
    const places = workingPod(await use("data-mysql-0"), { emptyDir: {} }, []).containers[0]?.volumeMounts ?? [];
    expect(places.map(({ mountPath }) => mountPath)).to.have.members(["/var/lib/mysql", "/run/mysqld", "/tmp"]);
  });

  it("gives a volume that ignores fsGroup to the app's user first, without the app's ConfigMap", async () => {
    const found = await use("ghost-blog-content", {
      kubernetes: { podSecurity: "baseline" },
      sites: { blog: { storage: { volumePermissions: true } } },
    });
    const [init] = workingPod(found, onClaim, ["wait"]).initContainers ?? [];
    expect(init?.command?.slice(-2)).to.deep.equal(["/var/lib/ghost/content", "1000"]);
    expect(init?.volumeMounts?.map(({ name }) => name)).to.deep.equal(["content"]);
    expect(workingPod(found, onClaim, ["wait"], { readOnly: true }).initContainers).to.equal(undefined);
    expect(workingPod(found, { emptyDir: {} }, ["wait"]).initContainers).to.equal(undefined);
  });

  it("knows the claim of the first member of a set, and what has to be there before a claim", async () => {
    const set = await use("data-mysql-0", { mysql: { topology: "replicated" } });
    expect(set.manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([
      "Namespace ghost-test",
      "PersistentVolumeClaim data-mysql-0",
    ]);
    expect(set.own.keeps.kind).to.equal("mysql");
    const manual = await use("mailpit-mail", {
      kubernetes: { podSecurity: "baseline" },
      mailpit: { storage: { size: "1Gi", hostPath: "/srv/mail" } },
    });
    expect(manual.manifests.map(({ kind }) => kind)).to.have.members([
      "Namespace",
      "PersistentVolume",
      "PersistentVolumeClaim",
    ]);
  });
});
