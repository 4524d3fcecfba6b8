import * as pulumi from "@pulumi/pulumi";
import { ownerOf } from "../../config/owner";

/** The label that says of every object which stack has made it. What does not carry it is left alone. */
export const ownerLabel = "ghost-platform/stack";

/** Labels of every object of the stack that this program declares. */
export function ownedLabels(): Record<string, string> {
  return {
    "app.kubernetes.io/part-of": "ghost-platform",
    [ownerLabel]: ownerOf(pulumi.getProject(), pulumi.getStack()),
  };
}

/** The label that says of an object of the whole cluster for which namespace it is: stacks of one name may be in several. */
export const namespaceLabel = "ghost-platform/namespace";

/** Labels of an object of the whole cluster. */
export function clusterLabels(namespace: pulumi.Input<string>): Record<string, pulumi.Input<string>> {
  return { ...ownedLabels(), [namespaceLabel]: namespace };
}

/** Labels of an app's objects, the ones `kubectl get -l` and dashboards know. */
export function appLabels(app: string, instance: string): Record<string, string> {
  return { "app.kubernetes.io/name": app, "app.kubernetes.io/instance": instance, ...ownedLabels() };
}

/** Metadata of an app's object. */
export interface AppMetadata {
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
}
