import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { KubernetesChildren } from "../platforms/kubernetes/children";
import { clusterProvider, stackNamespace } from "../platforms/kubernetes/cluster";
import { guardObjects } from "../platforms/kubernetes/guard";
import { contentHash } from "../platforms/content-hash";
import { mapped, whole } from "../platforms/later";
import { rollingDeployment } from "../platforms/kubernetes/pods/deployment";
import { appLabels } from "../platforms/kubernetes/labels";
import type { OwnPodSpec } from "../platforms/kubernetes/pods/further-parts";
import { podTemplate } from "../platforms/kubernetes/pods/pod";
import { serviceArgs } from "../platforms/kubernetes/network/service";

/** A Deployment of an example. */
export interface ExampleDeployment {
  /** Default 1. */
  replicas?: number;
  /** Its pods' user. */
  user: number;
  /** Labels of the pods beside those that name the app. */
  labels?: Record<string, string>;
  /** Hashes of what the pods mount and read at their start. Default: none. */
  hashes?: pulumi.Input<string>[];
  spec: Omit<OwnPodSpec, "securityContext">;
}

/** Where an example runs: a namespace of its own, in the cluster that its configuration names. */
export class Place {
  readonly config = new pulumi.Config();
  readonly namespace: pulumi.Output<string>;
  readonly options: { provider: k8s.Provider };

  constructor(guarded: boolean) {
    const kubeconfig = this.config.get("kubeconfig");
    const cluster = { context: this.config.require("context"), ...(kubeconfig ? { kubeconfig } : {}) };
    const provider = clusterProvider("cluster", cluster);
    const namespace = this.config.get("namespace") ?? pulumi.getProject();
    if (guarded) {
      guardObjects(cluster, namespace);
    }
    this.options = { provider };
    this.namespace = stackNamespace({ namespace, podSecurity: "restricted" }, false, this.options).metadata.name;
  }

  /** Makes the objects of an app of this name. */
  children(name: string): KubernetesChildren {
    return new KubernetesChildren(name, name, { namespace: this.namespace }, this.options);
  }

  /** Metadata of an object that belongs to an app of this name. */
  metadata(name: string) {
    return { name, namespace: this.namespace, labels: appLabels(name, name) };
  }

  /** A Deployment that is updated pod by pod, under the restricted Pod Security Standard. */
  deployment(name: string, { hashes = [], labels, replicas = 1, spec, user }: ExampleDeployment): void {
    const metadata = this.metadata(name);
    const hash = mapped(whole(hashes), [], (known: string[]) => contentHash(...known));
    const template = podTemplate({ ...metadata.labels, ...labels }, user, hash, spec);
    new k8s.apps.v1.Deployment(name, rollingDeployment(metadata, metadata.labels, replicas, template), this.options);
  }

  /** A Service in front of the pods of an app; the ports are those that its containers give these names. */
  service(name: string, ports: Record<string, number>): void {
    const metadata = this.metadata(name);
    new k8s.core.v1.Service(name, serviceArgs(metadata, metadata.labels, ports), this.options);
  }
}

/** What is run of an example. Pulumi gives it nothing. */
export type RunnableExample = (how?: {
  /** Whether the engine looks at what is there before it makes something; see `guardObjects`. Default true. */
  guarded?: boolean;
}) => Record<string, pulumi.Input<string>>;

/** What Pulumi runs of an example. */
export function example(program: (place: Place) => Record<string, pulumi.Input<string>>): RunnableExample {
  return ({ guarded = true } = {}) => program(new Place(guarded));
}
