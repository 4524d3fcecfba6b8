import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { quantityToBytes } from "../../config/values/quantity";
import { afterRollout } from "../../platforms/kubernetes/pods/after-rollout";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import { claimArgs, type NewClaim } from "../../platforms/kubernetes/storage/claim";
import type { MySqlArgs } from "./kubernetes";

/** What the members of a database on Kubernetes have in common, whether they replicate from a source or are a group. */

export const defaultStorage: NewClaim = { size: defaults.mysql.storage };

/** Host name of an object of the namespace. */
export function hostName(
  { namespace }: { namespace: pulumi.Input<string> },
  ...names: string[]
): pulumi.Output<string> {
  return pulumi.interpolate`${names.join(".")}.${namespace}.svc.cluster.local`;
}

/** A Secret with the password of who makes backups, for a person. */
export function backupSecret(children: KubernetesChildren, password: pulumi.Output<string>): void {
  children.make("secret", "backup", { metadata: children.metadata("backup"), stringData: { password } });
}

/** While nodes are emptied, one member goes at a time. */
export function disruptionBudget(children: KubernetesChildren): void {
  const selector = { matchLabels: children.labels };
  children.make("disruptionBudget", "", { metadata: children.metadata(""), spec: { maxUnavailable: 1, selector } });
}

/** What every set of members takes: each has a claim of its own, which the StatefulSet makes. */
export interface MemberArgs extends Omit<MySqlArgs, "storage"> {
  /** Size and class of the data volume of each member. Default 20Gi of the cluster's default class. */
  storage?: NewClaim;
}

/** What of a set's arguments shapes its StatefulSet. */
export interface MemberSetSettings {
  replicas?: number | undefined;
  startOrder?: "parallel" | "ordered" | undefined;
  storage?: NewClaim | undefined;
}

/** The StatefulSet of the members. */
export function memberSet(
  children: KubernetesChildren,
  { replicas = defaults.mysql.replicas, startOrder, storage = defaultStorage }: MemberSetSettings,
  parts: {
    members: pulumi.Input<string>;
    template: k8s.types.input.core.v1.PodTemplateSpec;
    after: pulumi.Resource;
    /** What selects its pods. Default: the app's labels. */
    selector?: Record<string, string>;
  },
): k8s.apps.v1.StatefulSet {
  const { labels } = children;
  return children.make(
    "statefulSet",
    "",
    {
      metadata: children.metadata(""),
      spec: {
        serviceName: parts.members,
        replicas,
        // A set whose source is lost needs its other members: those must not wait for the first.
        podManagementPolicy: startOrder === "ordered" ? "OrderedReady" : "Parallel",
        selector: { matchLabels: parts.selector ?? labels },
        template: parts.template,
        volumeClaimTemplates: [
          { metadata: { name: "data", labels }, spec: claimArgs(children.metadata("data"), storage).spec },
        ],
        // Kept when the set is scaled or replaced. Where nothing is to be kept, the namespace goes with all of them.
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      },
    },
    { dependsOn: [parts.after] },
  );
}

/** Made once the set has been up, and from then on: an empty source is no new set. Goes when the data goes. */
export function installedMark(
  children: KubernetesChildren,
  { retainData = true }: { retainData?: boolean | undefined },
  set: k8s.apps.v1.StatefulSet,
): void {
  const installed =
    "This set has been up. Without this object, a source with an empty volume makes a new, empty database.\n";
  children.make(
    "configMap",
    "installed",
    { metadata: { ...children.metadata("installed"), annotations: afterRollout }, data: { installed } },
    { retainOnDelete: retainData, dependsOn: [set] },
  );
}

/** What is known about the set outside its volumes: how many members it has, and what may be absent. A change restarts nothing. */
export function setFacts(name: string, configuration: pulumi.Input<string>): k8s.types.input.core.v1.Volume {
  const optional = [`${name}-installed`, `${name}-recovery`].map((configMap) => ({
    configMap: { name: configMap, optional: true },
  }));
  const members = { configMap: { name: configuration, items: [{ key: "members", path: "members" }] } };
  return { name: "set", projected: { sources: [members, ...optional] } };
}

/** An hour for recovery after a crash, and what a clone that replaces outdated data takes at 20 MiB a second. */
export function startupSeconds(size: string): number {
  return 3600 + Math.ceil(quantityToBytes(size) / (20 * 2 ** 20));
}
