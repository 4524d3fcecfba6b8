import { expect } from "chai";
import { dashboards } from "../../../../components/monitoring/grafana";
import { scoped } from "../../../../components/monitoring/scope";
import type { RawConfig } from "../../../../config/files/machine";
import { parseStackConfig } from "../../../../config/parse";
import type { KubernetesStackConfig } from "../../../../config/schema";
import { monitoring } from "../../../../components/monitoring/app";
import { refuseMissingApis } from "../../../../platforms/kubernetes/served-apis";
import type { Manifest } from "../../../../render/kubernetes";
import { neededImages } from "../../../../stacks/images";
import { container, manifestsOf, object, podSpecs } from "../../../support/kubernetes";

const operator = { namespace: "monitoring", labels: { release: "prometheus" } };
const base = { platform: "kubernetes", kubernetes: { context: "test" }, sites: { blog: { url: "http://blog.test" } } };
const watched = (more: RawConfig = {}) => manifestsOf({ monitoring: { operator }, ...more });
const specOf = (manifests: readonly Manifest[], kind: string, name: string) => object(manifests, kind, name)["spec"];
const ofOperator = (manifests: readonly Manifest[]) =>
  manifests.filter(({ apiVersion }) => apiVersion === "monitoring.coreos.com/v1");

interface RuleSpec {
  groups: { rules: { alert: string; expr: string; labels: Record<string, string> }[] }[];
}
interface MonitorSpec {
  selector: { matchLabels: Record<string, string> };
  endpoints: { port: string; path: string; relabelings: { targetLabel: string; replacement: string }[] }[];
}
interface Policy {
  podSelector: { matchLabels: Record<string, string> };
  ingress: { ports: { port: number }[]; from: object[] }[];
}

