import { logForwarder } from "../../../components/ghost/log-forwarder";
import { scriptVolume } from "../../../platforms/kubernetes/pods/pod-scripts";
import { imageNames } from "../../../sandbox/images";
import type { Kubectl } from "./kubectl";

/** What the receiver runs: it prints what comes over HTTP, TCP and UDP. While it is told so (a file), it takes HTTP requests and never answers. */
const program = `
  const said = (how) => (data) => console.log(how, JSON.stringify(data.toString()));
  require("http").createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      if (require("fs").existsSync("/tmp/silent")) return;
      console.log("http", request.url, body);
      response.writeHead(204).end();
    });
  }).listen(3100);
  require("net").createServer((socket) => socket.on("data", said("tcp")).on("error", () => 0)).listen(5140);
  require("dgram").createSocket("udp4").on("message", said("udp")).bind(5140);
  process.on("SIGTERM", () => process.exit(0));`;

/** A collector in the namespace, as pod and Service \`receiver\`. */
export function receiver(namespace: string): object[] {
  const labels = { app: "receiver" };
  const port = (name: string, number: number, protocol = "TCP") => ({ name, port: number, protocol });
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "receiver", namespace },
      spec: { selector: labels, ports: [port("http", 3100), port("tcp", 5140), port("udp", 5140, "UDP")] },
    },
    pod("receiver", namespace, labels, {
      containers: [{ ...container("receiver", imageNames.ghost), command: ["node", "-e", program] }],
      volumes: [{ name: "tmp", emptyDir: {} }],
    }),
  ];
}

/** A log forwarder of Ghost's pod, beside a container that writes a line a second in Ghost's place. */
export function forwarderAlone(name: string, namespace: string, url: string): object[] {
  const { containers, scripts, volumes } = logForwarder({ "app.kubernetes.io/name": "ghost" }, imageNames, { url });
  const write = 'n=0; while :; do n=$((n + 1)); echo "line $n of $0" >>/var/log/ghost/access.log; sleep 1; done';
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: scripts },
    pod(
      name,
      namespace,
      { app: name },
      {
        initContainers: containers,
        containers: [{ ...container("writer", imageNames.busybox), command: ["sh", "-c", write, name] }],
        volumes: [{ name: "ghost-logs", emptyDir: {} }, { name: "tmp", emptyDir: {} }, scriptVolume(name), ...volumes],
      },
    ),
  ];
}

/** What the receiver has printed. */
export function received(kubectl: Kubectl): Promise<string> {
  return kubectl.run("logs", "receiver");
}

function pod(name: string, namespace: string, labels: Record<string, string>, spec: object): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...spec,
    },
  };
}

function container(name: string, image: string): object {
  return {
    name,
    image,
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...(name === "writer" ? [{ name: "ghost-logs", mountPath: "/var/log/ghost" }] : []),
    ],
  };
}
