import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { keptClaims } from "../../../../backup/kubernetes/kept";
import type { Claim, Pod, Workload } from "../../../../backup/kubernetes/objects";
import { parseStackConfig } from "../../../../config/parse";
import type { RawConfig } from "../../../../config/files/machine";
import type { KubernetesStackConfig } from "../../../../config/schema";
import { kubernetesSummary } from "../../../../deploy/summary";
import { KubernetesCluster } from "../../../../engines/kubernetes-cluster";
import type { Manifest } from "../../../../render/kubernetes";
import { monitoring } from "../../../../components/monitoring/app";
import { PasswordStore } from "../../../../render/passwords";
import { neededImages } from "../../../../stacks/images";
import { configurationHash, container, manifestsOf, object, podSpecs } from "../../../support/kubernetes";
import { temporaryDirectory } from "../../../support/temporary-directory";

const alerts = { to: ["owner@example.com"] };
const base = { platform: "kubernetes", kubernetes: { context: "test" }, sites: { blog: { url: "http://blog.test" } } };
const parsed = (raw: RawConfig) => parseStackConfig({ ...base, ...raw }) as KubernetesStackConfig;

interface Prometheus {
  scrape_configs: {
    job_name: string;
    static_configs: { targets: string[]; labels?: Record<string, string> }[];
  }[];
}
const dataOf = (manifests: readonly Manifest[], name: string) =>
  object(manifests, "ConfigMap", name)["data"] as Record<string, string>;
const jobs = (manifests: readonly Manifest[]) =>
  (parse(dataOf(manifests, "monitoring-configuration")["prometheus.yml"] ?? "") as Prometheus).scrape_configs;
const rules = (manifests: readonly Manifest[]) =>
  (
    parse(dataOf(manifests, "monitoring-configuration")["rules.yml"] ?? "") as {
      groups: { rules: { alert: string; expr: string }[] }[];
    }
  ).groups.flatMap((group) => group.rules);
const own = (manifests: readonly Manifest[]) =>
  manifests.filter(({ metadata }) => /^monitoring(-|$)/.test(metadata.name));

