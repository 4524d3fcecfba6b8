import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { KubernetesStackConfig } from "../../../config/schema";
import { refuseUnusableOnCluster } from "../../../deploy/before/external-database";
import { KubernetesCluster } from "../../../engines/kubernetes-cluster";
import { collect } from "../../../render/collect";
import { kubernetesManifests } from "../../../render/kubernetes";
import { imageNames } from "../../../sandbox/images";
import { rejection } from "../../support/rejection";
import { rotatedPasswords } from "../../../stacks/apps";
import { temporaryDirectory } from "../../support/temporary-directory";
import { foreignAdmin, foreignFiles, foreignServer } from "../support/foreign-database";
import { GhostClient } from "../support/ghost-client";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { kubernetesImages } from "../support/stack-images";
import { until } from "../support/until";

/** Seconds of CI that Swarm's test of the same takes, too: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** A stack of one site with a database that is made, and one with a database that is brought along, in a namespace beside the server's. */
long("a database server of somebody else's behind a stack on Kubernetes", () => {
  const [namespace, elsewhere] = ["external-database", "somebody-else"];
  const host = `db.${elsewhere}.svc.cluster.local`;
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  let kubectl: Kubectl;
  let server: Kubectl;
  let config: KubernetesStackConfig;

  const sql = (statements: string) =>
    server.runWithInput(
      statements,
      ...["exec", "--stdin", "db", "--", "mysql", "--no-defaults", "--socket=/tmp/mysql.sock", "--user=root"],
      ...["--batch", "--skip-column-names"],
    );

  before(async () => {
    const place = await kubernetesPlace("dev");
    [kubectl, server] = [place.kubectl.within(namespace), place.kubectl.within(elsewhere)];
    await remove();
    const directory = temporaryDirectory();
    const files = path.join(directory, "foreign");
    const caFile = await foreignFiles(files, host);
    await kubectl.apply(...serverObjects(elsewhere, files));
    await until("the server of somebody else's", 120, async () => (await sql("SELECT 1")) === "1");
    await sql(
      "CREATE DATABASE theirs; CREATE USER 'their-user'@'%' IDENTIFIED BY 'their-password'; GRANT ALL ON theirs.* TO 'their-user'@'%'",
    );
    const file = (name: string, content: string) => {
      const written = path.join(directory, name);
      fs.writeFileSync(written, `${content}\n`, { mode: 0o600 });
      return written;
    };
    const storage = { size: "128Mi" };
    const theirs = { name: "theirs", user: "their-user", passwordFile: file("theirs", "their-password") };
    config = parseStackConfig({
      platform: "kubernetes",
      kubernetes: { context: "unused", namespace },
      images: kubernetesImages,
      mailpit: { enabled: false },
      mysql: { external: { host, caFile, user: foreignAdmin.user, passwordFile: file("dba", foreignAdmin.password) } },
      sites: {
        blog: { url: "http://blog.test", storage },
        news: { url: "http://news.test", storage, database: theirs },
      },
    }) as KubernetesStackConfig;
    await kubectl.apply(...kubernetesManifests((await collect(config, namespace)).resources));
  });
  after(remove);

  async function remove() {
    for (const each of [kubectl, server]) {
      await each.run("delete", "namespace", each.namespace, "--ignore-not-found", "--timeout=120s");
    }
  }

  it("D3 has databases made, and takes those that are brought along, under the namespace's policies", async () => {
    for (const site of ["blog", "news"]) {
      await until(`site ${site}`, 300, () => kubectl.readyPod(`ghost-${site}`));
      const client = new GhostClient(await kubectl.serviceUrl(`ghost-${site}`, "http"), `http://${site}.test`);
      await client.setUp(owner);
      const post = await client.publish(`From ${site}`, "<p>It is there.</p>");
      expect(await client.page(post)).to.contain("It is there.");
    }
    expect(await sql("SELECT COUNT(*) FROM ghost_blog.posts WHERE title = 'From blog'")).to.equal("1");
    expect(await sql("SELECT COUNT(*) FROM theirs.posts WHERE title = 'From news'")).to.equal("1");
    expect(await kubectl.run("get", "statefulsets,services", "--output", "name")).to.not.contain("mysql");
  });

  it("D3 is asked from a pod before it is changed, and refuses another password in words", async () => {
    const cluster = new KubernetesCluster({ context: kubectl.context, kubeconfig: kubectl.kubeconfig }, namespace);
    await refuseUnusableOnCluster(cluster, namespace, config);
    const { external } = config.mysql;
    const passwordFile = path.join(temporaryDirectory(), "password");
    fs.writeFileSync(passwordFile, "no-such-password\n");
    const wrong = { ...config, mysql: { ...config.mysql, external: external && { ...external, passwordFile } } };
    const { message } = await rejection(refuseUnusableOnCluster(cluster, namespace, wrong));
    expect(message).to.contain("Nothing was changed").and.contain("mysql.external.passwordFile: ");
    expect(await kubectl.run("get", "pods", "--output", "name")).to.not.contain("pod/ask-");
  });

  it("D3 S7 what ends a former password logs in from the site's own pod", async () => {
    const [password] = rotatedPasswords(config);
    const { command = [], container = "", pods: [pod = ""] = [] } = password?.discard?.kubernetes ?? {};
    expect(await kubectl.run("exec", pod, "--container", container, "--", ...command)).to.contain(
      "ghost_blog logs in with the present password only",
    );
  });

  it("D3 makes them again where the server has lost them", async () => {
    await sql("DROP USER ghost_blog; DROP DATABASE ghost_blog");
    await kubectl.run("rollout", "restart", "deployment/logins-mysql");
    await until("the user", 90, async () => (await sql("SELECT user FROM mysql.user")).includes("ghost_blog"));
  });
});

/** A namespace with the server and its Service. */
function serverObjects(namespace: string, files: string): object[] {
  const stringData = Object.fromEntries(
    ["init.sql", "ca.pem", "server.pem", "server.key"].map((name) => [
      name,
      fs.readFileSync(path.join(files, name), "utf8"),
    ]),
  );
  const labels = { app: "db" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "Secret", metadata: { name: "db", namespace }, stringData },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "db", namespace },
      spec: { selector: labels, ports: [{ port: 3306 }] },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "db", namespace, labels },
      spec: {
        securityContext: { runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
        containers: [
          {
            name: "mysqld",
            image: imageNames.mysql,
            command: ["bash", "-c", foreignServer],
            volumeMounts: [
              { name: "foreign", mountPath: "/foreign", readOnly: true },
              { name: "data", mountPath: "/var/lib/mysql" },
            ],
          },
        ],
        volumes: [
          { name: "foreign", secret: { secretName: "db" } },
          { name: "data", emptyDir: {} },
        ],
      },
    },
  ];
}
