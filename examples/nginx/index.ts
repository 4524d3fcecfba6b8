import * as path from "node:path";
import type { types } from "@pulumi/kubernetes";
import { configMap } from "../../platforms/kubernetes/files/config-map";
import { httpProbe } from "../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import type { Place } from "../example";

type Container = types.input.core.v1.Container;

/** The image's user `nginx`. */
export const nginxUser = 101;
/** Where nginx looks for its pages. */
export const webRoot = "/usr/share/nginx/html";

/** nginx in a pod that gives it no privileges. */
export interface Nginx {
  container: Container;
  volumes: types.input.core.v1.Volume[];
  /** Changes with its configuration. */
  hash: string;
}

/**
 * An nginx that serves pages of `webRoot` on port 8080, which is called `http`, and takes notifications of others below `/notify/`,
 * which it logs. The official image, and any with nginx at its place.
 *
 * @param more what the container has beside
 */
export function nginx(place: Place, name: string, more: Partial<Container> = {}): Nginx {
  const files = [path.join(__dirname, "nginx.conf")];
  const configuration = configMap(place.metadata(`${name}-nginx`), { files }, place.options);
  const mounts = (more.volumeMounts ?? []) as types.input.core.v1.VolumeMount[];
  return {
    container: {
      name,
      image: place.config.require("nginx"),
      // Not the image's entry point, which wants to change files.
      command: ["nginx", "-e", "stderr", "-g", "daemon off;"],
      ports: [{ name: "http", containerPort: 8080 }],
      readinessProbe: httpProbe({ path: "/health", port: 8080 }, { period: 2 }),
      livenessProbe: httpProbe({ path: "/health", port: 8080 }, { period: 20 }),
      resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
      securityContext: restrictedContainer,
      ...more,
      volumeMounts: [
        { name: "nginx", mountPath: "/etc/nginx/nginx.conf", subPath: "nginx.conf", readOnly: true },
        { name: "tmp", mountPath: "/tmp" },
        ...mounts,
      ],
    },
    volumes: [
      { name: "nginx", configMap: { name: configuration.name } },
      { name: "tmp", emptyDir: {} },
    ],
    hash: configuration.hash,
  };
}
