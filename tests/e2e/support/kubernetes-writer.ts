import { imageNames } from "../../../sandbox/images";
import type { Kubectl, Pod } from "./kubectl";
import { until } from "./until";
import type { WriterPlace } from "./writer";

const name = "writer";

/**
 * A writer as a pod in the namespace of the database.
 *
 * @param secret Secret with the password of the database's user
 * @param service that leads to who takes writes
 */
export function podWriter(kubectl: Kubectl, secret: string, service = "mysql-source"): WriterPlace {
  return {
    host: `${service}.${kubectl.namespace}.svc.cluster.local`,
    run: (program, environment) =>
      kubectl.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: kubectl.namespace },
        spec: {
          terminationGracePeriodSeconds: 5,
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 999,
            fsGroup: 999,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name,
              image: imageNames.mysql,
              command: ["bash", "-c", program],
              env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              volumeMounts: [{ name: "secret", mountPath: "/secret" }],
            },
          ],
          volumes: [{ name: "secret", secret: { secretName: secret, defaultMode: 0o440 } }],
        },
      }),
    log: () => kubectl.run("logs", name),
    remove: async () => {
      await kubectl.run("delete", "pod", name, "--ignore-not-found", "--wait=true");
      await until("the writer to go", 30, async () => {
        const { items } = await kubectl.get<{ items: Pod[] }>("pods");
        return !items.some(({ metadata }) => metadata.name === name);
      });
    },
  };
}
