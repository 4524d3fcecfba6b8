const appLabel = "app.kubernetes.io/name";

/** The label that every pod of an app has, whatever its instance. */
export function anyInstance(app: string): Record<string, string> {
  return { [appLabel]: app };
}

/** Labels of an app's objects, the ones `kubectl get -l` and dashboards know. */
export function appLabels(app: string, instance: string): Record<string, string> {
  return {
    ...anyInstance(app),
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/part-of": "ghost-platform",
  };
}
