import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { Ghost } from "../../../../components/ghost/kubernetes";
import type { RawConfig } from "../../../../config/files/machine";
import { imagePullJob } from "../../../../platforms/kubernetes/pods/image-pull";
import { collectProgram } from "../../../../render/collect";
import { kubernetesManifests, manifestFiles, type Manifest } from "../../../../render/kubernetes";
import { manifestsOf, object, type PodSpec } from "../../../support/kubernetes";

const jobOf = (manifests: readonly Manifest[]): Manifest => {
  const name = manifests.find(({ kind }) => kind === "Job")?.metadata.name ?? "";
  return object(manifests, "Job", name);
};
const podOf = (job: Manifest) =>
  (job["spec"] as { template: { metadata: { labels: Record<string, string> }; spec: PodSpec } }).template;
const imagesOf = (job: Manifest) => podOf(job).spec.containers.map(({ image }) => image);

describe("a Job that pulls images", () => {
  const own = { ghost: "registry.test/ghost:6", busybox: "registry.test/busybox:1" };

  it("G6 gets each image of the site once, does nothing with it, and goes", async () => {
    const job = jobOf(await manifestsOf({ images: own }));
    expect(imagesOf(job)).to.deep.equal([own.busybox, own.ghost]);
    expect(podOf(job).spec.containers.map(({ command }) => command)).to.deep.equal([["true"], ["true"]]);
    expect(podOf(job).spec.restartPolicy).to.equal("Never");
    expect(job["spec"]).to.have.property("ttlSecondsAfterFinished");
  });

  it("G6 gives up after as long as the stack says, and is another Job then: one that has gone cannot be changed", async () => {
    const slow = jobOf(await manifestsOf({ kubernetes: { imagePullSeconds: 900 } }));
    expect(slow["spec"]).to.include({ activeDeadlineSeconds: 900 });
    expect(slow.metadata.name).to.not.equal(jobOf(await manifestsOf()).metadata.name);
  });

  it("G8 is restricted like every pod", async () => {
    const { spec } = podOf(jobOf(await manifestsOf()));
    expect(spec.securityContext.runAsNonRoot).to.equal(true);
    for (const { resources, securityContext } of spec.containers) {
      expect(securityContext.readOnlyRootFilesystem).to.equal(true);
      expect(resources.limits).to.have.any.keys("memory");
    }
  });

  it("runs where the site's pod runs, and is not taken for it by the site's Service", async () => {
    const manifests = await manifestsOf();
    const { metadata, spec } = podOf(jobOf(manifests));
    const { selector } = object(manifests, "Service", "ghost-blog")["spec"] as { selector: Record<string, string> };
    expect(Object.entries(selector).every(([key, value]) => metadata.labels[key] === value)).to.equal(false);
    const [near] = spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution;
    expect(near?.podAffinityTerm.labelSelector.matchLabels).to.deep.equal(selector);
  });

  it("is another one for another image, and the same after any other change of the site", async () => {
    const name = async (raw: RawConfig) => jobOf(await manifestsOf(raw)).metadata.name;
    const first = await name({});
    expect(await name({ images: own })).to.not.equal(first);
    expect(await name({ sites: { blog: { settings: { some__setting: "1" } } } })).to.equal(first);
  });

  it("is left alone by pod presets, which would make it another one", async () => {
    const podPresets = [{ name: "all", selector: { matchLabels: {} }, env: [{ name: "A", value: "1" }] }];
    expect(jobOf(await manifestsOf({ kubernetes: { podPresets } })).metadata.name).to.equal(
      jobOf(await manifestsOf()).metadata.name,
    );
  });

  it("follows what a transform says of the registry and the node", async () => {
    const run = () => {
      const password = { name: "database", key: "password" };
      const database = { host: "db", port: 3306, username: "u", database: "d", password, authority: {} };
      const url = "http://blog.test";
      new Ghost("blog", {
        namespace: "press",
        images: own,
        database,
        url,
        transform: {
          deployment: ({ spec }) => {
            const pod = (spec as { template: { spec: PodSpec } }).template.spec;
            pod.imagePullSecrets = [{ name: "registry" }];
            pod.nodeSelector = { disk: "fast" };
            pod.containers.push({ ...pod.containers[0], name: "mine", image: "mine:1" } as PodSpec["containers"][0]);
          },
        },
      });
      return {};
    };
    const { resources } = await collectProgram({ project: "library", stack: "test", run });
    const job = jobOf(kubernetesManifests(resources));
    expect(podOf(job).spec).to.deep.include({
      imagePullSecrets: [{ name: "registry" }],
      nodeSelector: { disk: "fast" },
    });
    // Not one that may lack the program that does nothing.
    expect(imagesOf(job)).to.deep.equal([own.busybox, own.ghost]);
  });

  it("waits for nothing that the pod needs beside its images", async () => {
    const never = pulumi.output(new Promise<string>(() => undefined));
    const { spec } = imagePullJob(
      {
        name: "blog",
        namespace: "press",
        labels: { app: "blog" },
        user: 1000,
        seconds: 300,
        deployment: {
          spec: {
            selector: { matchLabels: { app: "blog" } },
            template: {
              spec: {
                containers: [{ name: "ghost", image: own.ghost, env: [{ name: "A", value: never }] }],
                volumes: [{ name: "content", persistentVolumeClaim: { claimName: never } }],
              },
            },
          },
        },
      },
      ["ghost"],
    ) as { spec: { template: pulumi.Output<{ spec: PodSpec }> } };
    const template = await new Promise<{ spec: PodSpec }>((resolve) => {
      spec.template.apply((known) => resolve(known));
    });
    expect(template.spec.containers.map(({ image }) => image)).to.deep.equal([own.ghost]);
  });

  it("A4 is rendered to a folder of its own, to be waited for before the others are applied", async () => {
    const folders = manifestFiles(await manifestsOf())
      .filter(({ path }) => path.includes("-job-"))
      .map(({ path }) => path.split("/")[0]);
    expect(folders).to.deep.equal(["manifests-before-deployment"]);
  });
});
