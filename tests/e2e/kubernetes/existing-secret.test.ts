import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { GhostClient } from "../support/ghost-client";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { keepStackFile } from "../support/rotation";
import { timed, until } from "../support/until";

const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;
const topologies = ["single", "replicated", "group"] as const;

/** Users whose passwords somebody else keeps, by topology. */
const users = {
  single: ["root", "monitor"],
  replicated: ["root", "monitor", "replication", "clone", "backup"],
  group: ["root", "monitor", "group", "clone", "backup"],
} as const;

interface Secret {
  metadata: { uid: string; resourceVersion: string };
  data: Record<string, string>;
}

/** Passwords of the database from Secrets that a person has made with kubectl, as External Secrets would. */
for (const topology of topologies) {
  const own = users[topology];
  const members = { single: 1, replicated: 2, group: 3 }[topology];

  describeLong(`K1 G9 passwords from Secrets that are there, with a ${topology} database`, () => {
    let place: Place;
    let kubectl: Kubectl;
    let passwords: Record<string, string>;
    let post: string;
    const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };

    keepStackFile("dev");

    /** Of all signs that one may have, and another one each time. */
    const anew = () =>
      Object.fromEntries(
        [...own, "blog"].map((user) => [
          user,
          `${randomBytes(8).toString("hex")}-._~${randomBytes(4).toString("hex")}`,
        ]),
      );
    const reached = async () => {
      const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
      await blog.answers("/", 120);
      return blog;
    };
    const inServer = (ordinal: number, ...command: string[]) =>
      kubectl.run("exec", `mysql-${ordinal}`, "-c", "mysql", "--", ...command);
    /** What a member answers to a login, whose password goes over standard input. */
    const answerTo = (ordinal: number, user: string, password: string) =>
      kubectl
        .runWithInput(
          `[client]\nuser=${user}\npassword=${password}\n`,
          ...["exec", "--stdin", `mysql-${ordinal}`, "-c", "mysql", "--"],
          ...[
            "mysql",
            "--defaults-file=/dev/stdin",
            ...(user === "root" ? [] : ["--host=127.0.0.1"]),
            "-NBe",
            "SELECT 1",
          ],
        )
        .catch(String);
    /** Waits until every member takes passwords, or refuses them: replicas hear of it a moment later. */
    const everybody = async (answer: "takes" | "refuses", them: Record<string, string>) =>
      until(`everybody ${answer} passwords`, 60, async () => {
        const answers = await Promise.all(
          Array.from({ length: members }, (_, ordinal) => ordinal).flatMap((ordinal) => [
            answerTo(ordinal, "root", them["root"] ?? ""),
            answerTo(ordinal, "monitor", them["monitor"] ?? ""),
            answerTo(ordinal, "ghost_blog", them["blog"] ?? ""),
          ]),
        );
        if (!answers.every((one) => (answer === "takes" ? one === "1" : one.includes("Access denied")))) {
          throw new Error(answers.join("; "));
        }
        return true;
      });
    const secrets = () =>
      Promise.all(["db-passwords", "blog-database"].map((name) => kubectl.get<Secret>("secret", name)));
    /** What fills the Secrets. */
    const fill = async (them: Record<string, string>) => {
      const secret = (name: string, stringData: object) => ({
        ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: kubectl.namespace } },
        stringData,
      });
      const { blog, ...server } = them;
      await kubectl.apply(secret("db-passwords", server), secret("blog-database", { "database-password": blog }));
    };

    before(async () => {
      const settings = {
        kubernetes: { namespace: `secrets-${topology}` },
        mailpit: { enabled: false },
        mysql: {
          ...{ topology, memory: topology === "group" ? "1Gi" : "768Mi" },
          ...(members > 1 ? { replicas: members } : {}),
          existingSecret: { name: "db-passwords", keys: Object.fromEntries(own.map((user) => [user, user])) },
        },
        sites: { blog: { database: { existingSecret: { name: "blog-database", key: "database-password" } } } },
      };
      ({ kubectl, place } = await kubernetesPlace("dev", settings, topology === "group" ? ["haproxy"] : []));
      passwords = anew();
    });
    after(async () => {
      await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
    });

    it("A3 nothing is begun before they are there, with every key, and a password that all can carry", async () => {
      const refused = async (...words: string[]) => {
        const { output, status } = await place.start();
        expect(status, output).to.equal(1);
        expect(words.filter((word) => !output.includes(word))).to.deep.equal([]);
        return output;
      };
      await refused(
        `mysql.existingSecret.keys.root: there is no Secret db-passwords in namespace ${kubectl.namespace}`,
        "sites.blog.database.existingSecret: there is no Secret blog-database",
      );
      expect(await kubectl.run("get", "namespace", kubectl.namespace, "--ignore-not-found")).to.equal("");
      await kubectl.run("create", "namespace", kubectl.namespace);
      await kubectl.run("label", "namespace", kubectl.namespace, "ghost-platform/stack=dev");
      const { monitor: _, ...others } = passwords;
      await fill({ ...others, blog: "it's no password\n" });
      const output = await refused(
        "mysql.existingSecret.keys.monitor: Secret db-passwords has no key monitor",
        "sites.blog.database.existingSecret: the password in key database-password of Secret blog-database: it ends with a line break",
      );
      expect(output).to.not.contain("it's no");
      expect(await kubectl.run("get", "statefulsets", "--output", "name")).to.equal("");
    });

    it("G9 the site comes up on them, and they stand nowhere else", async () => {
      await fill(passwords);
      succeeded(await timed("npm start", () => place.start()));
      const blog = await reached();
      await blog.setUp(owner);
      post = await blog.publish("Kept by others", "<p>written here</p>");
      await everybody("takes", passwords);
      const ours = await kubectl.get<{ items: Secret[] }>(
        "secrets,configmaps",
        "--selector",
        "ghost-platform/stack=dev",
      );
      const texts = ours.items.flatMap(({ data }) =>
        Object.values((data as Record<string, string> | undefined) ?? {}).flatMap((text) => [
          text,
          Buffer.from(text, "base64").toString("utf8"),
        ]),
      );
      const processes = [
        await inServer(0, "bash", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"),
        await kubectl.run(
          ...["exec", "deployment/ghost-blog", "-c", "ghost", "--"],
          ...["sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"],
        ),
      ];
      expect(processes.join("\n")).to.contain("mysqld");
      const logs = await kubectl.run("logs", "mysql-0", "--all-containers");
      for (const password of Object.values(passwords)) {
        expect([...texts, ...processes, logs].filter((text) => text.includes(password))).to.deep.equal([]);
      }
      succeeded(await place.ops("diagnose"));
    });

    it("S7 secrets rotate says whose they are, and rotates the others", async () => {
      const before = await secrets();
      const site = await place.ops("secrets rotate", "blog");
      expect(site.status).to.equal(1);
      expect(site.output).to.contain("key database-password of Secret blog-database").and.contain("whoever fills");
      const server = await timed("secrets rotate --mysql", () => place.ops("secrets rotate", "--mysql"));
      expect(server.output).to.contain("key root of Secret db-passwords");
      // Of a set all are there, and of a single server the password of backups is not.
      expect(server.status, server.output).to.equal(topology === "single" ? 0 : 1);
      await everybody("takes", passwords);
      expect((await secrets()).map(({ data }) => data)).to.deep.equal(before.map(({ data }) => data));
      expect(await (await reached()).page(post)).to.contain("written here");
    });

    it("S7 one is changed by changing the Secret and starting the pods again, and the former is refused", async () => {
      const former = passwords;
      passwords = anew();
      await fill(passwords);
      await timed("new passwords", async () => {
        await kubectl.removePods("app.kubernetes.io/name in (mysql,ghost)");
        await kubectl.run("rollout", "status", "statefulset/mysql", "--timeout=300s");
        await kubectl.run("rollout", "status", "deployment/ghost-blog", "--timeout=300s");
      });
      expect(await (await reached()).page(post)).to.contain("written here");
      await everybody("takes", passwords);
      await everybody("refuses", former);
      succeeded(await place.ops("diagnose"));
    });

    it("G10 diagnose says which Secret and key a pod waits for", async () => {
      await kubectl.run(
        "patch",
        "secret",
        "blog-database",
        "--type=json",
        "-p",
        '[{"op":"remove","path":"/data/database-password"}]',
      );
      await kubectl.removePods("app.kubernetes.io/name=ghost");
      const deadline = Date.now() + 60_000;
      let output = "";
      while (!output.includes("has no such key") && Date.now() < deadline) {
        ({ output } = await place.ops("diagnose"));
      }
      expect(output).to.contain("key database-password of Secret blog-database, which has no such key");
      await fill(passwords);
      await kubectl.run("rollout", "status", "deployment/ghost-blog", "--timeout=300s");
    });

    it("B1 A5 a backup leaves them out, destroy --data leaves them there, and a restore says that they have to be", async () => {
      const backup = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", place.stack]);
      succeeded(await timed("backup create", () => backup("create")));
      const before = await secrets();
      const output = succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
      expect(output).to.contain(`Namespace ${kubectl.namespace} stays`);
      expect(await secrets()).to.deep.equal(before);
      expect((await kubectl.run("get", "all,secrets", "--output", "name")).split("\n").sort()).to.deep.equal([
        "secret/blog-database",
        "secret/db-passwords",
      ]);
      await kubectl.run("delete", "secret", "db-passwords");
      const refused = await backup("restore", "--yes");
      expect([refused.status, refused.output]).to.satisfy(
        ([status, text]: [number, string]) =>
          status === 1 && text.includes("mysql.existingSecret.keys.root: there is no Secret db-passwords"),
      );
      passwords = anew();
      await fill(passwords);
      succeeded(await timed("restore", () => backup("restore", "--yes")));
      succeeded(await timed("npm start", () => place.start()));
      expect(await (await reached()).page(post)).to.contain("written here");
      await everybody("takes", passwords);
    });
  });
}

