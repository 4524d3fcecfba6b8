import { createHmac } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { startActivityPub, startTinybird, type AnsweringServer } from "../support/answering-server";
import {
  analyticsFindings,
  analyticsKeys,
  testsOfAnalytics,
  tokens,
  workspaceId,
  type CountedSite,
} from "../support/analytics";
import { GhostClient } from "../support/ghost-client";
import { proxyInFront, testsOfEdge } from "../support/kubernetes-edge";
import { startNode } from "../../../sandbox/kubernetes";
import { kubernetesPlace } from "../support/kubernetes-place";
import { restarts, type Kubectl, type Pod } from "../support/kubectl";
import { forwarderAlone, received, receiver } from "../support/log-receiver";
import { succeeded, type Place } from "../support/place";
import { processOf } from "../support/pod-process";
import { readersDuring } from "../support/readers";
import { trackerIn } from "../support/tracker";
import { temporaryDirectory } from "../../support/temporary-directory";
import { SteadyLoad } from "../../../drills/steady-load";
import { timed, until } from "../support/until";

interface PodEvent {
  reason: string;
  lastTimestamp: string;
  involvedObject: { name: string };
}

/** The containers of a site's pod, their hooks and what they do to each other, on a real node. */
describe("the pod of a site on Kubernetes", () => {
  const namespace = "ghost-pod";
  let place: Place;
  let kubectl: Kubectl;
  let blog: GhostClient;
  let pod: Pod;
  let activityPub: AnsweringServer;
  let tinybird: AnsweringServer;
  const host = "localhost:2368";

  const inGhost = (script: string) =>
    kubectl.run("exec", pod.metadata.name, "-c", "ghost", "--", "sh", "-c", script).catch(ended);
  const inForwarder = (script: string) =>
    kubectl.run("exec", pod.metadata.name, "-c", "log-forwarder", "--", "sh", "-c", script).catch(ended);
  // A command that ends its own container never answers.
  const ended = (error: unknown) => String(error);
  const forwarded = () => kubectl.run("logs", pod.metadata.name, "-c", "log-forwarder");
  const restartsOf = async (container: string) => {
    const { status } = await kubectl.get<Pod>("pod", pod.metadata.name);
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    return all.find(({ name }) => name === container)?.restartCount;
  };
  const readyPod = (seconds: number, otherThan?: string) =>
    until("a ready pod", seconds, () => kubectl.readyPod("ghost-blog", otherThan));
  const askFront: CountedSite["ask"] = async (asked, sent) => {
    const front = await proxyInFront({ host, kubectl });
    const answer = await front.ask(asked, sent && { method: "POST", headers: sent.headers }, sent?.body);
    front.close();
    return answer;
  };
  const load = () => new SteadyLoad(() => blog.status("/ghost/api/admin/site/"));

  before(async () => {
    // The pods' own network, which this machine is on once the node runs.
    await startNode();
    activityPub = await startActivityPub("10.244.0.1");
    tinybird = await startTinybird("10.244.0.1");
    const settings = {
      kubernetes: { namespace },
      analytics: analyticsKeys(tinybird, temporaryDirectory()),
      mailpit: { enabled: false },
      // On a busy machine Ghost's start takes more than the usual 90 seconds.
      edge: { wait: "5m", memory: "512Mi" },
      sites: {
        // Small enough to be turned over in a test.
        blog: { settings: { logging__rotation__threshold: "150k" }, activityPub: activityPub.url },
        // Nobody listens there when the site comes up.
        news: {
          url: "http://news.localhost",
          analytics: false,
          logForwarder: { url: `loki+http://receiver.${namespace}:3100` },
        },
      },
    };
    ({ place, kubectl } = await kubernetesPlace("dev", settings, ["caddy", "trafficAnalytics"]));
    succeeded(await timed("npm start", () => place.start()));
    pod = await readyPod(60);
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), `http://${host}`);
    await blog.answers("/", 30);
  });
  after(() => {
    activityPub.stop();
    tinybird.stop();
  });

  it("G7 has the priority of its class", async () => {
    const { spec } = await kubectl.get<{ spec: { priority: number; priorityClassName: string } }>(
      "pod",
      pod.metadata.name,
    );
    expect(spec).to.include({ priority: 1000, priorityClassName: "ghost-pod-priority" });
  });

  it("G4 has announced its start", async () => {
    expect(await inGhost("cat /var/log/ghost/startup.log")).to.match(/^Ghost container starting at .+$/);
  });

  it("G3 a request shows up in the sidecar's log, and the sidecar cannot write there", async () => {
    await blog.status("/?marker=first");
    await until("the request in the log", 15, async () => (await forwarded()).includes("marker=first"));
    expect(await inForwarder("touch /var/log/ghost/intruder")).to.contain("Read-only file system");
  });

  it("G3 no line is lost or repeated while Ghost turns its log over", async () => {
    const markers = Array.from({ length: 250 }, (_, index) => `marker=turn-${index}-`);
    for (const marker of markers) {
      await blog.status(`/ghost/api/admin/site/?${marker}`);
    }
    const files = await inGhost("ls /var/log/ghost");
    expect(files.split("\n").filter((file) => /^access\.log\./.test(file) || /^access\..*\.log/.test(file))).to.not.be
      .empty;
    await until("the last request in the log", 15, async () => (await forwarded()).includes(markers.at(-1) as string));
    const log = await forwarded();
    const requests = log.split("\n").filter((line) => line.includes('"req":') && line.includes("turn-"));
    expect(markers.filter((marker) => !requests.some((line) => line.includes(marker)))).to.deep.equal([]);
    expect(requests.length).to.equal(markers.length);
  });

  it("G3 the sidecar ends, or runs out of memory: it comes back, and Ghost serves all along", async () => {
    const steady = load();
    await inForwarder("kill 1");
    await until("the sidecar's return", 60, async () => (await restartsOf("log-forwarder")) === 1);
    // The kernel ends the shell alone, or with cgroup v2 the whole container.
    expect(await inForwarder('x=xxxxxxxxxxxxxxxx; while :; do x="$x$x"; done')).to.contain("137");
    await until("the sidecar to run", 60, async () => (await inForwarder("echo it runs")) === "it runs");
    await blog.status("/?marker=afterwards");
    await until("a request in the log", 60, async () => (await forwarded()).includes("marker=afterwards"));
    const { failed, requests } = await steady.stop();
    console.log(`      ⏱ ${requests} requests meanwhile, ${failed} failed`);
    expect(failed).to.equal(0);
    expect(await restartsOf("ghost")).to.equal(0);
  });

  it("G3 a destination that is away, that comes, and that keeps silent: Ghost and its log go on", async () => {
    const news = new GhostClient(await kubectl.serviceUrl("ghost-news", "http"), "http://news.localhost");
    const { metadata } = await until("a ready pod", 120, () => kubectl.readyPod("ghost-news"));
    const printed = () => kubectl.run("logs", metadata.name, "-c", "log-forwarder");
    const steady = new SteadyLoad(() => news.status("/ghost/api/admin/site/"));
    await news.status("/?marker=away");
    await until("the line, and the trouble", 60, async () =>
      /"url":"\/\?marker=away"[^]*does not take \d+ lines|does not take \d+ lines[^]*"url":"\/\?marker=away"/.test(
        await printed(),
      ),
    );
    await kubectl.apply(
      ...receiver(namespace),
      ...forwarderAlone("over-tcp", namespace, "syslog+tcp://receiver:5140"),
      ...forwarderAlone("over-udp", namespace, "syslog+udp://receiver:5140"),
    );
    // It is asked again after a minute at the latest.
    const push = await until("what was written meanwhile, and the other two", 100, async () => {
      const lines = await received(kubectl);
      const all = ["marker=away", "line 2 of over-tcp", "line 2 of over-udp"].every((text) => lines.includes(text));
      return all && (/^http (\S+) (.*marker=away.*)$/m.exec(lines) ?? undefined);
    });
    expect(push[1]).to.equal("/loki/api/v1/push");
    const { streams } = JSON.parse(push[2] ?? "") as { streams: { stream: object; values: [string, string][] }[] };
    expect(streams[0]?.stream).to.deep.equal({ app: "ghost", instance: "ghost-news", namespace });
    expect(streams[0]?.values[0]?.[0]).to.match(/^\d{19}$/);
    const lines = await received(kubectl);
    expect(lines).to.match(/^tcp "\d+ <134>1 - over-tcp ghost - access - line 1 of over-tcp/m);
    expect(lines).to.match(/^udp "<134>1 - over-udp ghost - access - line \d+ of over-udp"$/m);

    await kubectl.run("exec", "receiver", "--", "touch", "/tmp/silent");
    await news.status("/?marker=silent");
    await until("the line, and the trouble", 60, async () => {
      const text = await printed();
      return text.includes("marker=silent") && text.includes("no answer within 10 s");
    });
    const { failed, requests } = await steady.stop();
    console.log(`      ⏱ ${requests} requests meanwhile, ${failed} failed`);
    expect(failed).to.equal(0);
  });

  it("G3 the sidecar that sends is killed at its memory limit: Ghost is not", async () => {
    const { metadata } = await until("a ready pod", 30, () => kubectl.readyPod("ghost-news"));
    const statuses = async () => {
      const { status } = await kubectl.get<Pod>("pod", metadata.name);
      return { sidecar: status.initContainerStatuses?.at(-1), ghost: status.containerStatuses?.[0] };
    };
    // None as large as the sidecar's own program, and together more than it may have.
    const eat = "for i in 1 2 3 4 5; do (head -c 25000000 /dev/zero; sleep 20) | tail >/dev/null & done; wait";
    void kubectl.run("exec", metadata.name, "-c", "log-forwarder", "--", "sh", "-c", eat).catch(() => undefined);
    await until("its end", 60, async () => (await statuses()).sidecar?.restartCount === 1);
    expect((await statuses()).sidecar?.lastState?.terminated).to.include({ reason: "OOMKilled" });
    expect((await statuses()).ghost?.restartCount).to.equal(0);
  });

  it("G4 a log volume that is full does not keep Ghost from starting", async () => {
    await inGhost("ln -sf /dev/full /var/log/ghost/startup.log; kill 1");
    await timed("process ended → ready", async () => {
      await until("the restart", 60, async () => (await restartsOf("ghost")) === 1);
      await readyPod(90);
    });
    await inGhost("rm /var/log/ghost/startup.log; kill 1");
    await until("the restart", 60, async () => (await restartsOf("ghost")) === 2);
    await readyPod(120);
    expect((await inGhost("cat /var/log/ghost/startup.log")).split("\n")).to.have.length(1);
    expect(await kubectl.run("get", "events", "-o", "jsonpath={.items[*].reason}")).to.not.contain("FailedPostStart");
  });

  it("G6 an image that no node can get is told, and the Ghost that runs answers all the time", async () => {
    // By another name of its context, the cluster is not the one whose node this program puts images into.
    const kubeconfig = path.join(place.home, "kubeconfig");
    fs.copyFileSync(kubectl.kubeconfig, kubeconfig);
    await kubectl.run("config", "--kubeconfig", kubeconfig, "rename-context", kubectl.context, "elsewhere");
    place.configure({
      kubernetes: { context: "elsewhere", kubeconfig },
      images: { ghost: "registry.invalid/ghost:6" },
    });
    const steady = load();
    const { output, status } = await timed("npm start, until it gives up", () => place.start());
    const { failed, requests } = await steady.stop();
    console.log(`      ⏱ ${requests} requests meanwhile, ${failed} failed`);
    expect(status).to.not.equal(0);
    expect(output).to.contain("Nothing was changed, and what ran before runs on");
    expect(output).to.contain("the node cannot get the image registry.invalid/ghost:6");
    expect(failed).to.equal(0);
    expect((await kubectl.readyPod("ghost-blog"))?.metadata.uid).to.equal(pod.metadata.uid);
    expect(await kubectl.run("get", "jobs", "-o", "name")).to.equal("");
  });

  it("G6 E5 another image is on the node before the old pod is told to stop, and readers behind the edge see none of it", async () => {
    // The same image by another name, so another image to everybody.
    const { status } = await kubectl.get<Pod>("pod", pod.metadata.name);
    const another = status.containerStatuses?.[0]?.imageID ?? "";
    place.configure({ images: { ghost: another } });
    const front = await proxyInFront({ host, kubectl });
    const answers = await readersDuring(front.status, async () => {
      succeeded(await timed("npm start", () => place.start()));
    });
    front.close();
    expect(answers.filter((answer) => answer.status !== "200")).to.deep.equal([]);
    const { items } = await kubectl.get<{ items: PodEvent[] }>("events");
    const last = (reason: string, name: RegExp) =>
      items
        .filter((event) => event.reason === reason && name.test(event.involvedObject.name))
        .map(({ lastTimestamp }) => lastTimestamp)
        .sort()
        .at(-1) ?? "";
    const pulled = last("Completed", /^ghost-blog-images-/);
    const told = last("Killing", new RegExp(`^${pod.metadata.name}$`));
    expect(pulled).to.not.equal("");
    expect(pulled <= told, `${pulled} before ${told}`).to.equal(true);
    // Pulumi leaves it to the cluster, which takes it away a minute after it is done.
    await until("no Job to be left", 120, async () => (await kubectl.run("get", "jobs", "-o", "name")) === "");
    pod = await readyPod(60, pod.metadata.name);
    await blog.answers("/", 30);
  });

  it("G5 announces its stop, answers until it stops, and is replaced: what steady requests see", async () => {
    const old = pod.metadata.name;
    const last = kubectl.run("logs", "--follow", "--tail=1", old, "-c", "log-forwarder");
    const steady = load();
    await until("a few requests", 10, async () => (await blog.status("/ghost/api/admin/site/")) === 200);
    await timed("restart → ready", async () => {
      await kubectl.run("rollout", "restart", "deployment/ghost-blog");
      const message = await until("the message", 15, async () => {
        const text = await inForwarder("cat /var/log/ghost/shutdown.log");
        return text.startsWith("Ghost container stopping at") && text;
      });
      expect(message.split("\n")).to.have.length(1);
      pod = await readyPod(300, old);
    });
    await blog.answers("/", 60);
    const { failed, longestGap, requests, statuses } = await steady.stop();
    console.log(
      `      ⏱ gap ${(longestGap / 1000).toFixed(1)} s: ${failed} of ${requests} requests failed, by status ${JSON.stringify(statuses)}`,
    );
    // Until the new one serves, there is no answer, or one that a proxy passes on to readers with Retry-After; never an error page.
    expect(["0", "200", "503"]).to.include.members(Object.keys(statuses));
    // The sidecar outlives Ghost, whose last words are in its log.
    expect(await last).to.match(/Ghost (is shutting down|has shut down)/);
  });

  it("G5 a second pod of the site, however it came, waits until the first has stopped", async () => {
    const first = pod.metadata.name;
    await kubectl.run("scale", "deployment/ghost-blog", "--replicas=2");
    const others = async () => {
      const { items } = await kubectl.get<{ items: Pod[] }>("pods", "-l", "app.kubernetes.io/instance=ghost-blog");
      return items.map(({ metadata }) => metadata.name).filter((name) => name !== first);
    };
    const second = await until("a second pod", 60, async () => (await others())[0]);
    // Nothing, while its container has not been made.
    const said = (name: string) => kubectl.run("logs", name, "-c", "ghost").catch(() => "");
    await until("it to wait", 300, async () =>
      (await said(second)).includes("waiting for the earlier one of this site to stop"),
    );
    expect(await said(second)).to.not.contain("Ghost booted");
    await kubectl.run("delete", "pod", first, "--wait=false");
    // The Deployment makes a third in its place, which waits like the second; either may be the next.
    const serving = async () => {
      const all = await Promise.all((await others()).map(said));
      return all.filter((log) => log.includes("Ghost booted")).length;
    };
    await until("one to take over", 300, async () => (await serving()) > 0);
    expect(await serving()).to.equal(1);
    await kubectl.run("scale", "deployment/ghost-blog", "--replicas=1");
    pod = await readyPod(300, first);
    await blog.answers("/", 60);
  });

  testsOfEdge(() => ({ place, kubectl, host, site: "blog", activityPub }));

  testsOfAnalytics(() => ({
    place,
    tinybird,
    url: `http://${host}`,
    ask: askFront,
    reader: { claims: "203.0.113.66, 198.51.100.7", address: "198.51.100.7" },
    objects: () => kubectl.run("get", "all,configmaps,networkpolicies,secrets", "-o", "json"),
  }));

  it("E4 the admin is told where figures are and gets a token for its own site alone; switched off, no page is counted, and diagnose says so", async () => {
    await blog.setUp({ name: "Jane", email: "jane@example.com", password: "Thirteen-Herons-9", title: "Blog" });
    const { config, stats, token } = await blog.analytics();
    const site = trackerIn((await askFront("/")).body)?.["tb_site_uuid"];
    expect(stats).to.include({ endpoint: tinybird.url, id: site });
    const [head = "", claims = "", signature] = token.split(".");
    const signed = createHmac("sha256", tokens.adminToken).update(`${head}.${claims}`).digest("base64url");
    expect(signature).to.equal(signed);
    const told = JSON.parse(Buffer.from(claims, "base64url").toString()) as {
      workspace_id: string;
      scopes: { fixed_params: { site_uuid: string } }[];
    };
    expect(told.workspace_id).to.equal(workspaceId);
    expect([...new Set(told.scopes.map(({ fixed_params: { site_uuid } }) => site_uuid))]).to.deep.equal([site]);
    for (const one of Object.values(tokens)) {
      expect(config + claims).to.not.contain(one);
    }
    const pod = (await readyPod(30)).metadata.name;
    expect(await kubectl.run("exec", pod, "-c", "ghost", "--", "sh", "-c", "env; ls /run/secrets/*")).to.not.contain(
      "tracker-token",
    );

    await blog.setWebAnalytics(false);
    await until("a page without the tracker", 30, async () => trackerIn((await askFront("/")).body) === undefined);
    expect((await analyticsFindings(place)).map(({ scenario, severity }) => [scenario, severity])).to.deep.equal([
      ["analytics-switched-off", "notice"],
    ]);
    await blog.setWebAnalytics(true);
    await until("the tracker", 30, async () => trackerIn((await askFront("/")).body) !== undefined);
  });

  it("E4 a site that says so is not counted", async () => {
    const news = new GhostClient(await kubectl.serviceUrl("ghost-news", "http"), "http://news.localhost");
    expect(trackerIn(await news.page("/"))).to.equal(undefined);
  });

  it("G6 E4 a Ghost that hangs is restarted", async () => {
    pod = await readyPod(60);
    const before = (await restartsOf("ghost")) ?? 0;
    process.kill(processOf(pod.metadata.uid, "current/index.js"), "SIGSTOP");
    await timed("Ghost hangs → restarted and ready", async () => {
      await until("the restart", 120, async () => (await restartsOf("ghost")) === before + 1);
      await readyPod(120);
    });
  });

  it("G6 the database is away for two minutes: nothing is restarted, and the site comes back (--long)", async function () {
    if (!process.env["E2E_LONG"]) {
      this.skip();
    }
    const pods = async () => {
      const names = ["ghost-blog", "ghost-news"];
      const both = await Promise.all(names.map((name) => until(`one pod of ${name}`, 30, () => kubectl.pod(name))));
      return both.map(({ metadata, ...rest }) => `${metadata.uid} ${restarts({ metadata, ...rest })}`);
    };
    const before = await pods();
    await kubectl.run("scale", "statefulset/mysql", "--replicas=0");
    await until(
      "no database",
      90,
      async () => (await kubectl.run("get", "pods", "-l", "app.kubernetes.io/name=mysql", "-o", "name")) === "",
    );
    const away = Date.now();
    await timed("without a database", () =>
      until("two minutes", 150, () => Promise.resolve(Date.now() - away > 120_000)),
    );
    expect(await blog.status("/")).to.equal(500);
    expect(await blog.status("/ghost/api/admin/site/")).to.equal(200);
    await kubectl.run("scale", "statefulset/mysql", "--replicas=1");
    await timed("database back → ready", async () => {
      await readyPod(300);
      await blog.answers("/", 60);
    });
    expect(await pods()).to.deep.equal(before);
  });

  it("G7 destroy leaves nothing, in the cluster either", async () => {
    const { output } = await place.destroy("--data");
    expect(output).to.match(/holds what stack \S+ did not make[^]*delete Service\/receiver/);
    expect(await blog.status("/")).to.equal(200);
    await kubectl.run("delete", "pods", "receiver", "over-tcp", "over-udp");
    await kubectl.run("delete", "services/receiver", "configmaps/over-tcp", "configmaps/over-udp");
    succeeded(await place.destroy("--data"));
    expect(await kubectl.run("get", "namespaces,priorityclasses", "-o", "name")).to.not.contain("ghost-pod");
  });
});
