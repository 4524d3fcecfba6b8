import type * as k8s from "@pulumi/kubernetes";
import { appLabels } from "../../../platforms/kubernetes/labels";
import type { KubernetesChildren } from "../../../platforms/kubernetes/children";
import { configuration } from "../../../platforms/kubernetes/files/configuration";
import { clientLabel, networkPolicyArgs, toNames, toPods } from "../../../platforms/kubernetes/network/network-policy";
import {
  containerResources,
  forHelpers,
  onSeveralNodes,
  podTemplate,
  type PodSettings,
} from "../../../platforms/kubernetes/pods/pod";
import { httpProbe } from "../../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../../platforms/kubernetes/pods/security";
import { serviceArgs } from "../../../platforms/kubernetes/network/service";
import type * as pulumi from "@pulumi/pulumi";
import { clusterNetwork, type NetworkPolicyChoice } from "../../network-policy";
import { mysqlPort } from "../server-options";
import { haproxyConfig, healthPort } from "./haproxy";
import { proxies, proxyCommand, proxyConfigFolder, proxyConfigName, proxyMemory, proxyRole, proxyUser } from "./proxy";

export interface PrimaryProxyArgs extends NetworkPolicyChoice {
  /** HAProxy 3.2, the official image or one with the same program. */
  image: pulumi.Input<string>;
  /** Names of the members' pods, and the headless Service that knows them. */
  members: readonly string[];
  /** What is said of the server's pods. */
  pod?: PodSettings | undefined;
}

/** Labels of the proxy's pods. */
export function proxyLabels({ objectName }: KubernetesChildren): Record<string, string> {
  return appLabels("mysql-proxy", `${objectName}-${proxyRole}`);
}

/**
 * The way to whoever is the group's primary: the Service `<name>-primary`, and behind it two proxies that ask the members themselves. A proxy is
 * ready while there is a primary.
 */
export function primaryProxy(
  children: KubernetesChildren,
  { image, members, networkPolicy, pod }: PrimaryProxyArgs,
): k8s.core.v1.Service {
  const labels = proxyLabels(children);
  const metadata = { ...children.metadata(proxyRole), labels };
  const hosts = members.map(
    (member) => [member, `${member}.${children.objectName}.\${NAMESPACE}.svc.cluster.local`] as const,
  );
  const files = configuration(children, proxyRole, { [proxyConfigName]: haproxyConfig(Object.fromEntries(hosts)) });
  const template = podTemplate(
    labels,
    proxyUser,
    files.hash(),
    {
      // Sessions end when it is told to stop: their clients connect anew, to the other one.
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: "haproxy",
          image,
          command: proxyCommand,
          env: [{ name: "NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } }],
          securityContext: restrictedContainer,
          ports: [
            { name: "mysql", containerPort: mysqlPort },
            { name: "health", containerPort: healthPort },
          ],
          readinessProbe: httpProbe({ path: "/ready", port: healthPort }, { period: 2, timeout: 2, failures: 8 }),
          livenessProbe: httpProbe({ path: "/alive", port: healthPort }, { period: 5, timeout: 3 }),
          volumeMounts: [{ name: "configuration", mountPath: proxyConfigFolder, readOnly: true }],
          resources: containerResources({ cpu: "20m", memory: "64Mi" }, proxyMemory),
        },
      ],
      volumes: [{ name: "configuration", configMap: { name: files.name } }],
    },
    { ...forHelpers(pod), topologySpreadConstraints: pod?.topologySpreadConstraints ?? [onSeveralNodes] },
  );
  children.make("deployment", proxyRole, {
    metadata,
    spec: {
      replicas: proxies,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
      template,
    },
  });
  children.make("disruptionBudget", proxyRole, {
    metadata,
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  });
  if (networkPolicy !== false) {
    const { nameService } = clusterNetwork(networkPolicy);
    const opens = [...toNames(nameService), toPods(mysqlPort, [children.labels])];
    const takes = [{ port: mysqlPort, pods: [clientLabel(children.objectName)] }];
    children.make("networkPolicy", proxyRole, networkPolicyArgs(metadata, labels, { takes, opens }));
  }
  return children.make("service", proxyRole, serviceArgs(metadata, labels, { mysql: mysqlPort }));
}
