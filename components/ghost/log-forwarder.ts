import * as path from "node:path";
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { environmentOf } from "../../platforms/kubernetes/pods/environment";
import { scriptMount } from "../../platforms/kubernetes/pods/pod-scripts";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { sidecar } from "../../platforms/kubernetes/pods/sidecar";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import { logFile, logPath } from "./settings";

/** What becomes of Ghost's access log beside Ghost's own output. */
export interface LogForwarderSettings {
  /** Default true. */
  enabled?: boolean;
  /**
   * Sends the lines there, too: to a collector that takes JSON lines (`http://vector.logs:8080/`), to Loki (`loki+http://loki.logs:3100`), or
   * as syslog of RFC 5424 (`syslog+tcp://host:514`, `syslog+udp://host:514`). Each arrives once; again where a collector takes it and does not say so
   * in time, and not where a connection breaks with syslog, which nobody acknowledges.
   */
  url?: string | undefined;
}

/** The sidecar, and the scripts that it needs. */
export interface LogForwarder {
  containers: types.input.core.v1.Container[];
  /** For the pod's volumes. */
  volumes: types.input.core.v1.Volume[];
  /** By file name. */
  scripts: Record<string, string>;
}

/**
 * The sidecar that follows the access log. It shares Ghost's logs and nothing else, and those read-only; at its limits it is slowed down or
 * ended, and Ghost is not. Without a destination busybox prints the lines; with one, the Node.js of Ghost's image prints and sends them.
 *
 * @param labels of the pod; Loki gets those that tell the app and the site
 */
export function logForwarder(
  labels: Record<string, string>,
  images: { busybox: pulumi.Input<string>; ghost: pulumi.Input<string> },
  { enabled = true, url }: LogForwarderSettings = {},
): LogForwarder {
  if (!enabled) {
    return { containers: [], volumes: [], scripts: {} };
  }
  const script = url ? "forward-logs.js" : "forward-logs.sh";
  // Holds short notes, of how far it has come.
  const state = { name: "log-forwarder", mountPath: "/var/lib/log-forwarder" };
  const container = {
    name: "log-forwarder",
    securityContext: restrictedContainer,
    volumeMounts: [{ name: "ghost-logs", mountPath: logPath, readOnly: true }, scriptMount, state],
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "100m", memory: "128Mi" } },
  };
  const env = environmentOf({ LOG_FILE: logFile, STATE_DIRECTORY: state.mountPath });
  return {
    containers: [
      sidecar(
        url
          ? {
              ...container,
              image: images.ghost,
              // 56 MB resident with a backlog to send, as measured; what it holds itself is bounded here.
              command: ["node", "--max-old-space-size=24", `${scriptDirectory}/${script}`],
              env: [
                ...env,
                ...environmentOf({ FORWARD_URL: url }),
                { name: "NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
                { name: "LABELS", value: JSON.stringify(lokiLabels(labels)) },
              ],
            }
          : {
              ...container,
              image: images.busybox,
              command: ["sh", `${scriptDirectory}/${script}`],
              env,
            },
      ),
    ],
    volumes: [{ name: state.name, emptyDir: { sizeLimit: "1Mi" } }],
    scripts: readScripts(path.join(__dirname, "scripts"), [script]),
  };
}

/** The labels of a log stream: few, and the same for as long as the site is there. */
function lokiLabels(labels: Record<string, string>): Record<string, string> {
  return {
    app: labels["app.kubernetes.io/name"] ?? "",
    instance: labels["app.kubernetes.io/instance"] ?? "",
    namespace: "$(NAMESPACE)",
  };
}