describe("K2 a stack that the Prometheus of its cluster watches", () => {
  it("has objects as the operator's own schemas want them, with the labels by which they are taken", async () => {
    const manifests = ofOperator(await watched({ mysql: { topology: "replicated" }, backup: { schedule: "daily" } }));
    expect(manifests.map(({ kind, metadata: { name } }) => `${kind} ${name}`)).to.have.members([
      "PrometheusRule monitoring",
      "Probe monitoring-sites-blog",
      "Probe monitoring-home-pages-blog",
      "Probe monitoring-services-inbox",
      "ServiceMonitor monitoring-mysql",
      "ServiceMonitor monitoring-backups",
    ]);
    for (const { apiVersion, kind, metadata, ...rest } of manifests) {
      const models = (await import(`@kubernetes-models/prometheus-operator/${apiVersion}/${kind}`)) as Record<
        string,
        new (of: object) => { validate(): void }
      >;
      const Model = models[kind] ?? expect.fail(`there is no ${kind}`);
      new Model({ metadata, ...rest }).validate();
      expect(() => {
        new Model({
          metadata,
          ...rest,
          spec: { ...(rest["spec"] as object), selector: 1, groups: 1, targets: 1 },
        }).validate();
      }, "the schema refuses what is wrong").to.throw();
      expect(metadata["labels"], metadata.name).to.include({ release: "prometheus" });
    }
  });

  it("runs neither Prometheus nor Alertmanager nor Grafana", async () => {
    const manifests = await watched();
    expect(Object.keys(podSpecs(manifests))).to.have.members([
      ...["ghost-blog", "mailpit", "mysql"],
      ...["monitoring", "monitoring-mysql"],
    ]);
    expect(manifests.some(({ metadata: { name } }) => name === "monitoring-data")).to.equal(false);
    const config = parseStackConfig({ ...base, monitoring: { operator } }) as KubernetesStackConfig;
    expect(neededImages(config).map(({ name }) => name)).to.deep.equal([
      ...["mysql", "ghost", "busybox", "mailpit"],
      ...["blackboxExporter", "mysqldExporter", "haproxy"],
    ]);
    expect(monitoring.guardedPage?.of(config, "test")).to.contain("the cluster's Grafana shows them");
  });

  it("has each page asked as the stack's own Prometheus asks it, under the same labels", async () => {
    const manifests = await watched();
    expect(specOf(manifests, "Probe", "monitoring-sites-blog")).to.deep.include({
      jobName: "sites",
      interval: "30s",
      module: "sites-blog",
      prober: { url: "monitoring.ghost-test.svc:9115" },
      targets: {
        staticConfig: {
          static: ["http://ghost-blog/ghost/api/admin/authentication/setup/"],
          labels: { name: "blog", app: "ghost-blog", address: "http://blog.test" },
        },
      },
    });
  });

  it("lets nobody choose which server the MySQL exporter logs in to", async () => {
    const manifests = await watched({ mysql: { topology: "replicated" } });
    const spec = podSpecs(manifests)["monitoring-mysql"] ?? expect.fail();
    expect(container(spec, "mysqld-exporter").command).to.include("--web.listen-address=127.0.0.1:9104");
    expect(container(spec, "mysqld-exporter").ports).to.equal(undefined);
    // Who fetches pages for others is not in the same pod, where it would reach the exporter.
    expect(spec.containers.map(({ name }) => name)).to.deep.equal(["mysqld-exporter", "chooser"]);
    const { endpoints, selector } = specOf(manifests, "ServiceMonitor", "monitoring-mysql") as MonitorSpec;
    expect(selector.matchLabels).to.deep.include({ "app.kubernetes.io/name": "mysqld-exporter" });
    expect(
      endpoints.map(({ path, port, relabelings }) => [port, path, ...relabelings.map((one) => one.replacement)]),
    ).to.deep.equal([
      ["figures", "/source", "mysql", "source", "mysql-source:3306"],
      ["figures", "/replica-1", "mysql", "replica", "mysql-1.mysql:3306"],
      ["figures", "/replica-2", "mysql", "replica", "mysql-2.mysql:3306"],
    ]);
    const text = (object(manifests, "ConfigMap", "monitoring-mysql")["data"] as Record<string, string>)["haproxy.cfg"];
    const lines = (text ?? "").split("\n").map((line) => line.trim());
    expect(lines).to.include("http-request return status 404 unless { path /source /replica-1 /replica-2 }");
    expect(lines).to.include(
      'http-request set-query "target=mysql-1.mysql:3306&collect[]=global_status&collect[]=global_variables&collect[]=slave_status" if { path /replica-1 }',
    );
  });

  it("is reached by the pods of that Prometheus' namespace alone", async () => {
    const manifests = await watched({ backup: { schedule: "daily" } });
    const from = [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }];
    const takes = (name: string) =>
      (specOf(manifests, "NetworkPolicy", name) as Policy).ingress.map((rule) => [rule.ports[0]?.port, rule.from]);
    expect(takes("monitoring")).to.deep.equal([
      [9115, from],
      [9116, from],
    ]);
    expect(takes("monitoring-mysql")).to.deep.equal([[9105, from]]);
  });

  it("has the rules of the stack's own Prometheus, about its namespace alone", async () => {
    const manifests = await watched({ backup: { schedule: "daily" } });
    const rules = (specOf(manifests, "PrometheusRule", "monitoring") as RuleSpec).groups.flatMap(
      (group) => group.rules,
    );
    expect(rules.map(({ alert }) => alert)).to.have.members([
      ...["SiteDown", "SiteSlow", "ServiceDown", "DatabaseDown", "DatabaseConnectionsNearlyExhausted"],
      ...["BackupOverdue", "BackupUnknown", "BackupFailed", "TargetUnreachable"],
      ...["DiskNearlyFull", "DiskFillsUp", "DatabaseCertificateEnds"],
    ]);
    for (const { alert, expr, labels } of rules) {
      expect(labels, alert).to.include({ namespace: "ghost-test" });
      // That one's moment stands in it.
      if (alert !== "DatabaseCertificateEnds") {
        unscoped(expr, alert);
      }
    }
  });

  it("has dashboards of its own among those of others", async () => {
    const manifests = (await watched()).filter(({ metadata: { name } }) => name.startsWith("monitoring-dashboard-"));
    expect(manifests.map(({ metadata: { name } }) => name)).to.deep.equal([
      "monitoring-dashboard-database",
      "monitoring-dashboard-sites",
    ]);
    for (const { data, metadata } of manifests as (Manifest & { data: Record<string, string> })[]) {
      expect(metadata["labels"]).to.include({ grafana_dashboard: "1" });
      const [[file, text] = ["", ""]] = Object.entries(data);
      expect(file).to.match(/^ghost-test-(database|sites)\.json$/);
      const { panels, title, uid } = JSON.parse(text) as Board;
      const plain = JSON.parse(dashboards({})[file.replace("ghost-test-", "")] ?? "") as Board;
      expect(uid)
        .to.match(/^ghost-platform-\w+-[0-9a-f]{10}$/)
        .and.to.have.length.at.most(40);
      expect(title).to.equal(`${plain.title} (test)`);
      expect(panels).to.have.length(plain.panels.length);
      for (const { targets } of panels) {
        targets.forEach(({ datasource, expr }) => {
          expect(datasource.uid).to.equal("prometheus");
          unscoped(expr, title);
        });
      }
    }
    const other = await manifestsOf({ monitoring: { operator: { ...operator, datasource: "P1809F7CD0C75ACF3" } } });
    const text = JSON.stringify(object(other, "ConfigMap", "monitoring-dashboard-sites"));
    expect(text)
      .to.contain("P1809F7CD0C75ACF3")
      .and.to.not.match(/uid\W+prometheus\W/);
  });

  it("adds a condition to each figure, and to nothing else", () => {
    const matcher = 'namespace="a"';
    for (const [expression, now] of [
      ["mysql_up", 'mysql_up{namespace="a"}'],
      ['up{job!="machines"} == 0', 'up{job!="machines",namespace="a"} == 0'],
      ["rate(mysql_global_status_questions[5m])", 'rate(mysql_global_status_questions{namespace="a"}[5m])'],
      [
        'avg_over_time(probe_duration_seconds{job="home-pages"}[10m]) > 2 and on (name) probe_success{job="sites"} == 1',
        'avg_over_time(probe_duration_seconds{job="home-pages",namespace="a"}[10m]) > 2 and on (name) probe_success{job="sites",namespace="a"} == 1',
      ],
      ['sum by (role) (ALERTS{alertstate="firing"})', 'sum by (role) (ALERTS{alertstate="firing",namespace="a"})'],
    ] as const) {
      expect(scoped(expression, matcher)).to.equal(now);
    }
  });

  it("is refused by a cluster without the operator, before anything is changed", async () => {
    const cluster = (...versions: string[]) => ({
      read: () =>
        Promise.resolve(JSON.stringify({ groups: [{ versions: versions.map((groupVersion) => ({ groupVersion })) }] })),
      commandLine: () => "",
    });
    const manifests = await watched();
    await refuseMissingApis(cluster("apps/v1", "monitoring.coreos.com/v1"), manifests);
    await refuseMissingApis(cluster("apps/v1"), await manifestsOf({ monitoring: {} }));
    let said = "";
    await refuseMissingApis(cluster("apps/v1"), manifests).catch((error: unknown) => (said = String(error)));
    expect(said).to.contain("the Prometheus operator (monitoring.coreos.com/v1), for monitoring.operator. Install it");
  });

  const without = "without effect: the cluster's own Prometheus, Alertmanager and Grafana do that";
  const refusals: [what: string, monitoring: RawConfig, message: string][] = [
    ["mails of its own", { alerts: { to: ["a@b.test"] } }, `monitoring.alerts: ${without}`],
    ["a retention", { retention: "3d" }, `monitoring.retention: ${without}`],
    ["a volume", { storage: { size: "20Gi" } }, `monitoring.storage: ${without}`],
    ["an Ingress", { host: "a.test", ingress: {} }, `monitoring.ingress: ${without}`],
  ];
  for (const [what, more, message] of refusals) {
    it(`is refused with ${what}, with the key and the way out`, () => {
      expect(() => parseStackConfig({ ...base, monitoring: { operator, ...more } })).to.throw(message);
    });
  }

  it("is refused on Swarm", () => {
    const swarm = { platform: "swarm", sites: { blog: { url: "http://localhost:2368" } }, monitoring: { operator } };
    expect(() => parseStackConfig(swarm)).to.throw("monitoring.operator: only for platform kubernetes");
  });
});

/** Fails for an expression with a figure that says of no namespace whose it is. */
function unscoped(expression: string, of: string): void {
  const figures = expression.match(/\b(?:ALERTS|up|[a-z]+_[a-z_]+)\b(?=\{|\[|\s*$|[ )])(?:\{[^}]*\})?/g) ?? [];
  const ours = figures.filter((figure) => /^(?:ALERTS|up\b|probe_|mysql_|kubelet_|ghost_platform_)/.test(figure));
  expect(ours, of).to.not.be.empty;
  for (const figure of ours) {
    expect(figure, `${of}: ${expression}`).to.contain('namespace="ghost-test"');
  }
}

interface Board {
  uid: string;
  title: string;
  panels: { targets: { expr: string; datasource: { uid: string } }[] }[];
}