describeLong("K1 a stack that runs with random passwords", () => {
  let place: Place;
  let kubectl: Kubectl;
  const settings = { kubernetes: { namespace: "secrets-later" }, mailpit: { enabled: false } };
  const blogPassword = randomBytes(16).toString("hex");

  before(async () => {
    ({ kubectl, place } = await kubernetesPlace("dev", settings));
  });
  after(async () => {
    await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
  });

  it("gets them from Secrets by npm start, and goes back to random ones, with its posts", async () => {
    const shows = async (post: string) => {
      const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
      await blog.answers("/", 120);
      expect(await blog.page(post)).to.contain("written here");
    };
    const mine = async () => (await kubectl.run("get", "secrets", "--output", "name")).split("\n");
    succeeded(await timed("npm start", () => place.start()));
    const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 120);
    await blog.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" });
    const post = await blog.publish("Then kept by others", "<p>written here</p>");
    const former = fs.readFileSync(path.join(place.home, "machine.yaml"), "utf8");

    await kubectl.apply({
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "theirs", namespace: kubectl.namespace } },
      stringData: { root: randomBytes(16).toString("hex"), blog: blogPassword },
    });
    const [blogSecret, rootSecret] = [
      { name: "theirs", key: "blog" },
      { name: "theirs", keys: { root: "root" } },
    ];
    place.configure({
      mysql: { existingSecret: rootSecret },
      sites: { blog: { database: { existingSecret: blogSecret } } },
    });
    succeeded(await timed("npm start with Secrets", () => place.start()));
    await shows(post);
    expect(await mine())
      .to.include("secret/theirs")
      .and.not.include("secret/mysql-db-blog");
    const inPod = await kubectl.run(
      ...["exec", "deployment/ghost-blog", "-c", "ghost", "--", "cat", "/run/secrets/ghost/database-password"],
    );
    expect(inPod).to.equal(blogPassword);

    fs.writeFileSync(path.join(place.home, "machine.yaml"), former);
    succeeded(await timed("npm start without", () => place.start()));
    await shows(post);
    expect(await mine()).to.include.members(["secret/theirs", "secret/mysql-db-blog"]);
  });
});
