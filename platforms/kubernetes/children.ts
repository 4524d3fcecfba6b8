import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { Children, type ObjectIdentity, type Transforms } from "../children";
import { after, isLater, mapped, whole } from "../later";
import { appLabels, type AppMetadata } from "./labels";

/** What components on Kubernetes make, by what `transform` calls it. */
const kinds = {
  /** An authority of a server's own, what it has signed, and what for: values in the engine's state. */
  authority: tls.SelfSignedCert,
  certificate: tls.LocallySignedCert,
  claim: k8s.core.v1.PersistentVolumeClaim,
  configMap: k8s.core.v1.ConfigMap,
  cronJob: k8s.batch.v1.CronJob,
  deployment: k8s.apps.v1.Deployment,
  disruptionBudget: k8s.policy.v1.PodDisruptionBudget,
  /** Of the Gateway API. */
  httpRoute: k8s.apiextensions.CustomResource,
  /** Has a site's images pulled before its pod is replaced. */
  imagePull: k8s.batch.v1.Job,
  ingress: k8s.networking.v1.Ingress,
  key: tls.PrivateKey,
  networkPolicy: k8s.networking.v1.NetworkPolicy,
  /** A random value in the engine's state, of which Secrets are made. */
  password: random.RandomPassword,
  /** Of the Prometheus operator, as the two others are. */
  probe: k8s.apiextensions.CustomResource,
  prometheusRule: k8s.apiextensions.CustomResource,
  request: tls.CertRequest,
  role: k8s.rbac.v1.Role,
  roleBinding: k8s.rbac.v1.RoleBinding,
  secret: k8s.core.v1.Secret,
  service: k8s.core.v1.Service,
  serviceAccount: k8s.core.v1.ServiceAccount,
  serviceMonitor: k8s.apiextensions.CustomResource,
  statefulSet: k8s.apps.v1.StatefulSet,
  volume: k8s.core.v1.PersistentVolume,
} as const;

type KubernetesKinds = typeof kinds;

/** What the cluster calls them. */
const kubernetesKind = {
  claim: "PersistentVolumeClaim",
  configMap: "ConfigMap",
  cronJob: "CronJob",
  deployment: "Deployment",
  disruptionBudget: "PodDisruptionBudget",
  httpRoute: "HTTPRoute",
  imagePull: "Job",
  ingress: "Ingress",
  networkPolicy: "NetworkPolicy",
  probe: "Probe",
  prometheusRule: "PrometheusRule",
  role: "Role",
  roleBinding: "RoleBinding",
  secret: "Secret",
  service: "Service",
  serviceAccount: "ServiceAccount",
  serviceMonitor: "ServiceMonitor",
  statefulSet: "StatefulSet",
  volume: "PersistentVolume",
} as const satisfies Partial<Record<keyof KubernetesKinds, string>>;

/** Adjusts children of a component on Kubernetes, by their kind. */
export type KubernetesTransforms = Transforms<KubernetesKinds>;

/** What every component on Kubernetes takes. */
export interface KubernetesComponentArgs {
  /** Namespace of every object. */
  namespace: pulumi.Input<string>;
  /** What its objects are called: `<name>` and `<name>-<role>`. Default: the component's name. */
  name?: string | undefined;
  /** Adjusts a child resource before it is registered. */
  transform?: KubernetesTransforms | undefined;
}

/** Children of a component on Kubernetes, all in one namespace and with the labels of one app. */
export class KubernetesChildren extends Children<KubernetesKinds> {
  readonly labels: Record<string, string>;
  private readonly namespace: pulumi.Input<string>;

  /**
   * @param app for the label by which tools know it
   * @param options their parent, or their provider
   */
  constructor(
    app: string,
    name: string,
    { name: objectName = name, namespace, transform }: KubernetesComponentArgs,
    options: pulumi.CustomResourceOptions,
  ) {
    super({ kinds, package: "kubernetes", options, transform, identity }, name, objectName);
    this.labels = appLabels(app, objectName);
    this.namespace = namespace;
  }

  /** Metadata of the object of a role. */
  metadata(role: string): AppMetadata {
    return { name: this.objectOf(role), namespace: this.namespace, labels: { ...this.labels } };
  }
}

type Metadata = k8s.types.input.meta.v1.ObjectMeta;

function identity(
  kind: keyof KubernetesKinds,
  args: { metadata?: pulumi.Input<Metadata> },
): ObjectIdentity | undefined {
  if (!(kind in kubernetesKind)) {
    return undefined;
  }
  const called = kubernetesKind[kind as keyof typeof kubernetesKind];
  const { metadata = {} } = args;
  const describe = ({ name, namespace }: { name?: string; namespace?: string }) =>
    `${called} ${name ?? ""}${namespace === undefined ? "" : ` in namespace ${namespace}`}`;
  if (isLater(metadata)) {
    return { of: pulumi.output(metadata).apply(describe), wait: (until) => (args.metadata = after(until, metadata)) };
  }
  const plain = metadata as Metadata;
  const { name, namespace } = plain;
  return {
    of: mapped(whole({ name, namespace }), {}, describe),
    wait: (until) => {
      // The rest stays as it is: what is not known yet would hide it in a preview.
      const key = isLater(name) ? "name" : "namespace";
      args.metadata = { ...plain, [key]: after(until, plain[key]) };
    },
  };
}
