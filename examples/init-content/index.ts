import { fetch, preparedContent } from "../../platforms/kubernetes/pods/init-containers";
import { podScripts, readPodScripts } from "../../platforms/kubernetes/pods/pod-scripts";
import { example } from "../example";
import { nginx, nginxUser, webRoot } from "../nginx";

/** An init container fetches the page that nginx serves, on a volume that the two share. */
export = example((place) => {
  const scripts = podScripts(place.children("web"), readPodScripts("fetch.sh"));
  const page = preparedContent("install", {
    image: place.config.require("busybox"),
    command: fetch(place.config.require("url"), "index.html"),
    mountPath: webRoot,
  });
  const server = nginx(place, "web", { volumeMounts: [page.mount] });
  place.deployment("web", {
    user: nginxUser,
    hashes: [scripts.hash, server.hash],
    spec: {
      initContainers: [page.initContainer],
      containers: [server.container],
      volumes: [scripts.volume, page.volume, ...server.volumes],
    },
  });
  place.service("web", { http: 80 });
  return { service: "web" };
});
