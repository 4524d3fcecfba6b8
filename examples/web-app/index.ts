import * as k8s from "@pulumi/kubernetes";
import { notifyingHooks } from "../../platforms/kubernetes/pods/notification";
import { podScripts, readPodScripts, scriptMount } from "../../platforms/kubernetes/pods/pod-scripts";
import { httpProbe } from "../../platforms/kubernetes/pods/probes";
import { example } from "../example";
import { nginx, nginxUser } from "../nginx";

/** Seconds from a pod's deletion until it is killed: the pause, and what requests in flight may take. */
const gracePeriod = 40;

/** Three pods of a web app. Each tells `monitor` that it starts and that it stops, and is replaced without a lost request. */
export = example((place) => {
  const monitor = nginx(place, "monitor");
  const monitorSpec = { containers: [monitor.container], volumes: monitor.volumes };
  place.deployment("monitor", { user: nginxUser, hashes: [monitor.hash], spec: monitorSpec });
  place.service("monitor", { http: 80 });

  const scripts = podScripts(place.children("web-app"), readPodScripts("notify.sh"));
  const hooks = notifyingHooks({
    started: "http://monitor/notify/startup",
    stopping: "http://monitor/notify/prestop",
    pause: 10,
    gracePeriod,
  });
  const server = nginx(place, "web-app", {
    lifecycle: hooks.lifecycle,
    env: [...hooks.env, { name: "RELEASE", value: place.config.require("release") }],
    startupProbe: httpProbe({ path: "/health", port: 8080 }, { period: 1, failures: 60 }),
    volumeMounts: [scriptMount],
  });
  place.deployment("web-app", {
    replicas: 3,
    user: nginxUser,
    hashes: [scripts.hash, server.hash],
    spec: {
      terminationGracePeriodSeconds: gracePeriod,
      containers: [server.container],
      volumes: [scripts.volume, ...server.volumes],
    },
  });
  place.service("web-app", { http: 80 });
  // A drained node gives up one of the three at a time.
  const metadata = place.metadata("web-app");
  const spec = { maxUnavailable: 1, selector: { matchLabels: metadata.labels } };
  new k8s.policy.v1.PodDisruptionBudget("web-app", { metadata, spec }, place.options);
  return { service: "web-app" };
});
