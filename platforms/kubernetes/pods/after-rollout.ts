/** Annotation of an object that must not be there before the workloads have been up once. The Pulumi engine knows by `dependsOn`. */
export const afterRollout = { "ghost-platform/apply": "after-rollout" };

/** Whether an object with this metadata carries the annotation. */
export function isAfterRollout(metadata: Record<string, unknown>): boolean {
  const annotations = metadata["annotations"] as Record<string, string> | undefined;
  return annotations?.["ghost-platform/apply"] === "after-rollout";
}
