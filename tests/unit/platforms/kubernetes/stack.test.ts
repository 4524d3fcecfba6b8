import { expect } from "chai";
import { UserError } from "../../../../errors";
import type { Manifest } from "../../../../render/kubernetes";
import { configurationHash, container, manifestsOf, object, podSpecs, type PodSpec } from "../../../support/kubernetes";

const twoSites = { sites: { blog: { url: "http://blog.test" }, news: { url: "https://news.test/daily" } } };

function spec(manifests: readonly Manifest[], name: string): PodSpec {
  const found = podSpecs(manifests)[name];
  if (!found) {
    throw new Error(`no workload ${name}`);
  }
  return found;
}

/** What a stack is refused with. */
const refusal = async (raw: Record<string, unknown>) => {
  try {
    await manifestsOf(raw);
  } catch (error) {
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("accepted");
};

describe("a stack on Kubernetes", () => {
  let manifests: Manifest[];
  before(async () => {
    manifests = await manifestsOf(twoSites);
  });

  it("A1 is a namespace with one database server, an inbox, and a pod a site", () => {
    expect(Object.keys(podSpecs(manifests))).to.have.members(["mysql", "mailpit", "ghost-blog", "ghost-news"]);
    for (const { kind, metadata } of manifests) {
      const ofCluster = kind === "Namespace" || kind === "PriorityClass";
      expect(metadata.namespace, `${kind} ${metadata.name}`).to.equal(ofCluster ? undefined : "ghost-test");
    }
  });

  it("G1 G2 waits for the database, then migrates it, before Ghost starts", () => {
    const pod = spec(manifests, "ghost-blog");
    expect(pod.initContainers?.map(({ name }) => name).slice(0, 2)).to.deep.equal(["ghost-init", "database-migrate"]);
    const wait = container(pod, "ghost-init");
    expect(wait.image).to.contain("busybox");
    expect(wait.env).to.deep.include({ name: "DB_HOST", value: "mysql.ghost-test.svc.cluster.local" });
    expect(wait.env).to.deep.include({ name: "DB_PORT", value: "3306" });
    expect(container(pod, "database-migrate").image).to.equal(container(pod, "ghost").image);
  });

  it("G8 satisfies the restricted Pod Security Standard, which the namespace enforces", () => {
    expect(object(manifests, "Namespace", "ghost-test").metadata["labels"]).to.include({
      "pod-security.kubernetes.io/enforce": "restricted",
    });
    for (const [name, pod] of Object.entries(podSpecs(manifests))) {
      expect(pod.securityContext, name).to.deep.include({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(pod.automountServiceAccountToken, name).to.equal(false);
      for (const { name: containerName, resources, securityContext } of [
        ...(pod.initContainers ?? []),
        ...pod.containers,
      ]) {
        expect(securityContext, `${name}/${containerName}`).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(Object.keys(resources.requests ?? {}), `${name}/${containerName}`).to.include.members(["cpu", "memory"]);
        expect(Object.keys(resources.limits ?? {}), `${name}/${containerName}`).to.include("memory");
      }
    }
  });

  it("G9 gives Ghost its settings in the environment and its password as a file", () => {
    const ghost = container(spec(manifests, "ghost-news"), "ghost");
    const environment = Object.fromEntries(ghost.env.map(({ name, value }) => [name, value]));
    expect(environment).to.include({
      NODE_ENV: "production",
      url: "https://news.test/daily",
      database__client: "mysql",
      database__connection__host: "mysql.ghost-test.svc.cluster.local",
      database__connection__user: "ghost_news",
      database__connection__database: "ghost_news",
      database__connection__password_FILE: "/run/secrets/ghost/database-password",
      mail__options__host: "mailpit.ghost-test.svc.cluster.local",
      mail__from: "noreply@news.test",
    });
    const volume = spec(manifests, "ghost-news").volumes.find(({ name }) => name === "database-password");
    expect(volume?.secret?.secretName).to.equal("mysql-db-news");
  });

  it("G6 asks a site under its path, and says that TLS ended before it", () => {
    const { livenessProbe, readinessProbe } = container(spec(manifests, "ghost-news"), "ghost");
    expect(livenessProbe.httpGet.path).to.equal("/daily/ghost/api/admin/site/");
    expect(readinessProbe.httpGet.path).to.equal("/daily/ghost/api/admin/authentication/setup/");
    expect(readinessProbe.httpGet.httpHeaders).to.deep.include({ name: "X-Forwarded-Proto", value: "https" });
    expect(container(spec(manifests, "ghost-blog"), "ghost").readinessProbe.httpGet.httpHeaders).to.not.deep.include({
      name: "X-Forwarded-Proto",
      value: "https",
    });
  });

  it("G1 M1 L1 never runs two of what owns its data", () => {
    for (const name of ["ghost-blog", "mailpit"]) {
      expect(object(manifests, "Deployment", name)["spec"]).to.deep.include({
        replicas: 1,
        strategy: { type: "Recreate" },
      });
    }
    expect(object(manifests, "StatefulSet", "mysql")["spec"]).to.include({ replicas: 1 });
  });

  it("M1 gives the server a headless Service and a claim of 20Gi", () => {
    expect(object(manifests, "Service", "mysql")["spec"]).to.include({ clusterIP: "None" });
    const { resources } = object(manifests, "PersistentVolumeClaim", "data-mysql-0")["spec"] as {
      resources: { requests: { storage: string } };
    };
    expect(resources.requests.storage).to.equal("20Gi");
  });

  it("A5 keeps passwords in Secrets, and a site sees its own alone", () => {
    const secrets = manifests.filter(({ kind }) => kind === "Secret");
    const values = secrets.flatMap(({ data }) =>
      Object.values(data as Record<string, string>).map((value) => Buffer.from(value, "base64").toString()),
    );
    const passwords = values.filter((value) => /^p[A-Za-z0-9]{32}$/.test(value));
    // Of the sites, and of the inbox for who reads and who sends.
    expect(passwords).to.have.length(4);
    const elsewhere = JSON.stringify(manifests.filter(({ kind }) => kind !== "Secret"));
    const everyPassword = values.flatMap((value) => value.match(/\bp[A-Za-z0-9]{32}\b/g) ?? []);
    expect(new Set(everyPassword).size).to.equal(7);
    for (const password of everyPassword) {
      expect(elsewhere).to.not.contain(password);
    }
    const mounted = (name: string) =>
      spec(manifests, name).volumes.flatMap(({ secret }) => (secret ? [secret.secretName] : []));
    expect(mounted("ghost-blog")).to.deep.equal(["mysql-db-blog", "mailpit-sender"]);
    expect(mounted("ghost-news")).to.deep.equal(["mysql-db-news", "mailpit-sender"]);
    expect(mounted("mailpit")).to.deep.equal([]);
  });

  it("S7 moves a site to another password of the same Secret, keeps the former ones, and leaves the server alone", async () => {
    const generations = { blog: 3 };
    const after = await manifestsOf({ ...twoSites, secrets: { generations, keepVersions: 1 } });
    const items = (of: readonly Manifest[]) =>
      spec(of, "ghost-blog").volumes.find(({ name }) => name === "database-password")?.secret?.items;
    expect(items(manifests)).to.deep.equal([{ key: "password", path: "database-password" }]);
    expect(items(after)).to.deep.equal([
      { key: "password-3", path: "database-password" },
      { key: "password-2", path: "database-password-former-1" },
      { key: "password", path: "database-password-former-2" },
    ]);
    const keys = Object.keys(object(after, "Secret", "mysql-db-blog")["data"] as object);
    expect(keys).to.have.members(["password", "password-2", "password-3"]);
    expect(spec(after, "ghost-news")).to.deep.equal(spec(manifests, "ghost-news"));
    expect(object(after, "StatefulSet", "mysql")).to.deep.equal(object(manifests, "StatefulSet", "mysql"));
  });

  it("A1 a site may have any name, also that of something the stack has", async () => {
    const names = [
      "root",
      "monitor",
      "server",
      "configuration",
      "data",
      "db",
      "mysql",
      "mailpit",
      "content",
      "scripts",
    ];
    const sites = Object.fromEntries(names.map((name) => [name, { url: `http://${name}.test` }]));
    const objects = (await manifestsOf({ sites })).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(objects).to.have.length(new Set(objects).size);
    expect(objects).to.include.members(names.map((name) => `Deployment ghost-${name}`));
  });

  it("M6 a further site restarts the server, which makes its user; a site's own settings do not", async () => {
    const hash = async (raw: Record<string, unknown>) =>
      configurationHash(await manifestsOf(raw), "StatefulSet", "mysql");
    const one = await hash({});
    expect(await hash(twoSites)).to.not.equal(one);
    expect(await hash({ sites: { blog: { memory: "1Gi" } } })).to.equal(one);
    expect(await hash({ mysql: { options: { max_connections: 250 } } })).to.not.equal(one);
  });

  it("A3 refuses server options and Ghost settings that it depends on", async () => {
    expect(await refusal({ mysql: { options: { "sync-binlog": 0 } } })).to.contain("sync_binlog: always 1");
    expect(await refusal({ sites: { blog: { settings: { url: "x", database__client: "sqlite3" } } } })).to.match(
      /sites\.blog\.settings\.url: this program sets it\. Remove it, and use sites\.blog\.url[^]*database__client: this program sets it/,
    );
  });

  it("L2 L3 hands a node's directory to Mailpit's user where fsGroup cannot", async () => {
    const onNode = await manifestsOf({
      kubernetes: { podSecurity: "baseline" },
      mailpit: { storage: { hostPath: "/tmp/pv-mailpit", size: "10Mi" } },
    });
    const volume = object(onNode, "PersistentVolume", "ghost-test-mailpit-mail")["spec"];
    expect(volume).to.deep.include({ storageClassName: "manual", capacity: { storage: "10Mi" } });
    expect(object(onNode, "PersistentVolumeClaim", "mailpit-mail")["spec"]).to.include({
      storageClassName: "manual",
      volumeName: "ghost-test-mailpit-mail",
    });
    const pod = spec(onNode, "mailpit");
    const owner = container(pod, "volume-permissions");
    expect(owner.command).to.deep.equal(["sh", "/scripts/volume-permissions.sh", "/maildir", "1000"]);
    expect(owner.securityContext.capabilities).to.deep.equal({ drop: ["ALL"], add: ["CHOWN"] });
    expect(container(pod, "mailpit").securityContext.capabilities).to.deep.equal({ drop: ["ALL"] });
    expect(spec(manifests, "mailpit").initContainers ?? []).to.deep.equal([]);
  });

  it("H9 gives any volume to its user first where a class ignores fsGroup, and runs nothing as root otherwise", async () => {
    const storage = { volumePermissions: true };
    for (const mysql of [{ storage }, { storage, topology: "replicated" }]) {
      const given = await manifestsOf({
        kubernetes: { podSecurity: "baseline" },
        mysql,
        mailpit: { storage },
        sites: { blog: { storage } },
      });
      for (const [app, user, place, scripts] of [
        ["mysql", "999", "/var/lib/mysql", "mysql-configuration"],
        ["mailpit", "1000", "/maildir", "mailpit-scripts"],
        ["ghost-blog", "1000", "/var/lib/ghost/content", "ghost-blog-scripts"],
      ] as const) {
        const first = spec(given, app).initContainers?.[0];
        expect(first?.name, app).to.equal("volume-permissions");
        expect(first?.command).to.deep.equal(["sh", "/scripts/volume-permissions.sh", place, user]);
        expect(first?.securityContext.runAsUser).to.equal(0);
        expect(object(given, "ConfigMap", scripts)["data"]).to.include.keys("volume-permissions.sh");
        const names = (spec(manifests, app).initContainers ?? []).map(({ name }) => name);
        expect(names, app).not.to.include("volume-permissions");
      }
    }
    const byHand = { storage: { hostPath: "/srv/mail", volumePermissions: false } };
    expect(spec(await manifestsOf({ mailpit: byHand }), "mailpit").initContainers ?? []).to.deep.equal([]);
    const asRoot = {
      mysql: { storage },
      mailpit: { storage: { hostPath: "/srv/mail" } },
      sites: { blog: { storage } },
    };
    expect(await refusal(asRoot)).to.contain(
      "kubernetes.podSecurity: must be baseline with mysql.storage.volumePermissions, mailpit.storage.hostPath, sites.blog.storage.volumePermissions.",
    );
  });

  it("L1 publishes the inbox on the host it is told, and nowhere by default", async () => {
    expect(manifests.filter(({ kind }) => kind === "Ingress")).to.deep.equal([]);
    const published = await manifestsOf({ mailpit: { host: "mail.test", ingress: { className: "nginx" } } });
    expect(object(published, "Ingress", "mailpit")["spec"]).to.deep.include({ ingressClassName: "nginx" });
  });

  it("publishes a site below a path, and nothing that merely begins alike, whatever the controller takes for a prefix", async () => {
    for (const url of ["https://test/news", "https://test/news/"]) {
      const manifests = await manifestsOf({ sites: { blog: { url, ingress: {} } } });
      const { rules } = object(manifests, "Ingress", "ghost-blog")["spec"] as {
        rules: { http: { paths: { path: string; pathType: string }[] } }[];
      };
      expect(rules.flatMap(({ http }) => http.paths.map(({ path, pathType }) => [path, pathType]))).to.deep.equal([
        ["/news", "Exact"],
        ["/news/", "Prefix"],
      ]);
    }
  });

  it("E3 has cert-manager keep the certificate of an Ingress, for the admin's host, too", async () => {
    const at = (ingress: object) => ({
      sites: { blog: { url: "https://blog.test", adminUrl: "https://admin.test", ingress } },
      mailpit: { host: "mail.test", ingress: { issuer: { kind: "Issuer", name: "own" } } },
    });
    const manifests = await manifestsOf(at({ issuer: { name: "letsencrypt" } }));
    const ingress = object(manifests, "Ingress", "ghost-blog");
    expect(ingress.metadata["annotations"]).to.include({ "cert-manager.io/cluster-issuer": "letsencrypt" });
    expect(ingress["spec"]).to.deep.include({
      tls: [{ hosts: ["blog.test", "admin.test"], secretName: "ghost-blog-tls" }],
    });
    expect((ingress["spec"] as { rules: { host: string }[] }).rules.map(({ host }) => host)).to.deep.equal([
      "blog.test",
      "admin.test",
    ]);
    const environment = container(spec(manifests, "ghost-blog"), "ghost").env;
    expect(environment).to.deep.include({ name: "admin__url", value: "https://admin.test" });
    const inbox = object(manifests, "Ingress", "mailpit");
    expect(inbox.metadata["annotations"]).to.include({ "cert-manager.io/issuer": "own" });
    const named = await manifestsOf(at({ issuer: { name: "letsencrypt" }, tlsSecret: "own" }));
    expect(JSON.stringify(object(named, "Ingress", "ghost-blog")["spec"])).to.contain(`"secretName":"own"`);
  });

  it("E3 publishes a site by a Gateway: the page, the way from other hosts, and the way to https", async () => {
    const [http, https] = ["http", "https"].map((sectionName) => ({ name: "web", namespace: "gateways", sectionName }));
    const route = { parentRefs: [https], redirectFrom: [http], annotations: { "a.test/b": "c" } };
    const url = "https://blog.test/news";
    const manifests = await manifestsOf({ sites: { blog: { url, aliases: ["www.blog.test"], route } } });
    const routes = manifests.filter(({ kind }) => kind === "HTTPRoute");
    expect(routes.map(({ metadata: { name }, spec }) => [name, spec])).to.deep.equal([
      [
        "ghost-blog",
        {
          parentRefs: [https],
          hostnames: ["blog.test"],
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: "/news" } }],
              backendRefs: [{ name: "ghost-blog", port: 80 }],
            },
          ],
        },
      ],
      [
        "ghost-blog-aliases",
        {
          parentRefs: [https, http],
          hostnames: ["www.blog.test"],
          rules: [redirect({ scheme: "https", port: 443, statusCode: 301, hostname: "blog.test" })],
        },
      ],
      [
        "ghost-blog-to-https",
        {
          parentRefs: [http],
          hostnames: ["blog.test"],
          rules: [redirect({ scheme: "https", port: 443, statusCode: 301 })],
        },
      ],
    ]);
    for (const { metadata } of routes) {
      expect(metadata["annotations"]).to.deep.equal({ "a.test/b": "c" });
    }
    expect(manifests.filter(({ kind }) => kind === "Ingress")).to.deep.equal([]);
  });

  it("L5 leaves mail alone without an inbox", async () => {
    const silent = await manifestsOf({ mailpit: { enabled: false } });
    expect(Object.keys(podSpecs(silent))).to.not.include("mailpit");
    expect(JSON.stringify(container(spec(silent, "ghost-blog"), "ghost").env)).to.not.contain("mail__");
  });
});

function redirect(requestRedirect: object) {
  return { filters: [{ type: "RequestRedirect", requestRedirect }] };
}
