import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import * as kubernetes from "../../../components/kubernetes";
import type { OwnApp } from "../../../components/own-app";
import * as swarm from "../../../components/swarm";

const settings = z.strictObject({ image: z.string() });
type Settings = z.output<typeof settings>;

const command = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"];
const memory = "16Mi";
const folder = "/notes";

/** A volume, and a shell that has it. The smallest app whose data are worth a backup: it starts in a moment. */
export const app: OwnApp<Settings> = {
  settings,
  deploy: {
    swarm: (_name, { image }, context) => new NotesOnSwarm(image, context),
    kubernetes: (_name, { image }, context) => [new NotesOnKubernetes(image, context).kept],
  },
  declare: (name, { image }) => ({
    images: () => [{ name, key: ["apps", name, "settings", "image"], reference: image }],
  }),
};

class NotesOnSwarm extends pulumi.ComponentResource {
  constructor(image: string, { componentName, options, retainData, stack }: swarm.OwnAppOnSwarm) {
    super("ghost-platform-tests:swarm:Notes", componentName, {}, options);
    const children = new swarm.SwarmChildren(componentName, { stack }, { parent: this });
    const args = swarm.serviceArgs(stack, children.objectName, {
      image,
      command,
      user: 0,
      memory,
      networks: ["backend"],
      mounts: [swarm.volumeMount(swarm.namedVolume(stack, children, "data", {}, retainData), folder)],
      healthcheck: { command: ["true"], interval: "5s", timeout: "5s", retries: 3, startPeriod: "1m" },
    });
    children.make("service", "", args);
    this.registerOutputs({});
  }
}

class NotesOnKubernetes extends pulumi.ComponentResource {
  readonly kept: kubernetes.KeptClaim;

  constructor(image: string, context: kubernetes.OwnAppOnKubernetes) {
    const { componentName, options, retainData } = context;
    super("ghost-platform-tests:kubernetes:Notes", componentName, {}, options);
    const children = new kubernetes.KubernetesChildren(componentName, componentName, context, { parent: this });
    const { labels, objectName } = children;
    const storage = { size: "64Mi" };
    const { name: claim } = kubernetes.dataClaim(children, "data", storage, { retain: retainData });
    const container = {
      name: "notes",
      image,
      command,
      securityContext: kubernetes.restrictedContainer,
      resources: kubernetes.containerResources({ cpu: "10m", memory }, memory),
      volumeMounts: [{ name: "data", mountPath: folder }],
    };
    children.make("deployment", "", {
      metadata: children.metadata(""),
      spec: {
        strategy: { type: "Recreate" },
        selector: { matchLabels: labels },
        template: kubernetes.podTemplate(labels, 1000, "", {
          containers: [container],
          volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }],
        }),
      },
    });
    kubernetes.networkPolicy(children, context, { takes: [], opens: [] });
    this.kept = { workload: objectName, claim, labels, storage, image, target: folder };
    this.registerOutputs({});
  }
}
