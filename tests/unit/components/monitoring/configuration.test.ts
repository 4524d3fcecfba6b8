import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { renewedBefore } from "../../../../config/edge";
import { alertRules } from "../../../../components/monitoring/rules";
import { type AlertMail, alertmanagerConfig } from "../../../../components/monitoring/alertmanager";
import { dashboards, datasource, grafanaConfig } from "../../../../components/monitoring/grafana";
import {
  blackboxConfig,
  type PartNames,
  prometheusConfig,
  type Watched,
} from "../../../../components/monitoring/prometheus";

const project = path.join(__dirname, "..", "..", "..", "..");
const parts: PartNames = {
  prometheus: "prometheus",
  alertmanager: "alertmanager",
  blackboxExporter: "blackbox-exporter",
  mysqldExporter: "mysqld-exporter",
};
const blog = {
  name: "blog",
  app: "ghost-blog",
  target: "http://ghost-blog:2368/",
  address: "https://blog.example.com",
  headers: { Host: "blog.example.com", "X-Forwarded-Proto": "https" },
};
const inbox = { name: "inbox", app: "mailpit", target: "http://mailpit:8025/readyz" };
const single: Watched = {
  sites: [blog],
  homePages: [blog],
  services: [inbox],
  database: { source: "mysql" },
  machines: "tasks.press_node-exporter",
};
const replicated: Watched = {
  ...single,
  database: {
    source: "mysql-source",
    replicas: { hosts: { resolvedBy: "tasks.press_mysql-replica" }, count: 2, maxLag: 45 },
  },
};
const settings = { stack: "press", after: "3m", slow: 1.5 };

interface Job {
  job_name: string;
  static_configs?: { targets: string[]; labels?: Record<string, string> }[];
  dns_sd_configs?: object[];
  params?: Record<string, string[]>;
}
interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}
const jobs = (watched: Watched, alerts = true) =>
  (prometheusConfig(parts, watched, { alerts, interval: "30s", label: "press" }) as { scrape_configs: Job[] })
    .scrape_configs;
const rules = (watched: Watched) =>
  (alertRules(watched, settings) as { groups: { rules: Rule[] }[] }).groups[0]?.rules ?? [];

