import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import {
  exampleConfig,
  exampleImages,
  exampleProgram,
  exampleProject,
  exampleProjects,
} from "../../../examples/example-project";
import { defaultImages } from "../../../config/images";
import { UserError } from "../../../errors";
import { collectProgram } from "../../../render/collect";
import { kubernetesManifests, type Manifest } from "../../../render/kubernetes";
import { container, object, podSpecs } from "../../support/kubernetes";

const rendered = async (name: string, settings: Record<string, string> = {}): Promise<Manifest[]> => {
  const program = exampleProgram(exampleProject(name), `example-${name}`, { context: "test", ...settings });
  return kubernetesManifests((await collectProgram(program)).resources);
};

describe("the examples", () => {
  for (const { directory, keys, name } of exampleProjects()) {
    it(`${name} is short, in a namespace of its own, and every container in it is restricted`, async () => {
      const source = fs.readFileSync(path.join(directory, "index.ts"), "utf8");
      expect(source.split("\n").length).to.be.lessThan(60);
      const manifests = await rendered(name);
      expect(object(manifests, "Namespace", name).metadata["labels"]).to.include({
        "pod-security.kubernetes.io/enforce": "restricted",
      });
      for (const pod of Object.values(podSpecs(manifests))) {
        expect(pod.securityContext.runAsNonRoot).to.equal(true);
        for (const { name: containerName, resources, securityContext } of [
          ...(pod.initContainers ?? []),
          ...pod.containers,
        ]) {
          expect(securityContext, containerName).to.deep.include({ readOnlyRootFilesystem: true });
          expect(resources.limits, containerName).to.have.any.keys("memory");
        }
      }
      const images = Object.entries(defaultImages).filter(([key]) => key in keys);
      expect(images).to.not.be.empty;
      expect(images.map(([key]) => keys[key]?.default)).to.deep.equal(images.map(([, image]) => image));
    });
  }

  it("P6 web-app is the lab's Deployment: three pods, told when they start and stop, never fewer", async () => {
    const manifests = await rendered("web-app");
    const { replicas, strategy } = object(manifests, "Deployment", "web-app")["spec"] as {
      replicas: number;
      strategy: object;
    };
    expect(replicas).to.equal(3);
    expect(strategy).to.deep.equal({ type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    const pod = podSpecs(manifests)["web-app"];
    const { lifecycle } = container(pod as NonNullable<typeof pod>, "web-app");
    const notify = (...args: string[]) => ["sh", "/scripts/notify.sh", ...args];
    expect(lifecycle.postStart.exec.command).to.deep.equal(notify("started", "http://monitor/notify/startup", "0"));
    expect(lifecycle.preStop.exec.command).to.deep.equal(notify("stopping", "http://monitor/notify/prestop", "10"));
    expect(pod?.terminationGracePeriodSeconds).to.equal(40);
  });

  it("P4 config-maps changes its pods with the content of each ConfigMap, and with nothing else", async () => {
    const hash = async (settings: Record<string, string>) => {
      const { template } = object(await rendered("config-maps", settings), "Deployment", "web")["spec"] as {
        template: { metadata: { annotations: Record<string, string> } };
      };
      return template.metadata.annotations["ghost-platform/configuration"];
    };
    const first = await hash({});
    expect(await hash({ namespace: "elsewhere" })).to.equal(first);
    expect(await hash({ how: "charm" })).to.not.equal(first);
  });

  it("name the images that they run, so that missing ones can be built", () => {
    const images = exampleImages(exampleProject("wait-for-services"), { busybox: "registry.test/busybox:1" });
    expect(images).to.deep.include({ name: "busybox", reference: "registry.test/busybox:1" });
    expect(exampleImages(exampleProject("web-app"), {})).to.deep.equal([
      { name: "nginx", reference: defaultImages.nginx },
    ]);
  });

  it("A3 refuse a setting they do not have, and name the examples there are", () => {
    expect(() => exampleConfig(exampleProject("web-app"), { replica: "5" }))
      .to.throw(UserError)
      .with.property("message")
      .that.contains("replica: unknown. Allowed here: context, nginx, release, kubeconfig, namespace");
    expect(() => exampleProject("webapp"))
      .to.throw('There is no example "webapp"')
      .with.property("message")
      .that.contains("web-app");
  });

  it("A3 a mistake in an example is told without a stack trace", async () => {
    const failure = await rendered("config-maps", { folder: "none" }).catch((error: unknown) => error);
    expect(String(failure)).to.match(/none: does not exist/);
  });
});
