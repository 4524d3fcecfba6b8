/** Pods that go wrong in one way each, as part of a stack: `npm run ops -- diagnose` must say which. */
export function brokenPods(namespace: string, image: string): object[] {
  const claim = { name: "data", persistentVolumeClaim: { claimName: "broken-claim" } };
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: metadata("broken-claim", namespace),
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "nowhere",
        resources: { requests: { storage: "1Mi" } },
      },
    },
    pod("broken-claim", namespace, image, "sleep 600", [claim]),
    pod("broken-crash", namespace, image, "echo ERROR cannot open the file; exit 7"),
    pod("broken-memory", namespace, image, 'x=xxxxxxxxxxxxxxxx; while :; do x="$x$x"; done'),
  ];
}

function pod(name: string, namespace: string, image: string, script: string, volumes: object[] = []): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata(name, namespace),
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "main",
          image,
          command: ["sh", "-c", script],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          resources: { limits: { memory: "16Mi" } },
          volumeMounts: volumes.map(() => ({ name: "data", mountPath: "/data" })),
        },
      ],
      volumes,
    },
  };
}

function metadata(name: string, namespace: string): object {
  return {
    name,
    namespace,
    labels: {
      "app.kubernetes.io/name": "broken",
      "app.kubernetes.io/instance": name,
      "app.kubernetes.io/part-of": "ghost-platform",
    },
  };
}