describe("K2 a stack on Kubernetes that is monitored", () => {
  it("has the parts that are asked for, and without the key none", async () => {
    const names = async (raw: RawConfig) =>
      Object.entries(podSpecs(own(await manifestsOf(raw)))).map(([name, { containers }]) => [
        name,
        ...containers.map((one) => one.name),
      ]);
    const always = ["prometheus", "blackbox-exporter", "mysqld-exporter"];
    expect(own(await manifestsOf())).to.deep.equal([]);
    expect(await names({ monitoring: { dashboards: false } })).to.deep.equal([["monitoring", ...always]]);
    expect(await names({ monitoring: { alerts } })).to.have.deep.members([
      ["monitoring", ...always, "alertmanager"],
      ["monitoring-grafana", "grafana"],
    ]);
    const images = neededImages(parsed({ monitoring: { alerts, dashboards: false } })).map(({ name }) => name);
    expect(images).to.include.members(["prometheus", "blackboxExporter", "mysqldExporter", "alertmanager"]);
    expect(images).to.not.include.members(["nodeExporter"]).and.to.not.include("grafana");
  });

  it("has nobody but its own pod reach what logs in, what fetches and what tells, whatever the cluster's network does", async () => {
    const spec = podSpecs(await manifestsOf({ monitoring: { alerts } }))["monitoring"] ?? expect.fail();
    for (const part of ["blackbox-exporter", "mysqld-exporter", "alertmanager"]) {
      const { command, ports } = container(spec, part);
      expect(command.join(" "), part).to.match(/--web\.listen-address=127\.0\.0\.1:\d+/);
      expect(ports, part).to.equal(undefined);
    }
    expect(container(spec, "prometheus").command.join(" ")).to.not.contain("listen-address");
    const alone = podSpecs(await manifestsOf({ monitoring: { dashboards: false } }))["monitoring"] ?? expect.fail();
    expect(container(alone, "prometheus").command).to.include("--web.listen-address=127.0.0.1:9090");
  });

  it("gives no part more rights than it needs, and each secret to one of them", async () => {
    const passwordFile = path.join(temporaryDirectory(), "password");
    fs.writeFileSync(passwordFile, "of the relay", { mode: 0o600 });
    const relay = { host: "smtp.example.com", username: "press", passwordFile };
    const specs = podSpecs(
      own(await manifestsOf({ monitoring: { alerts }, mailpit: { enabled: false }, mailRelay: relay })),
    );
    for (const [name, spec] of Object.entries(specs)) {
      expect(spec.automountServiceAccountToken, name).to.equal(false);
      expect(spec.serviceAccountName, name).to.equal(undefined);
      for (const { name: part, resources, securityContext } of spec.containers) {
        expect(securityContext, part).to.deep.include({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
        });
        expect(resources.limits["memory"], part).to.match(/Mi$/);
      }
      const secrets = spec.volumes.filter(({ secret }) => (secret as unknown) !== undefined);
      for (const secret of secrets) {
        const having = spec.containers.filter(({ volumeMounts }) =>
          volumeMounts.some((mount) => mount.name === secret.name),
        );
        expect(having, secret.name).to.have.length(1);
      }
    }
    expect(specs["monitoring"]?.volumes.map(({ name }) => name)).to.include.members(["metrics", "mail-password"]);
  });

  it("asks a site by its Service as a proxy in front does, and each member of the database by its name", async () => {
    const manifests = await manifestsOf({
      monitoring: {},
      sites: { blog: { url: "https://blog.test/news" } },
      mysql: { topology: "replicated", maxLag: 45 },
    });
    const targets = (job: string) =>
      jobs(manifests)
        .find(({ job_name }) => job_name === job)
        ?.static_configs.map(({ labels, targets: [target] }) => [target, labels?.["role"] ?? labels?.["name"]]);
    expect(targets("sites")).to.deep.equal([["http://ghost-blog/news/ghost/api/admin/authentication/setup/", "blog"]]);
    expect(targets("home-pages")).to.deep.equal([["http://ghost-blog/news", "blog"]]);
    expect(targets("services")).to.deep.equal([["http://mailpit:8025/readyz", "inbox"]]);
    expect(targets("mysql")).to.deep.equal([
      ["mysql-source:3306", "source"],
      ["mysql-1.mysql:3306", "replica"],
      ["mysql-2.mysql:3306", "replica"],
    ]);
    const expressions = Object.fromEntries(rules(manifests).map(({ alert, expr }) => [alert, expr]));
    expect(expressions["ReplicaMissing"]).to.match(/< 2$/);
    expect(expressions["ReplicaLate"]).to.match(/> 45$/);
    expect(expressions).to.not.have.any.keys("MachineGone", "DiskNearlyFull", "DiskFillsUp");
    const { modules } = parse(dataOf(manifests, "monitoring-configuration")["blackbox.yml"] ?? "") as {
      modules: Record<string, { http: { headers: Record<string, string> } }>;
    };
    expect(modules["sites-blog"]?.http.headers).to.include({ Host: "blog.test", "X-Forwarded-Proto": "https" });
  });

  it("asks the database as a user of its own, with one right, in every topology", async () => {
    for (const [topology, file, source] of [
      ["single", "provision.sql", "mysql"],
      ["replicated", "source.sql", "mysql-source"],
      ["group", "databases.sql", "mysql-primary"],
    ] as const) {
      const manifests = await manifestsOf({ monitoring: {}, mysql: { topology } });
      const secret = (name: string, key: string) =>
        Buffer.from(
          (object(manifests, "Secret", name)["data"] as Record<string, string>)[key] ?? "",
          "base64",
        ).toString();
      expect(secret("mysql-metrics", "metrics.cnf"), topology).to.match(
        /^\[client\]\nuser=metrics\npassword=p\w{32}\nssl-ca=\/etc\/ghost-platform\/mysql-ca\.pem\n/,
      );
      const sql = secret("mysql-server", file);
      expect(sql.match(/GRANT .* TO 'metrics'@'%'/g), topology).to.deep.equal([
        "GRANT REPLICATION CLIENT ON *.* TO 'metrics'@'%'",
      ]);
      expect(jobs(manifests).find(({ job_name }) => job_name === "mysql")?.static_configs[0]?.targets).to.deep.equal([
        `${source}:3306`,
      ]);
    }
    const without = object(await manifestsOf(), "Secret", "mysql-server")["data"] as Record<string, string>;
    expect(Buffer.from(without["provision.sql"] ?? "", "base64").toString()).to.contain("DROP USER ''metrics''@''%''");
  });

  it("is rolled out again for a changed rule, and for another password of who asks", async () => {
    const passwords = new PasswordStore();
    const after = (of: string) => manifestsOf({ monitoring: { alerts: { ...alerts, after: of } } }, passwords);
    const hash = async (manifests: Promise<Manifest[]>) =>
      configurationHash(await manifests, "Deployment", "monitoring");
    expect(await hash(after("2m"))).to.equal(await hash(after("2m")));
    expect(await hash(after("2m"))).to.not.equal(await hash(after("1m")));
    const second = podSpecs(await manifestsOf({ monitoring: {}, mysql: { passwordGeneration: 2 } }))["monitoring"];
    expect(second?.volumes.find(({ name }) => name === "metrics")?.secret.items[0]?.key).to.equal("metrics.cnf-2");
  });

  it("sends its mail into the inbox, which then asks no sender for a login", async () => {
    const manifests = await manifestsOf({ monitoring: { alerts } });
    const { global } = parse(dataOf(manifests, "monitoring-configuration")["alertmanager.yml"] ?? "") as {
      global: object;
    };
    expect(global).to.deep.equal({
      smtp_smarthost: "mailpit.ghost-test.svc.cluster.local:1025",
      smtp_from: "noreply@blog.test",
      smtp_require_tls: false,
    });
    const inbox = container(podSpecs(manifests)["mailpit"] ?? expect.fail(), "mailpit");
    const variables = inbox.env.map(({ name }) => name);
    expect(variables).to.include("MP_UI_AUTH_FILE").and.to.not.include("MP_SMTP_AUTH_FILE");
    expect(manifests.some(({ metadata }) => metadata.name === "mailpit-sender")).to.equal(false);
  });

  it("asks the cluster for backups where some are promised, with the right to read two objects", async () => {
    const plain = await manifestsOf({ monitoring: {} });
    expect(plain.some(({ kind }) => /^(Role|RoleBinding|ServiceAccount)$/.test(kind))).to.equal(false);
    expect(rules(plain).map(({ alert }) => alert)).to.not.include("BackupOverdue");

    const manifests = await manifestsOf({ monitoring: {}, backup: { schedule: "daily" } });
    expect(rules(manifests).map(({ alert }) => alert)).to.include.members([
      "BackupOverdue",
      "BackupUnknown",
      "BackupFailed",
    ]);
    expect(rules(manifests).map(({ alert }) => alert)).to.not.include("BackupVerificationOverdue");
    const readBack = rules(await manifestsOf({ monitoring: {}, backup: { schedule: "daily", verify: "weekly" } }));
    expect(readBack.map(({ alert }) => alert)).to.include.members([
      "BackupVerificationOverdue",
      "BackupNeverVerified",
      "BackupVerificationFailed",
    ]);
    expect(jobs(manifests).map(({ job_name }) => job_name)).to.include("backups");
    expect(object(manifests, "Role", "monitoring")["rules"]).to.deep.equal([
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["ghost-platform-backups"], verbs: ["get"] },
    ]);
    const spec = podSpecs(manifests)["monitoring"] ?? expect.fail();
    const holders = spec.containers.filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === "account"));
    expect(
      holders.map(({ name }) => name),
      "who has the token",
    ).to.deep.equal(["backup-figures"]);
    expect(spec.automountServiceAccountToken).to.equal(false);
  });

  it("looks how long the certificates of published sites hold, and whoever renews them", async () => {
    const sites = {
      blog: { url: "https://blog.test", aliases: ["www.blog.test"], route: { parentRefs: [{ name: "web" }] } },
      news: { url: "https://news.test:8443/a", ingress: { tlsSecret: "news-tls" } },
      inside: { url: "https://inside.test" },
      plain: { url: "http://plain.test", ingress: {} },
    };
    const manifests = await manifestsOf({ monitoring: {}, sites });
    const pages = jobs(manifests).find(({ job_name }) => job_name === "certificates")?.static_configs;
    expect(pages?.map(({ labels, targets: [target] }) => [target, labels?.["name"]])).to.deep.equal([
      ["blog.test:443", "blog"],
      ["www.blog.test:443", "www.blog.test"],
      ["news.test:8443", "news"],
    ]);
    const { modules } = parse(dataOf(manifests, "monitoring-configuration")["blackbox.yml"] ?? "") as {
      modules: Record<string, object>;
    };
    expect(modules["certificates-www.blog.test"]).to.deep.include({ prober: "tcp" });
    const rule = rules(manifests).find(({ alert }) => alert === "CertificateEnds");
    expect(rule?.expr).to.match(/< 604800$/);
    expect(JSON.stringify(rule)).to.contain("cert-manager");
    const without = await manifestsOf({ monitoring: {} });
    expect(rules(without).map(({ alert }) => alert)).to.not.include("CertificateEnds");
  });

  it("is in no backup", () => {
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "monitoring-data" } }];
    const containers = [{ name: "prometheus", image: "p", volumeMounts: [{ name: "data", mountPath: "/data" }] }];
    const workload = (labels: Record<string, string>) =>
      ({
        kind: "Deployment",
        metadata: { name: "monitoring", labels },
        spec: { selector: { matchLabels: { a: "b" } }, template: { spec: { containers, volumes } } },
      }) as unknown as Workload;
    const claim = { metadata: { name: "monitoring-data" }, spec: {} } as unknown as Claim;
    const pod = {
      metadata: { name: "monitoring-1", labels: { a: "b" } },
      spec: { nodeName: "one", containers, volumes },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    } as unknown as Pod;
    const kept = (labels: Record<string, string>) => keptClaims([workload(labels)], [pod], [claim]);
    expect(kept({ "ghost-platform/backup": "excluded" })).to.deep.equal({
      claims: [],
      missing: [],
      unused: [],
      added: [],
    });
    expect(kept({}).claims).to.have.length(1);
  });

  const told = (raw: RawConfig) =>
    kubernetesSummary("test", parsed(raw), new KubernetesCluster({ context: "test" }, "ghost-test")).join("\n");

  it("says where the dashboards are, and who may see them", async () => {
    expect(told({ monitoring: {} }))
      .to.contain(
        "Dashboards       http://localhost:3000/  (user and password: npm run ops -- dashboards --stack test)",
      )
      .and.to.contain("port-forward service/monitoring-grafana 3000:3000");
    const published = { host: "dashboards.test", ingress: { tlsSecret: "dashboards-tls" } };
    expect(told({ monitoring: published }))
      .to.contain("Dashboards       https://dashboards.test/")
      .and.to.not.contain("service/monitoring-grafana");
    expect(monitoring.guardedPage?.of(parsed({ monitoring: published }), "test")).to.deep.include({
      kubernetes: {
        service: "monitoring-grafana",
        port: 3000,
        secret: "monitoring-admin",
        address: "https://dashboards.test/",
      },
    });
    const manifests = await manifestsOf({ monitoring: published });
    expect(object(manifests, "Ingress", "monitoring-grafana")["spec"]).to.have.nested.property(
      "rules[0].host",
      "dashboards.test",
    );
    expect(object(manifests, "Secret", "monitoring-admin")["data"]).to.have.keys("username", "password");
  });

  it("E3 publishes the dashboards and the inbox by a Gateway, each on its host, and leads readers to https", async () => {
    const [http, https] = ["http", "https"].map((sectionName) => ({ name: "web", namespace: "gateways", sectionName }));
    const raw = {
      monitoring: { host: "dashboards.test", route: { parentRefs: [https], redirectFrom: [http] } },
      mailpit: { host: "mail.test", route: { parentRefs: [{ name: "web", port: 80 }] } },
    };
    const manifests = await manifestsOf(raw);
    const specOf = (name: string) =>
      object(manifests, "HTTPRoute", name)["spec"] as { hostnames: string[]; parentRefs: unknown[]; rules: unknown[] };
    expect(specOf("monitoring-grafana")).to.deep.include({ hostnames: ["dashboards.test"], parentRefs: [https] });
    expect(JSON.stringify(specOf("monitoring-grafana").rules)).to.contain('"name":"monitoring-grafana","port":3000');
    expect(specOf("monitoring-grafana-to-https")).to.deep.include({
      hostnames: ["dashboards.test"],
      parentRefs: [http],
      rules: [
        { filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", port: 443, statusCode: 301 } }] },
      ],
    });
    expect(JSON.stringify(specOf("mailpit").rules)).to.contain('"name":"mailpit","port":8025');
    expect(manifests.filter(({ kind }) => kind === "HTTPRoute")).to.have.length(3);
    expect(told(raw))
      .to.contain("Dashboards       https://dashboards.test/")
      .and.to.contain("Mail arrives at  http://mail.test/")
      .and.to.not.contain("port-forward service/mailpit");
    // Who publishes them gets to them.
    for (const [policy, port] of [
      ["mailpit", 8025],
      ["monitoring-grafana", 3000],
    ] as const) {
      const { ingress } = object(manifests, "NetworkPolicy", policy)["spec"] as {
        ingress: { ports: { port: number }[]; from?: unknown }[];
      };
      expect(ingress.some(({ from, ports }) => from === undefined && ports[0]?.port === port)).to.equal(true);
    }
  });

  describe("is refused with", () => {
    const refusals: [what: string, raw: RawConfig, message: string][] = [
      [
        "a host that leads nowhere",
        { monitoring: { host: "a.test" } },
        "monitoring.host: without effect. Add monitoring.ingress or monitoring.route, or remove the key",
      ],
      [
        "a route without a host",
        { monitoring: { route: { parentRefs: [{ name: "web" }] } } },
        "monitoring.host: missing. A route for the dashboards",
      ],
      [
        "a route beside an Ingress",
        { monitoring: { host: "a.test", ingress: {}, route: { parentRefs: [{ name: "web" }] } } },
        "monitoring.route: an Ingress publishes the dashboards already. Keep one of",
      ],
      [
        "a route that leads in a circle",
        { mailpit: { host: "a.test", route: { parentRefs: [{ name: "web" }], redirectFrom: [{ name: "web" }] } } },
        "mailpit.route.redirectFrom.0: serves readers, too (mailpit.route.parentRefs), and would lead them in a circle",
      ],
      ["an Ingress without a host", { monitoring: { ingress: {} } }, "monitoring.host: missing. An Ingress for the"],
      [
        "the address of a site",
        { monitoring: { host: "blog.test", ingress: {} } },
        "monitoring.host: http://blog.test is also the address of sites.blog",
      ],
      ["a port of a node", { monitoring: { port: 3001 } }, "monitoring.port: only for platform swarm"],
      [
        "a volume that its figures fill",
        { monitoring: { storage: { size: "4Gi" } } },
        "monitoring.storage.size: must be half as much again as monitoring.maxSize or more (got 4Gi and 4Gi)",
      ],
      [
        "somebody else's account, where it asks the cluster",
        { monitoring: { pod: { serviceAccountName: "other" } }, backup: { schedule: "daily" } },
        "monitoring.pod.serviceAccountName: cannot be said with backup.schedule",
      ],
      [
        "an image that no part of it runs",
        { monitoring: {}, images: { nodeExporter: "a.test/node:1" } },
        "images.nodeExporter: only for platform swarm",
      ],
    ];
    for (const [what, raw, message] of refusals) {
      it(`${what}, with the key and the way out`, () => {
        expect(() => parsed(raw)).to.throw(message);
      });
    }
  });
});
