import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { exampleProjects } from "../../../examples/example-project";
import { projectDirectory } from "../../../home/project";
import { SteadyLoad } from "../../../drills/steady-load";
import { imageNames } from "../../../sandbox/images";
import { temporaryDirectory } from "../../support/temporary-directory";
import type { Kubectl, Pod } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { timed, until } from "../support/until";

/** Every example, deployed by its one command, does what it is for, and goes. */
describe("the examples on Kubernetes", () => {
  let place: Place;
  let cluster: Kubectl;
  const namespaceOf = (name: string) => `ex-${name}`;
  const inside = (name: string) => cluster.within(namespaceOf(name));

  before(async () => {
    ({ place, kubectl: cluster } = await kubernetesPlace("dev"));
  });

  /** `npm run example -- NAME`, which sees to its images, too. */
  async function deployed(name: string, settings: Record<string, string> = {}): Promise<Kubectl> {
    const given = { namespace: namespaceOf(name), ...settings };
    const flags = Object.entries(given).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
    const args = [name, "--context", cluster.context, ...flags];
    succeeded(await timed(`npm run example -- ${name}`, () => place.command("examples/main.ts", args)));
    return inside(name);
  }

  const readyPod = (kubectl: Kubectl, app: string, otherThan?: string) =>
    until(`a ready pod of ${app}`, 60, () => kubectl.readyPod(app, otherThan));

  it("P1 init-content: the page that the init container has fetched is served, once it can be had", async () => {
    const source = inside("source");
    await source.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: source.namespace } });
    const deployment = deployed("init-content", { url: `http://page.${source.namespace}/index.html` });
    const kubectl = inside("init-content");
    try {
      await until("the init container to wait", 60, async () =>
        (await kubectl.run("logs", "deployment/web", "-c", "install")).includes("waiting for http://page."),
      );
      await source.apply(...pageServer(source.namespace, "a page for the example"));
    } finally {
      await deployment;
    }
    const url = await kubectl.serviceUrl("web", "http");
    await until("the page", 30, async () => (await (await fetch(url)).text()).includes("a page for the example"));
    expect(await kubectl.run("logs", "deployment/web", "-c", "install")).to.match(/fetched http:\S+: \d+ bytes/);
    await source.run("delete", "namespace", source.namespace);
  });

  it("P2 wait-for-services: the app starts after both waits, in their order, and waits again when a server is away", async () => {
    const kubectl = await deployed("wait-for-services");
    const first = await readyPod(kubectl, "myapp");
    const [service, database] = first.status.initContainerStatuses ?? [];
    expect([service?.name, database?.name]).to.deep.equal(["init-myservice", "init-mydb"]);
    expect((service?.state.terminated?.finishedAt ?? "") <= (database?.state.terminated?.startedAt ?? "")).to.equal(
      true,
    );

    await kubectl.run("scale", "deployment/mydb", "--replicas=0");
    await until("mydb to be gone", 60, async () => (await kubectl.pod("mydb")) === undefined);
    await kubectl.run("delete", "pod", first.metadata.name, "--wait=false");
    const waiting = await until("a new pod that waits", 60, async () => {
      const { items } = await kubectl.get<{ items: Pod[] }>("pods", "-l", "app.kubernetes.io/instance=myapp");
      const pod = items.find(({ metadata }) => metadata.uid !== first.metadata.uid);
      const log = pod && (await kubectl.run("logs", pod.metadata.name, "-c", "init-mydb"));
      return log?.includes("waiting for mydb to accept connections on port 80") && pod;
    });
    expect((await kubectl.get<Pod>("pod", waiting.metadata.name)).status.phase).to.equal("Pending");
    await kubectl.run("scale", "deployment/mydb", "--replicas=1");
    await timed("mydb back → the app runs", () => readyPod(kubectl, "myapp", first.metadata.uid));
    expect(await kubectl.run("logs", waiting.metadata.name, "-c", "myapp")).to.contain("The app is running!");
  });

  it("P3 pod-preset: the pods with the label have what the preset brings, and say so; the others have not", async () => {
    const kubectl = await deployed("pod-preset");
    const website = await readyPod(kubectl, "website");
    const variables = (await kubectl.run("exec", website.metadata.name, "--", "env")).split("\n");
    expect(variables).to.include.members([
      "DB_PORT=6379",
      "number_of_members=1",
      "duplicate_key=FROM_ENV",
      "expansion=a value",
    ]);
    expect(await kubectl.run("exec", website.metadata.name, "--", "cat", "/etc/app/config.json")).to.contain("redis");
    const annotated = async (name: string) => {
      const { metadata } = await kubectl.get<{ metadata: { annotations: Record<string, string> } }>("pod", name);
      return metadata.annotations["ghost-platform/pod-preset-allow-database"];
    };
    expect(await annotated(website.metadata.name)).to.match(/^[0-9a-f]{10}$/);
    const worker = await readyPod(kubectl, "worker");
    expect(await kubectl.run("exec", worker.metadata.name, "--", "env")).to.not.contain("DB_PORT");
    expect(await annotated(worker.metadata.name)).to.equal(undefined);
  });

  it("P4 config-maps: files and variables are in the pods, which are replaced when the content changes, and only then", async () => {
    const folder = path.join(temporaryDirectory(), "game");
    fs.cpSync(path.join(projectDirectory, "examples/config-maps/game"), folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "logo.bin"), Buffer.from([0xff, 0x00, 0xfe]));
    const kubectl = await deployed("config-maps", { folder });
    const first = await readyPod(kubectl, "web");
    const inPod = (script: string, pod: Pod = first) =>
      kubectl.run("exec", pod.metadata.name, "--", "sh", "-c", script);
    expect(await inPod("cat /etc/game/ui.properties")).to.contain("how.nice.to.look=fairlyNice");
    expect(await inPod("od -An -tx1 /etc/game/logo.bin")).to.equal("ff 00 fe");
    expect(await inPod('echo "$enemies $SPECIAL_LEVEL"')).to.equal("aliens very");

    await deployed("config-maps", { folder });
    expect((await readyPod(kubectl, "web")).metadata.uid).to.equal(first.metadata.uid);

    fs.appendFileSync(path.join(folder, "ui.properties"), "color.ugly=brown\n");
    await deployed("config-maps", { folder, how: "charm" });
    const second = await readyPod(kubectl, "web", first.metadata.uid);
    expect(await inPod("cat /etc/game/ui.properties", second)).to.contain("color.ugly=brown");
    expect(await inPod('echo "$SPECIAL_LEVEL"', second)).to.equal("charm");
  });

  it("P5 lifecycle-hooks: each hook runs; a start and a stop are told under the pod's key", async () => {
    const kubectl = await deployed("lifecycle-hooks");
    const [exec, http, notifying] = await Promise.all(
      ["exec", "http", "notifying"].map((app) => readyPod(kubectl, app)),
    );
    expect(await kubectl.run("exec", exec?.metadata.name ?? "", "--", "cat", "/tmp/message")).to.equal(
      "Hello from the postStart handler",
    );
    const keys = async (event: string) => {
      const line = new RegExp(`^POST /notify/${event} key=(${notifying?.metadata.uid}-\\d+)-${event}$`, "gm");
      return [...(await kubectl.run("logs", "deployment/monitor")).matchAll(line)].map(([, key]) => key);
    };
    const heard = (event: string, times: number) =>
      until(`the notification '${event}'`, 60, async () => {
        const different = [...new Set(await keys(event))];
        return different.length === times && different;
      });
    await heard("started", 1);
    // Another start in the same pod is told under another key; a receiver that drops repetitions must not drop it.
    await kubectl.run("exec", notifying?.metadata.name ?? "", "--", "sh", "-c", "kill 1");
    const [, second] = await heard("started", 2);
    await readyPod(kubectl, "notifying");

    const names = [exec, http, notifying].map((pod) => pod?.metadata.name ?? "");
    const last = names.map((name) => kubectl.run("logs", "--follow", name));
    await timed("deleted → gone", () => kubectl.run("delete", "pod", ...names));
    const [execLog, httpLog, notifyingLog] = await Promise.all(last);
    expect(execLog, "the pause, then the stop").to.match(/stopping in 5 s\n[\s\S]*gracefully shutting down/);
    expect(httpLog, "the request").to.contain("GET /notify/stopping");
    expect(notifyingLog, "what the hook says").to.match(/notify: stopping at .*\nnotify: told http:\S+ 'stopping'/);
    expect(await heard("stopping", 1)).to.deep.equal([second]);
    const { items } = await kubectl.get<{ items: { reason: string }[] }>("events");
    expect(items.filter(({ reason }) => /^Failed(PostStart|PreStop)Hook$/.test(reason))).to.deep.equal([]);
  });

  it("P6 web-app: a rolling update under steady requests fails none of them, and each pod tells its start and its stop", async () => {
    const kubectl = await deployed("web-app", { release: "1" });
    const pods = async () => {
      const { items } = await kubectl.get<{ items: Pod[] }>("pods", "-l", "app.kubernetes.io/instance=web-app");
      return items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.uid);
    };
    const before = await pods();
    expect(before).to.have.length(3);
    const url = await kubectl.serviceUrl("web-app", "http");
    // The Service is there; on every node a moment later.
    await until("the first answer", 30, async () => (await fetch(url)).ok);
    const loads = [1, 2, 3].map(
      () => new SteadyLoad(async () => (await fetch(url, { headers: { connection: "close" } })).status),
    );
    await deployed("web-app", { release: "2" });
    await until("the old pods to be gone", 90, async () => {
      const { items } = await kubectl.get<{ items: Pod[] }>("pods", "-l", "app.kubernetes.io/instance=web-app");
      return items.length === 3;
    });
    const reports = await Promise.all(loads.map((load) => load.stop()));
    const sum = (key: "requests" | "failed") => reports.reduce((total, report) => total + report[key], 0);
    console.log(`      ⏱ rolling update of 3 pods: ${sum("failed")} of ${sum("requests")} requests failed`);
    expect(sum("requests")).to.be.greaterThan(100);
    expect(sum("failed")).to.equal(0);
    const after = await pods();
    expect(after.filter((uid) => before.includes(uid))).to.deep.equal([]);
    await until("every notification", 30, async () => {
      const log = await kubectl.run("logs", "deployment/monitor");
      const told = (event: string, uid: string, word: string) =>
        new RegExp(`^POST /notify/${event} key=${uid}-\\d+-${word}$`, "m").test(log);
      return (
        [...before, ...after].every((uid) => told("startup", uid, "started")) &&
        before.every((uid) => told("prestop", uid, "stopping"))
      );
    });
  });

  it("every example goes without a rest", async () => {
    const names = exampleProjects().map(({ name }) => name);
    await timed("removed all of them", () =>
      Promise.all(names.map(async (name) => succeeded(await place.command("examples/main.ts", [name, "--destroy"])))),
    );
    const left = await cluster.run("get", "namespaces", "-o", "name");
    expect(
      left.split("\n").filter((name) => names.some((example) => name.endsWith(namespaceOf(example)))),
    ).to.deep.equal([]);
  });
});

/** A web server with one page, in a pod of its own. */
function pageServer(namespace: string, text: string): object[] {
  const metadata = { name: "page", namespace, labels: { app: "page" } };
  const command = ["sh", "-c", `echo '${text}' > /tmp/index.html; exec httpd -f -p 8080 -h /tmp`];
  return [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "page", image: imageNames.busybox, command }] },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: metadata.labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ];
}