describe("S12 the configuration of the monitoring", () => {
  it("asks for a site where its service is, and in the words of a proxy that ended TLS", () => {
    const sites = jobs(single).find(({ job_name }) => job_name === "sites");
    expect(sites?.static_configs).to.deep.equal([
      {
        targets: ["http://ghost-blog:2368/"],
        labels: {
          name: "blog",
          app: "ghost-blog",
          address: "https://blog.example.com",
          __param_module: "sites-blog",
        },
      },
    ]);
    const { modules } = blackboxConfig(single) as { modules: Record<string, { http: object }> };
    expect(modules["sites-blog"]?.http).to.deep.include({
      headers: { Host: "blog.example.com", "X-Forwarded-Proto": "https" },
      valid_status_codes: [200],
      follow_redirects: false,
    });
    expect(modules).to.have.property("services-inbox");
  });

  it("asks the server that takes the writes, and whoever follows it", () => {
    const mysql = (watched: Watched) => jobs(watched).find(({ job_name }) => job_name === "mysql");
    expect(mysql(single)).to.not.have.property("dns_sd_configs");
    expect(mysql(single)?.static_configs?.[0]?.targets).to.deep.equal(["mysql:3306"]);
    expect(mysql(replicated)?.static_configs?.[0]?.targets).to.deep.equal(["mysql-source:3306"]);
    expect(mysql(replicated)?.dns_sd_configs).to.deep.equal([
      { names: ["tasks.press_mysql-replica"], type: "A", port: 3306, refresh_interval: "15s" },
    ]);
    expect(mysql({ ...single, database: undefined })).to.equal(undefined);
  });

  it("knows Alertmanager only where there is one", () => {
    const names = (alerts: boolean) => jobs(single, alerts).map(({ job_name }) => job_name);
    expect(names(true)).to.include("alertmanager");
    expect(names(false)).to.not.include("alertmanager");
    expect(prometheusConfig(parts, single, { alerts: false, interval: "30s", label: "press" })).to.not.have.property(
      "alerting",
    );
  });

  it("has rules for what the stack has", () => {
    const names = (watched: Watched) => rules(watched).map(({ alert }) => alert);
    const common = ["SiteDown", "SiteSlow", "MachineGone", "DiskNearlyFull", "DiskFillsUp", "TargetUnreachable"];
    expect(names({ ...single, services: [], database: undefined })).to.have.members(common);
    const ofDatabase = ["DatabaseDown", "DatabaseConnectionsNearlyExhausted"];
    expect(names(single)).to.have.members([...common, "ServiceDown", ...ofDatabase]);
    const ofReplicas = ["ReplicaMissing", "ReplicaStopped", "ReplicaLate"];
    expect(names(replicated)).to.have.members([...common, "ServiceDown", ...ofDatabase, ...ofReplicas]);
    const [late] = rules(replicated).filter(({ alert }) => alert === "ReplicaLate");
    expect(late?.expr).to.match(/> 45$/);
  });

  it("K2 tells of a certificate that should have been renewed, where it is known how long one holds", () => {
    const all = (more: object) =>
      (alertRules(single, { ...settings, ...more }) as { groups: { rules: Rule[] }[] }).groups[0]?.rules ?? [];
    const found = (more: object) => all(more).find(({ alert }) => alert === "CertificateEnds");
    expect(found({})).to.equal(undefined);
    expect(found({ renewedBefore: 86400 })?.expr).to.match(/\{job=~"sites\|certificates"\} - time\(\) < 86400$/);
    expect(found({ renewedBefore: 86400 })?.annotations.description).to.contain(
      "npm run ops -- diagnose --stack press",
    );
    const edge = { acme: {}, certificates: "acme" as const };
    expect(renewedBefore(edge)).to.equal(7 * 86400);
    expect(renewedBefore({ ...edge, acme: { caFile: "ca.pem" } })).to.equal(undefined);
    expect(renewedBefore({ ...edge, certificates: "internal" })).to.equal(undefined);
  });

  it("says with each alert what to do next, with the stack's name", () => {
    for (const { alert, annotations, labels } of rules(replicated)) {
      expect(annotations.summary, alert).to.match(/ \(stack press\)$/);
      expect(annotations.description, alert).to.match(/npm run ops -- [a-z ]+.* --stack press/);
      expect(labels.severity, alert).to.be.oneOf(["critical", "warning"]);
    }
    expect(rules(single).find(({ alert }) => alert === "SiteDown")?.for).to.equal("3m");
  });

  describe("of Alertmanager", () => {
    const mail: AlertMail = {
      to: ["a@example.com", "b@example.com"],
      from: "noreply@example.com",
      host: "smtp.example.com",
      port: 587,
      encryption: "starttls",
      username: "postmaster",
      every: "5m",
      repeat: "12h",
    };
    const globalOf = (over: Partial<AlertMail>) =>
      (alertmanagerConfig({ ...mail, ...over }) as { global: object }).global;

    it("hands mail over as the sites do, with the password in a file", () => {
      expect(globalOf({})).to.deep.equal({
        smtp_smarthost: "smtp.example.com:587",
        smtp_from: "noreply@example.com",
        smtp_require_tls: true,
        smtp_auth_username: "postmaster",
        smtp_auth_password_file: "/run/secrets/alertmanager/mail-password",
      });
      expect(globalOf({ encryption: "tls", port: 465 })).to.include({ smtp_require_tls: false });
      expect(globalOf({ encryption: "none", username: undefined })).to.not.have.any.keys(
        "smtp_auth_username",
        "smtp_auth_password_file",
      );
    });

    it("tells everybody, and when it is over, too", () => {
      const { receivers } = alertmanagerConfig(mail) as { receivers: { email_configs: object[] }[] };
      expect(receivers[0]?.email_configs[0]).to.include({ to: "a@example.com, b@example.com", send_resolved: true });
    });
  });

  describe("of Grafana", () => {
    it("has its password from a file, lets nobody in without, and asks nobody outside", () => {
      const lines = grafanaConfig().split("\n");
      for (const line of [
        "admin_password = $__file{/run/secrets/grafana/admin-password}",
        "reporting_enabled = false",
        "check_for_updates = false",
        "check_for_plugin_updates = false",
        "news_feed_enabled = false",
        "external_enabled = false",
        "allow_sign_up = false",
      ]) {
        expect(lines).to.include(line);
      }
      expect(lines[lines.indexOf("[auth.anonymous]") + 1]).to.equal("enabled = false");
    });

    it("has dashboards that are found, and ask Prometheus alone", () => {
      const files = Object.entries(dashboards(single));
      expect(files.map(([name]) => name)).to.deep.equal(["database.json", "machines.json", "sites.json"]);
      const boards = files.map(([, text]) => JSON.parse(text) as Dashboard);
      expect(new Set(boards.map(({ uid }) => uid)).size).to.equal(boards.length);
      for (const { panels, title } of boards) {
        expect(panels, title).to.not.be.empty;
        expect(new Set(panels.map(({ id }) => id)).size, title).to.equal(panels.length);
        for (const panel of panels) {
          expect(panel.datasource.uid, panel.title).to.equal(datasource);
          expect(panel.targets.every(({ datasource: { uid }, expr }) => uid === datasource && expr !== "")).to.equal(
            true,
          );
        }
      }
    });

    it("K2 has dashboards as the schema wants them that Grafana publishes", () => {
      const folder = path.join(project, "node_modules", ".cache", `dashboards-${process.pid}`);
      const types = path.relative(folder, path.join(project, "tests", "support", "grafana-dashboard"));
      const written = (name: string, text: string) =>
        [`import type { DashboardFile } from "${types}";`, `export const ${name}: DashboardFile = ${text};`].join("\n");
      const boards = Object.entries(dashboards({ machines: "machines" }));
      const [[, sites] = ["", ""]] = boards.filter(([file]) => file === "sites.json");
      const wrong = sites.replace('"graphMode": "none"', '"graphMode": "some"').replace('"keepTime"', '"keepsTime"');
      const files = [
        ...boards.map(([file, text]) => [file.replace(".json", ""), text] as const),
        ["wrong", wrong] as const,
      ];
      fs.mkdirSync(folder, { recursive: true });
      try {
        files.forEach(([name, text]) => {
          fs.writeFileSync(path.join(folder, `${name}.ts`), written(name, text));
        });
        const options = [
          "--noEmit",
          "--strict",
          "--skipLibCheck",
          "--module",
          "esnext",
          "--moduleResolution",
          "bundler",
        ];
        const { stdout } = spawnSync(
          path.join(project, "node_modules", ".bin", "tsc"),
          ["--ignoreConfig", ...options, ...files.map(([name]) => `${name}.ts`)],
          { cwd: folder, encoding: "utf8" },
        );
        const mistakes = stdout.split("\n").filter((line) => line.includes("error TS"));
        expect(mistakes.filter((line) => !line.startsWith("wrong.ts")).join("\n")).to.equal("");
        expect(stdout, "what is wrong is found").to.contain('"some"').and.to.contain("keepsTime");
      } finally {
        fs.rmSync(folder, { recursive: true });
      }
    });

    it("names its home page by a file that is there", () => {
      const home = /default_home_dashboard_path = \/etc\/ghost-platform\/dashboards\/(\S+)/.exec(grafanaConfig())?.[1];
      expect(Object.keys(dashboards(single))).to.include(home);
    });
  });
});

interface Dashboard {
  uid: string;
  title: string;
  panels: {
    id: number;
    title: string;
    datasource: { uid: string };
    targets: { expr: string; datasource: { uid: string } }[];
  }[];
}
