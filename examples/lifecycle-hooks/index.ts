import { execHandler, httpHandler, lifecycleHooks, sleepHandler } from "../../platforms/kubernetes/pods/lifecycle";
import { notifyingHooks } from "../../platforms/kubernetes/pods/notification";
import { podScripts, readPodScripts, scriptMount } from "../../platforms/kubernetes/pods/pod-scripts";
import { example } from "../example";
import { nginx, nginxUser } from "../nginx";

/** Every sort of hook, each on a Deployment of its own: a command, a request, a pause, and notifications to `monitor`. */
export = example((place) => {
  const scripts = podScripts(place.children("notifying"), readPodScripts("notify.sh"));
  const deploy = (name: string, more: Parameters<typeof nginx>[2]) => {
    const server = nginx(place, name, more);
    const volumes = [scripts.volume, ...server.volumes];
    const spec = { terminationGracePeriodSeconds: 30, containers: [server.container], volumes };
    place.deployment(name, { user: nginxUser, hashes: [server.hash, scripts.hash], spec });
  };

  deploy("monitor", { lifecycle: lifecycleHooks({ preStop: sleepHandler(1) }) });
  place.service("monitor", { http: 80 });

  deploy("exec", {
    lifecycle: lifecycleHooks({
      postStart: execHandler(["sh", "-c", "echo Hello from the postStart handler > /tmp/message"]),
      // While nodes cease to send requests. Then the kubelet sends the image's stop signal, which lets nginx finish those it has: a hook
      // that told it itself and waited for its end would end with it, and count as failed.
      preStop: execHandler(["sh", "-c", "echo stopping in 5 s > /proc/1/fd/1; sleep 5"]),
    }),
  });
  // After a start, a request to the container itself would come before nginx listens, and kill it: nobody tries again.
  deploy("http", { lifecycle: lifecycleHooks({ preStop: httpHandler({ path: "/notify/stopping", port: 8080 }) }) });
  const hooks = notifyingHooks({
    started: "http://monitor/notify/started",
    stopping: "http://monitor/notify/stopping",
  });
  deploy("notifying", { ...hooks, volumeMounts: [scriptMount] });
  return { monitor: "monitor" };
});
