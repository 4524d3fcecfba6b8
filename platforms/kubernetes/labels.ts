/** Labels of an app's objects, the ones `kubectl get -l` and dashboards know. */
export function appLabels(app: string, instance: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/part-of": "ghost-platform",
  };
}
