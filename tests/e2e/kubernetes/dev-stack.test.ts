import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { GhostClient, onePixel } from "../support/ghost-client";
import { askInbox, newestTo, type Reader } from "../support/inbox";
import { kubernetesPlace } from "../support/kubernetes-place";
import { restarts, type Kubectl, type Pod } from "../support/kubectl";
import { openFiles, processTexts } from "../support/plain-text";
import { succeeded, type Place } from "../support/place";
import { leak, passwordsIn } from "../support/secrets";
import { timed, until } from "../support/until";
import { mostOddText } from "../../support/odd-text";
import { temporaryDirectory } from "../../support/temporary-directory";

interface Versioned {
  metadata: { uid: string; generation?: number; resourceVersion: string };
}

/** Stack `dev` with two sites, on a real node, through the commands a person uses. */
describe("stack dev on Kubernetes", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  /** Looks as a password of this program's, for the test that looks for those. */
  const klipyKey = `p${"k3".repeat(16)}`;
  let place: Place;
  let kubectl: Kubectl;
  let blog: GhostClient;
  let inbox: string;
  let reader: Reader;
  let post: string;
  let image: string;

  const readyPod = (instance: string, seconds: number, otherThan?: string): Promise<Pod> =>
    until(`a ready pod of ${instance}`, seconds, () => kubectl.readyPod(instance, otherThan));
  const currentPod = (instance: string): Promise<Pod> => until(`a pod of ${instance}`, 60, () => kubectl.pod(instance));
  // A generation counts the changes of an object's specification; what has none counts the changes of everything.
  const specifications = async (): Promise<string[]> => {
    const { items } = await kubectl.get<{ items: Versioned[] }>(
      "pods,deployments,statefulsets,services,secrets,configmaps,persistentvolumeclaims",
    );
    return items
      .map(({ metadata: { generation, resourceVersion, uid } }) => `${uid} ${generation ?? resourceVersion}`)
      .sort();
  };

  /** Makes the Secret that somebody else fills, once there is a namespace for it. */
  const fillSecret = async (): Promise<void> => {
    await until("the namespace", 120, () => kubectl.run("get", "namespace", kubectl.namespace).catch(() => undefined));
    await kubectl.run("create", "secret", "generic", "klipy", "--from-literal=api-key=of-somebody-else");
  };

  before(async () => {
    ({ place, kubectl } = await kubernetesPlace("dev"));
    const klipyFile = path.join(temporaryDirectory(), "klipy-key");
    fs.writeFileSync(klipyFile, `${klipyKey}\n`);
    const secretSettings = { klipy__apiKey: { file: klipyFile } };
    place.configure({
      sites: { blog: { settings: { example__text: mostOddText, example__word: "on" }, secretSettings } },
    });
    const elsewhere = { klipy__apiKey: { secretName: "klipy", key: "api-key" } };
    place.configure({
      sites: { news: { url: "http://localhost:2369", storage: { size: "1Gi" }, secretSettings: elsewhere } },
    });
  });

  it("A1 G9 comes up with one command, and says where everything is", async () => {
    const [started] = await Promise.all([timed("npm start", () => place.start()), fillSecret()]);
    const output = succeeded(started);
    for (const text of ["http://localhost:2368", "http://localhost:2369", "/ghost/", "mailpit"]) {
      expect(output).to.contain(text);
    }
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    const news = new GhostClient(await kubectl.serviceUrl("ghost-news", "http"), "http://localhost:2369");
    inbox = await kubectl.serviceUrl("mailpit", "http");
    reader = await place.inboxReader();
    expect((await askInbox(inbox, "/api/v1/messages")).status).to.equal(401);
    for (const site of [blog, news]) {
      await site.answers("/", 30);
      await site.answers("/ghost/", 10);
    }
  });

  it("G9 a setting arrives as it is", async () => {
    const { metadata } = await currentPod("ghost-blog");
    const { example__text, example__word } = JSON.parse(
      await kubectl.run("exec", metadata.name, "-c", "ghost", "--", "node", "-p", "JSON.stringify(process.env)"),
    ) as Record<string, string>;
    expect({ example__text, example__word }).to.deep.equal({ example__text: mostOddText, example__word: "on" });
  });

  it("A1 a second start changes nothing", async () => {
    const before = await specifications();
    succeeded(await timed("second npm start", () => place.start()));
    expect(await specifications()).to.deep.equal(before);
  });

  it("A1 A5 another checkout, which has not the passwords, is refused and changes nothing", async () => {
    const before = await specifications();
    const { output, status } = await place.elsewhere().start();
    expect(status, output).to.not.equal(0);
    expect(output).to.contain("was deployed from elsewhere");
    expect(await specifications()).to.deep.equal(before);
  });

  it("G1 G2 ran its init containers in order, and each says what it did", async () => {
    const pod = await currentPod("ghost-blog");
    const [first, second] = pod.status.initContainerStatuses ?? [];
    expect([first?.name, second?.name]).to.deep.equal(["ghost-init", "database-migrate"]);
    const finished = first?.state.terminated?.finishedAt ?? "";
    const started = second?.state.terminated?.startedAt ?? "";
    expect(finished <= started, `${finished} before ${started}`).to.equal(true);
    expect(await kubectl.run("logs", pod.metadata.name, "-c", "ghost-init")).to.contain("accepts connections after");
    expect(await kubectl.run("logs", pod.metadata.name, "-c", "database-migrate")).to.contain(
      "the database is up to date",
    );
  });

  it("G8 the namespace enforces the restricted standard, and every pod is admitted without a warning", async () => {
    const { metadata } = await kubectl.get<{ metadata: { labels: Record<string, string> } }>(
      "namespace",
      kubectl.namespace,
    );
    expect(metadata.labels["pod-security.kubernetes.io/enforce"]).to.equal("restricted");
    const events = await kubectl.run("get", "events", "-o", "jsonpath={.items[*].message}");
    expect(events).to.not.contain("violates PodSecurity");
    const refused = await kubectl.run("run", "intruder", "--image=busybox", "--restart=Never", "--", "true").then(
      () => "admitted",
      (error: unknown) => String(error),
    );
    expect(refused).to.contain("violates PodSecurity");
  });

  it("L1 L5 K3 a secret setting arrives, and an invitation to the staff is readable in the inbox", async () => {
    await blog.setUp(owner);
    expect(await blog.klipyKey(), "K3").to.equal(klipyKey);
    await blog.invite("grace@example.com");
    const mail = await until("the invitation", 30, () => newestTo(inbox, "grace@example.com", reader));
    expect(mail.Subject).to.contain("Ada has invited you");
    expect(mail.From.Address).to.equal("noreply@localhost");
    expect(mail.Text).to.contain("http://localhost:2368/ghost/");
  });

  it("E a site that its owner makes private is ready", async () => {
    await blog.setPrivate(true);
    await until("readers to be sent away", 30, async () => (await blog.status("/")) === 302);
    await kubectl.run("rollout", "restart", "deployment/ghost-blog");
    await kubectl.run("rollout", "status", "deployment/ghost-blog", "--timeout=300s");
    succeeded(await place.start());
    expect(succeeded(await place.ops("status"))).to.contain("All is well.");
    await blog.setPrivate(false);
    await blog.answers("/", 30);
  });

  it("G2 G9 a post with a picture survives the pod", async () => {
    image = await blog.uploadImage("pixel.png", onePixel);
    post = await blog.publish("Hello from the node", `<p>A picture: <img src="${image}"></p>`);
    const pod = await currentPod("ghost-blog");
    await kubectl.run("delete", "pod", pod.metadata.name, "--wait=false");
    await timed("pod deleted → ready", () => readyPod("ghost-blog", 120, pod.metadata.name));
    await blog.answers("/", 30);
    expect(await blog.page(post)).to.contain("Hello from the node");
    expect(await blog.status(image)).to.equal(200);
  });

  it("L2 mail survives the inbox's pod", async () => {
    const pod = await currentPod("mailpit");
    await kubectl.run("delete", "pod", pod.metadata.name, "--wait=false");
    await readyPod("mailpit", 60, pod.metadata.name);
    const mail = await until("the inbox", 30, () => newestTo(inbox, "grace@example.com", reader));
    expect(mail.Subject).to.contain("Ada has invited you");
  });

  it("M1 the server's pod is killed: the data is back, and never two servers at once", async () => {
    const pod = await currentPod("mysql");
    await kubectl.run("delete", "pod", pod.metadata.name, "--grace-period=0", "--force", "--wait=false");
    await timed("server force-deleted → home page", async () => {
      await readyPod("mysql", 120, pod.metadata.uid);
      await blog.answers("/", 60);
    });
    expect(await blog.page(post)).to.contain("Hello from the node");
  });

  it("G6 the database is away: Ghost is unready, not killed, and comes back by itself", async () => {
    const { metadata } = await readyPod("ghost-blog", 60);
    await kubectl.run("scale", "statefulset/mysql", "--replicas=0");
    await timed("database gone → unready", () =>
      until("Ghost to be unready", 90, async () => (await kubectl.readyPod("ghost-blog")) === undefined),
    );

    // A pod that starts meanwhile waits, and says for what.
    const news = await currentPod("ghost-news");
    await kubectl.run("delete", "pod", news.metadata.name, "--wait=false");
    const waiting = await until("a new pod that waits", 90, async () => {
      const pod = await kubectl.pod("ghost-news");
      return pod?.metadata.name !== news.metadata.name ? pod : undefined;
    });
    await until("its message", 60, async () =>
      (await kubectl.run("logs", waiting.metadata.name, "-c", "ghost-init")).includes(
        "waiting for the name mysql.ghost-dev.svc.cluster.local to resolve",
      ),
    );
    expect((await kubectl.pod("ghost-news"))?.status.phase).to.equal("Pending");

    await kubectl.run("scale", "statefulset/mysql", "--replicas=1");
    await timed("database back → ready", () => readyPod("ghost-blog", 120));
    await readyPod("ghost-news", 120);
    const pod = await currentPod("ghost-blog");
    expect(pod.metadata.uid).to.equal(metadata.uid);
    expect(restarts(pod)).to.equal(0);
  });

  it("G2 killed in the middle of a migration, the next start recovers by itself", async () => {
    const sql = (statement: string) =>
      kubectl.run(
        "exec",
        "mysql-0",
        "-c",
        "mysql",
        "--",
        "mysql",
        "--defaults-file=/run/secrets/mysql/root.cnf",
        "-NBe",
        statement,
      );
    const before = await currentPod("ghost-news");
    await kubectl.run("scale", "deployment/ghost-news", "--replicas=0");
    await until("the pod to go", 60, async () => {
      const { items } = await kubectl.get<{ items: Pod[] }>("pods", "-l", "app.kubernetes.io/instance=ghost-news");
      return items.length === 0;
    });
    await sql("DROP DATABASE ghost_news; CREATE DATABASE ghost_news");
    const news = await kubectl.serviceUrl("ghost-news", "http");
    await kubectl.run("scale", "deployment/ghost-news", "--replicas=1");
    // Killed once the migrator holds its own lock and has begun to make tables.
    await until("a migration under way", 90, async () => {
      const tables = Number(
        await sql("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'ghost_news'"),
      );
      return tables > 5 && (await sql("SELECT locked FROM ghost_news.migrations_lock")) === "1";
    });
    const meanwhile = await until("an answer in Ghost's place", 10, async () => {
      const response = await fetch(news, { headers: { Connection: "close" } });
      return response.status === 503 && response;
    });
    expect(meanwhile.headers.get("retry-after")).to.equal("10");
    const killed = await currentPod("ghost-news");
    expect(killed.metadata.uid).to.not.equal(before.metadata.uid);
    await kubectl.run("delete", "pod", killed.metadata.name, "--grace-period=0", "--force", "--wait=false");
    const recovered = await timed("killed in a migration → ready", () =>
      readyPod("ghost-news", 180, killed.metadata.name),
    );
    const log = await kubectl.run("logs", recovered.metadata.name, "-c", "database-migrate");
    expect(log).to.contain("an earlier migration was interrupted: its lock is cleared");
    expect(log).to.contain("the database is up to date");
  });

  it("M6 each user may do what it needs and nothing else, over TLS alone", async () => {
    const script = `
      const mysql = require("/var/lib/ghost/current/node_modules/mysql2/promise");
      const setting = (key) => process.env["database__connection__" + key];
      const password = require("fs").readFileSync(setting("password_FILE"), "utf8");
      const open = (more) => mysql.createConnection({ host: setting("host"), user: setting("user"), password, ...more });
      (async () => {
        const encrypted = await open({ ssl: { rejectUnauthorized: false } });
        const tried = async (sql) => encrypted.query(sql).then(() => "allowed", (error) => error.code);
        const [[{ Value }]] = await encrypted.query("SHOW STATUS LIKE 'Ssl_version'");
        console.log(JSON.stringify({
          tls: Value,
          plain: await open({}).then(() => "allowed", (error) => error.code),
          neighbour: await tried("SELECT * FROM ghost_news.users"),
          server: await tried("SELECT * FROM mysql.user"),
          shutdown: await tried("SHUTDOWN"),
          own: await tried("SELECT COUNT(*) FROM ghost_blog.posts"),
        }));
        process.exit(0);
      })();`;
    const result = await kubectl.run("exec", "deploy/ghost-blog", "-c", "ghost", "--", "node", "-e", script);
    expect(JSON.parse(result)).to.deep.equal({
      tls: "TLSv1.3",
      plain: "ER_ACCESS_DENIED_ERROR",
      neighbour: "ER_TABLEACCESS_DENIED_ERROR",
      server: "ER_TABLEACCESS_DENIED_ERROR",
      shutdown: "ER_SPECIFIC_ACCESS_DENIED_ERROR",
      own: "allowed",
    });
  });

  it("A5 no password stands in plain text: objects, logs, environments, process lists, state, what was printed", async () => {
    const { items } = await kubectl.get<{ items: { data: Record<string, string> }[] }>("secrets");
    const passwords = passwordsIn(
      items
        .flatMap(({ data }) => Object.values(data).map((value) => Buffer.from(value, "base64").toString()))
        .join("\n"),
    );
    // Of root, the monitor, the backup, two sites, two logins of the inbox, and a setting.
    expect(passwords).to.have.length(8);
    const { items: pods } = await kubectl.get<{ items: Pod[] }>("pods");
    const places: Record<string, string> = {
      objects: await kubectl.run(
        "get",
        "pods,deployments,statefulsets,replicasets,configmaps,services,persistentvolumeclaims,events,controllerrevisions",
        "-o",
        "yaml",
      ),
    };
    for (const { metadata, spec } of pods) {
      for (const { name } of [...(spec.initContainers ?? []), ...spec.containers]) {
        places[`log of ${metadata.name}/${name}`] = await kubectl.run("logs", metadata.name, "-c", name);
      }
    }
    Object.assign(places, processTexts(), openFiles(place.home));
    expect(leak(passwords, places)).to.equal(undefined);
  });

  it("M6 A1 data that outlived its stack and its passwords works with the new ones", async () => {
    place.configure({ retainData: true });
    succeeded(await place.start());
    succeeded(await timed("npm run destroy", () => place.destroy()));
    const kept = await kubectl.get<{ items: { metadata: { name: string } }[] }>("persistentvolumeclaims");
    expect(kept.items.map(({ metadata }) => metadata.name)).to.include.members(["data-mysql-0", "ghost-blog-content"]);
    const { items: secrets } = await kubectl.get<{ items: { metadata: { name: string } }[] }>("secrets");
    // That of somebody else.
    expect(secrets.map(({ metadata }) => metadata.name)).to.deep.equal(["klipy"]);

    succeeded(await timed("npm start on kept data", () => place.start()));
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 30);
    expect(await blog.page(post)).to.contain("Hello from the node");
    await blog.answers(image, 10);
  });

  it("A1 K3 destroy removes everything, once what is somebody else's is out of the namespace", async () => {
    expect((await place.destroy("--data")).output).to.contain("delete Secret/klipy");
    await kubectl.run("delete", "secret", "klipy");
    succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
    const left = await kubectl.run("get", "namespace", kubectl.namespace, "--ignore-not-found", "-o", "name");
    expect(left).to.equal("");
    await until("the volumes to go", 60, async () => {
      const volumes = await kubectl.run(
        "get",
        "persistentvolumes",
        "-o",
        "jsonpath={.items[*].spec.claimRef.namespace}",
      );
      return !volumes.split(" ").includes(kubectl.namespace);
    });
  });

  it("A1 destroying what is not there is no mistake", async () => {
    succeeded(await place.destroy("--data"));
  });
});
