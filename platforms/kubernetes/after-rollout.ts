/** Annotation of an object that must not be there before the workloads have been up once. The Pulumi engine knows by `dependsOn`. */
export const afterRollout = { "ghost-platform/apply": "after-rollout" };

/** Whether an object carries the annotation. */
export function isAfterRollout(annotations: Record<string, string> | undefined): boolean {
  return annotations?.["ghost-platform/apply"] === "after-rollout";
}
