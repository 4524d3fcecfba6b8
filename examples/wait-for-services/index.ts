import { scriptResources, waitForServices } from "../../platforms/kubernetes/pods/init-containers";
import { podScripts, readPodScripts } from "../../platforms/kubernetes/pods/pod-scripts";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { example } from "../example";
import { nginx, nginxUser } from "../nginx";

/** An app that starts when `myservice` answers and `mydb` accepts connections, in this order. All three are made at once. */
export = example((place) => {
  for (const name of ["myservice", "mydb"]) {
    const server = nginx(place, name);
    const spec = { containers: [server.container], volumes: server.volumes };
    place.deployment(name, { user: nginxUser, hashes: [server.hash], spec });
    place.service(name, { http: 80 });
  }
  const image = place.config.require("busybox");
  const scripts = podScripts(place.children("myapp"), readPodScripts("wait-for.sh"));
  const wait = (name: string, path?: string) =>
    waitForServices(`init-${name}`, { image, services: [{ host: name, port: 80, ...(path ? { path } : {}) }] });
  place.deployment("myapp", {
    user: 1000,
    hashes: [scripts.hash],
    spec: {
      initContainers: [wait("myservice", "/health"), wait("mydb")],
      containers: [
        {
          name: "myapp",
          image,
          // PID 1 gets no signal that it does not ask for.
          command: ["sh", "-c", "trap exit TERM; echo The app is running!; while :; do sleep 3600 & wait; done"],
          securityContext: restrictedContainer,
          resources: scriptResources,
        },
      ],
      volumes: [scripts.volume],
    },
  });
  return { app: "myapp" };
});
