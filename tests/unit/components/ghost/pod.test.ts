import { expect } from "chai";
import { parseStackConfig } from "../../../../config/parse";
import {
  execHandler,
  httpHandler,
  lifecycleHooks,
  sleepHandler,
} from "../../../../platforms/kubernetes/pods/lifecycle";
import { container, manifestsOf, object, podSpecs, type PodSpec } from "../../../support/kubernetes";
import { refusal } from "../../../support/refusal";

async function ghostPod(site: Record<string, unknown> = {}, kubernetes: Record<string, unknown> = {}) {
  const manifests = await manifestsOf({ kubernetes, sites: { blog: site } });
  return { manifests, pod: podSpecs(manifests)["ghost-blog"] as PodSpec };
}

describe("the pod of a Ghost site", () => {
  let pod: PodSpec;
  before(async () => {
    ({ pod } = await ghostPod());
  });

  it("G3 forwards Ghost's log in a native sidecar that can write its own notes and share nothing else", () => {
    const sidecar = pod.initContainers?.[2] as { name: string; restartPolicy?: string };
    expect(sidecar).to.include({ name: "log-forwarder", restartPolicy: "Always" });
    const { env, image, resources, volumeMounts } = container(pod, "log-forwarder");
    expect(image).to.contain("busybox");
    expect(resources).to.deep.equal({
      requests: { cpu: "50m", memory: "64Mi" },
      limits: { cpu: "100m", memory: "128Mi" },
    });
    expect(env).to.deep.equal([
      { name: "LOG_FILE", value: "/var/log/ghost/access.log" },
      { name: "STATE_DIRECTORY", value: "/var/lib/log-forwarder" },
    ]);
    expect(volumeMounts.map(({ name }) => name)).to.deep.equal(["ghost-logs", "scripts", "log-forwarder"]);
    expect(volumeMounts[0]).to.include({ mountPath: "/var/log/ghost", readOnly: true });
    expect(container(pod, "ghost").volumeMounts).to.deep.include({ name: "ghost-logs", mountPath: "/var/log/ghost" });
  });

  it("G3 sends the lines to an address with the Node.js of Ghost's image, inside the same limits", async () => {
    const { pod: sending } = await ghostPod({ logForwarder: { url: "loki+http://loki.logs:3100" } });
    const { command, env, image, resources } = container(sending, "log-forwarder");
    expect(image).to.equal(container(sending, "ghost").image);
    expect(command.at(-1)).to.equal("/scripts/forward-logs.js");
    expect(resources).to.deep.equal(container(pod, "log-forwarder").resources);
    expect(env).to.deep.include({ name: "FORWARD_URL", value: "loki+http://loki.logs:3100" });
    expect(JSON.parse(env.find(({ name }) => name === "LABELS")?.value ?? "")).to.deep.equal({
      app: "ghost",
      instance: "ghost-blog",
      namespace: "$(NAMESPACE)",
    });
  });

  it("E6 has the owner's first password beside the others, where the account is made and nowhere else", async () => {
    const owned = (await ghostPod({ owner: { name: "Jane", email: "jane@example.com" } })).pod;
    const paths = (name: string) => container(owned, name).volumeMounts.map(({ mountPath }) => mountPath);
    const making = paths("database-migrate");
    expect(making).to.include.members(["/run/secrets/ghost", "/run/secrets/ghost-owner"]);
    expect(making).to.have.length(new Set(making).size);
    expect(paths("ghost")).to.not.include("/run/secrets/ghost-owner");
  });

  it("G3 can do without", async () => {
    const { pod: alone } = await ghostPod({ logForwarder: { enabled: false } });
    expect(alone.initContainers?.map(({ name }) => name)).to.deep.equal(["ghost-init", "database-migrate"]);
  });

  it("A3 G3 takes the addresses that it can send to, and refuses others, and the key on Swarm", () => {
    const stack = (platform: object, logForwarder: object) => () =>
      parseStackConfig({ ...platform, sites: { blog: { url: "http://localhost:2368", logForwarder } } });
    const kubernetes = { platform: "kubernetes", kubernetes: { context: "test" } };
    const known = [
      "http://logs.test/",
      "https://logs.test:1/a",
      "loki+https://logs.test",
      "syslog+udp://logs.test:514",
    ];
    for (const url of known) {
      expect(stack(kubernetes, { url }), url).to.not.throw();
    }
    const strange = ["ftp://logs.test/", "http://logs.test:80?x", "syslog://logs.test"];
    for (const url of [...strange, "syslog+tcp://logs.test/path"]) {
      expect(refusal(stack(kubernetes, { url })), url).to.contain(
        "sites.blog.logForwarder.url: must be the address of a collector without credentials",
      );
    }
    expect(refusal(stack(kubernetes, { url: "http://user:word@logs.test/" }))).to.contain(
      "sites.blog.logForwarder.url: must be without a login or secret in the address",
    );
    expect(refusal(stack({ platform: "swarm" }, {}))).to.contain(
      "sites.blog.logForwarder: only for platform kubernetes",
    );
  });

  it("G3 a sidecar that restarts makes the pod unready, and does not take Ghost out of its Service", async () => {
    const { manifests } = await ghostPod();
    expect(object(manifests, "Service", "ghost-blog")["spec"]).to.include({ publishNotReadyAddresses: true });
  });

  it("G4 G5 announces start and stop, and stops inside the grace period", () => {
    const { env, lifecycle } = container(pod, "ghost");
    expect(lifecycle.postStart.exec.command).to.deep.equal(["sh", "/scripts/announce.sh", "starting"]);
    expect(lifecycle.preStop.exec.command).to.deep.equal(["sh", "/scripts/announce.sh", "stopping", "5"]);
    expect(pod.terminationGracePeriodSeconds).to.equal(30);
    const drain = Number(env.find(({ name }) => name === "server__shutdownTimeout")?.value) / 1000;
    expect(drain + 5).to.be.lessThan(30);
  });

  it("G6 gives a start minutes, and asks with a header of its own", () => {
    const { readinessProbe, startupProbe } = container(pod, "ghost");
    expect(startupProbe.httpGet.path).to.equal("/ghost/api/admin/site/");
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).to.equal(300);
    expect(readinessProbe.httpGet.httpHeaders).to.deep.include({ name: "X-Probe", value: "serving" });
  });

  it("G7 has priority 1000, by a class that no other stack of the cluster shares", async () => {
    for (const namespace of ["ghost", "ghost-two"]) {
      const { manifests, pod: prior } = await ghostPod({}, { namespace });
      expect(object(manifests, "PriorityClass", `${namespace}-priority`)).to.include({
        value: 1000,
        preemptionPolicy: "Never",
      });
      expect(prior.priorityClassName).to.equal(`${namespace}-priority`);
    }
  });

  it("G7 uses a class that somebody else keeps, and makes none", async () => {
    const { manifests, pod: prior } = await ghostPod({}, { priorityClass: "web" });
    expect(prior.priorityClassName).to.equal("web");
    expect(manifests.filter(({ kind }) => kind === "PriorityClass")).to.deep.equal([]);
  });
});

describe("lifecycle hooks", () => {
  it("P5 run a command, send a request, or wait", () => {
    expect(lifecycleHooks({ postStart: execHandler(["true"]), preStop: sleepHandler(5) })).to.deep.equal({
      postStart: { exec: { command: ["true"] } },
      preStop: { sleep: { seconds: 5 } },
    });
    expect(httpHandler({ path: "/started", port: 80, host: "notify.test", headers: { "X-Pod": "a" } })).to.deep.equal({
      httpGet: { path: "/started", port: 80, host: "notify.test", httpHeaders: [{ name: "X-Pod", value: "a" }] },
    });
  });

  it("P5 refuse what Kubernetes would accept and never run, every mistake at once", () => {
    const message = refusal(() =>
      lifecycleHooks({ postStart: { tcpSocket: { port: 80 } }, preStop: sleepHandler(30) }),
    );
    expect(message).to.contain("postStart.tcpSocket: Kubernetes accepts such a handler and never executes it");
    expect(message).to.contain("preStop.sleep: must be shorter than the grace period of 30 s (got 30 s)");
    expect(refusal(() => lifecycleHooks({ preStop: {} }))).to.contain("must have one action");
  });
});
