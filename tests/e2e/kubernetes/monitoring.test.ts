import { expect } from "chai";
import { alertRules } from "../../../components/monitoring/rules";
import { scoped } from "../../../components/monitoring/scope";
import { dashboards } from "../../../components/monitoring/grafana";
import { yamlText } from "../../../files/yaml-text";
import type { StackStatus } from "../../../ops/stack-status";
import { describePage } from "../support/doc-page";
import { guestbookApp } from "../support/guestbook";
import { askInbox, messages, newestTo, type Reader } from "../support/inbox";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { Prometheus, type Rule } from "../support/prometheus";
import { installApi, prometheusOperatorApi, removeApi } from "../support/published-apis";
import { kubernetesImages } from "../support/stack-images";
import { timed, until } from "../support/until";

/** Two starts of a stack more: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** Stack `dev` with everything of the monitoring that can be built here: all but Grafana. */
describe("the monitoring of a stack on Kubernetes", () => {
  const owner = "owner@example.com";
  const volume = { maxSize: "256Mi", storage: { size: "1Gi" } };
  let place: Place;
  let kubectl: Kubectl;
  let prometheus: Prometheus;
  let inbox: string;
  let reader: Reader;

  /** Runs a program in a container of a Deployment. */
  const inside = (deployment: string, container: string, ...command: string[]) =>
    kubectl.run("exec", `deployment/${deployment}`, "--container", container, "--", ...command);
  const loadedRules = async () =>
    (await prometheus.get<{ groups: { rules: Rule[] }[] }>("rules")).groups.flatMap(({ rules }) => rules);

  before(async () => {
    ({ kubectl, place } = await kubernetesPlace("dev", { kubernetes: { namespace: "ghost-monitored" } }, [
      "prometheus",
      "alertmanager",
      "blackboxExporter",
      "mysqldExporter",
      "wordpress",
    ]));
    prometheus = Prometheus.onKubernetes(kubectl);
    place.configure({
      apps: guestbookApp,
      backup: { schedule: "daily" },
      monitoring: {
        dashboards: false,
        interval: "5s",
        ...volume,
        alerts: { to: [owner], after: "10s", every: "10s" },
      },
    });
  });

  after(() => kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s"));

  it("K2 comes up with the stack", async () => {
    succeeded(await timed("npm start", () => place.start()));
    succeeded(await place.ops("status"));
    inbox = await kubectl.serviceUrl("mailpit", "http");
    reader = await place.inboxReader();
  });

  it("K2 A6 asks everything, and everything answers", async () => {
    const asked = await prometheus.everythingAnswers();
    expect(asked).to.have.members([
      "prometheus",
      "alertmanager",
      "sites blog",
      "home-pages blog",
      "services inbox",
      "services guestbook",
      "mysql source",
      "backups",
    ]);
    await until(
      "the site, its home page, the inbox and an app that is no part of this program",
      30,
      async () => (await prometheus.query("probe_success == 1")).length === 4,
    );
    await until("the server's login", 30, async () => (await prometheus.value("mysql_up")) === "1");
  });

  it("K2 has its files accepted by the programs that read them", async () => {
    const check = (container: string, ...command: string[]) => inside("monitoring", container, ...command);
    expect(await check("prometheus", "promtool", "check", "config", "/etc/ghost-platform/prometheus.yml")).to.contain(
      "SUCCESS",
    );
    expect(await check("alertmanager", "amtool", "check-config", "/etc/ghost-platform/alertmanager.yml")).to.contain(
      "SUCCESS",
    );
  });

  it("K2 has the rules for the Prometheus of a cluster accepted, too", async () => {
    const watched = { sites: [], homePages: [], services: [], database: { source: "mysql" } };
    const settings = { stack: "dev", after: "2m", slow: 2, backupOverdueAfter: 3600, renewedBefore: 86400 };
    const groups = alertRules(watched, settings).groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) => ({ ...rule, expr: scoped(rule.expr, 'namespace="ghost-dev"') })),
    }));
    const check = ["exec", "--stdin", "deployment/monitoring", "--container", "prometheus", "--", "promtool"];
    expect(await kubectl.runWithInput(yamlText({ groups }), ...check, "check", "rules", "/dev/stdin")).to.match(
      /SUCCESS: [1-9]\d* rules found/,
    );
  });

  it("K2 asks in its rules for figures that there are, and shows some on every panel of the dashboards", async () => {
    const rules = await loadedRules();
    expect(rules.map(({ health, name }) => `${name} ${health}`)).to.deep.equal(rules.map(({ name }) => `${name} ok`));
    const series = new Set(rules.flatMap(({ query: text }) => text.match(/\b(?:probe|mysql|node)_\w+/g) ?? []));
    expect(series.size).to.be.greaterThan(3);
    for (const name of series) {
      expect(await prometheus.query(name), name).to.not.be.empty;
    }
    for (const text of Object.values(dashboards({}))) {
      for (const { targets } of (JSON.parse(text) as { panels: { targets: { expr: string }[] }[] }).panels) {
        for (const { expr } of targets.filter(({ expr: of }) => !/mysql_slave_status|ALERTS/.test(of))) {
          await until(expr, 60, async () => (await prometheus.query(expr)).length > 0);
        }
      }
    }
  });

  describePage("docs/monitoring.md", {
    environment: () => place.variables,
    sections: ["Look there"],
    rows: { "Look there": "K2" },
    replace: { "ghost-dev": "ghost-monitored" },
  });

  it("K2 has nobody but its own pod reach what logs in to the database server, and what tells", async () => {
    const probe = "probe?target=127.0.0.1:1";
    expect(
      await inside("monitoring", "prometheus", "wget", "-q", "-O", "-", `http://127.0.0.1:9104/${probe}`),
      "it asks what it is told to",
    ).to.contain("mysql_up 0");
    const pod = await kubectl.readyPod("monitoring");
    const { status } = await kubectl.get<{ status: { podIP: string } }>("pod", pod?.metadata.name ?? "");
    const ask = "fetch(process.argv[1]).then(() => console.log('answered'), (error) => console.log(error.cause.code))";
    const ports = { prometheus: 9090, alertmanager: 9093, "blackbox-exporter": 9115, "mysqld-exporter": 9104 };
    for (const [part, port] of Object.entries(ports)) {
      const asked = await inside("ghost-blog", "ghost", "node", "-e", ask, `http://${status.podIP}:${port}/`);
      expect(asked, `${part}, from a site`).to.equal("ECONNREFUSED");
    }
  });

  it("K2 lets whoever asks the database server see figures, and nothing else", async () => {
    const sql = (statement: string) =>
      kubectl.run(
        ...["exec", "mysql-0", "--container", "mysql", "--"],
        ...["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", statement],
      );
    expect(await sql("SHOW GRANTS FOR metrics")).to.equal("GRANT REPLICATION CLIENT ON *.* TO `metrics`@`%`");
    expect(await sql("SELECT ssl_type, max_user_connections FROM mysql.user WHERE user = 'metrics'")).to.equal(
      "ANY\t5",
    );
  });

  it("K2 B3 tells that a backup has failed, and when the last good one was made", async () => {
    const create = (...args: string[]) =>
      place.command("backup/main.ts", ["create", "--data-only", "--yes", "--stack", "dev", ...args]);
    const lastGood = "ghost_platform_backup_last_good_timestamp_seconds";
    const failed = 'ALERTS{alertname="BackupFailed"}';
    expect(await prometheus.query(lastGood)).to.deep.equal([]);
    expect((await create("--target", "nowhere:backups")).status).to.equal(1);
    await until("the alert", 60, async () => (await prometheus.query(failed)).length > 0);

    succeeded(await timed("create", () => create()));
    const { last } = (await place.opsJson<StackStatus>("status")).backups;
    const at = String(Math.floor(Date.parse(last?.at ?? "") / 1000));
    await until("the moment", 60, async () => (await prometheus.value(lastGood)) === at);
    await until("no alert", 60, async () => (await prometheus.query(failed)).length === 0);
    // What was measured is in no backup.
    expect(succeeded(await place.command("backup/main.ts", ["list", "--json", "--stack", "dev"]))).to.not.contain(
      "monitoring-data",
    );
  });

  it("K2 tells by mail that a site is away, what to do, and when it is over", async () => {
    // As the stack came up the site was away for a moment, too.
    await until("all to be well", 60, async () => (await prometheus.query('ALERTS{alertstate="firing"}')).length === 0);
    const earlier = (await messages(inbox, reader)).map(({ ID }) => ID);
    const told = async (subject: string) =>
      (await messages(inbox, reader)).find(({ ID, Subject }) => Subject === subject && !earlier.includes(ID));
    const away = "Site blog does not answer (stack dev)";

    await kubectl.run("scale", "deployment/ghost-blog", "--replicas=0");
    const { From, ID } = await timed("site away → mail", () => until("the mail", 120, () => told(away)));
    expect(From.Address).to.equal("noreply@localhost");
    const { Text } = (await (await askInbox(inbox, `/api/v1/message/${ID}`, reader)).json()) as { Text: string };
    expect(Text).to.contain("npm run ops -- diagnose --stack dev");
    expect(Text).to.contain("npm run ops -- logs ghost-blog --since 10m --stack dev");
    expect((await newestTo(inbox, owner, reader))?.To.map(({ Address }) => Address)).to.deep.equal([owner]);

    await kubectl.run("scale", "deployment/ghost-blog", "--replicas=1");
    await timed("site back → mail", () => until("the mail that it is over", 120, () => told(`[over] ${away}`)));
  });

  describe("by the Prometheus of the cluster", () => {
    const operator = { namespace: "monitoring", labels: { release: "kube-prometheus-stack" } };

    before(async () => {
      // A run that was killed has left them.
      await removeApi(kubectl, prometheusOperatorApi);
      place.reset();
      place.configure({
        kubernetes: { context: kubectl.context, namespace: kubectl.namespace },
        images: { ...kubernetesImages },
        backup: { schedule: "daily" },
        monitoring: { operator },
      });
    });
    after(() => removeApi(kubectl, prometheusOperatorApi));

    it("K2 is refused by a cluster without the operator, before anything is changed", async () => {
      const { output, status } = await place.start();
      expect(status, output).to.not.equal(0);
      expect(output).to.contain("the Prometheus operator (monitoring.coreos.com/v1), for monitoring.operator");
      expect(await kubectl.readyPod("monitoring")).to.not.equal(undefined);
    });

    long("with the operator's published definitions", () => {
      it("K2 has its objects accepted by the API server, in place of a Prometheus of the stack's own", async () => {
        await installApi(kubectl, prometheusOperatorApi);
        succeeded(await timed("npm start with the operator", () => place.start()));
        succeeded(await place.ops("status"));
        const kinds = prometheusOperatorApi.definitions.map((name) => `${name}.${prometheusOperatorApi.group}`);
        const { items } = await kubectl.get<{ items: { kind: string; metadata: { name: string } }[] }>(kinds.join());
        expect(items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.have.members([
          "PrometheusRule monitoring",
          "Probe monitoring-sites-blog",
          "Probe monitoring-home-pages-blog",
          "Probe monitoring-services-inbox",
          "ServiceMonitor monitoring-mysql",
          "ServiceMonitor monitoring-backups",
        ]);
        expect((await place.ops("dashboards")).output).to.contain("the cluster's Grafana shows them");
      });

      it("K2 answers whom it lets in about pages, the database and backups, and about no other server", async () => {
        const ask = async (service: string, port: string, page: string) => {
          const response = await fetch(`${await kubectl.serviceUrl(service, port)}${page}`);
          return `${response.status} ${await response.text()}`;
        };
        const page = "http://ghost-blog/ghost/api/admin/authentication/setup/";
        await until("the page", 60, async () =>
          (await ask("monitoring", "pages", `/probe?module=sites-blog&target=${page}`)).includes("\nprobe_success 1"),
        );
        await until("the database", 60, async () =>
          (await ask("monitoring-mysql", "figures", "/source")).includes("\nmysql_up 1"),
        );
        expect(await ask("monitoring", "backups", "/metrics")).to.match(
          /^200 ghost_platform_backup_last_good_timestamp_seconds \d+\nghost_platform_backup_failed 0\n$/,
        );
        for (const other of ["/probe?target=127.0.0.1:1", "/source/../probe?target=127.0.0.1:1", "/metrics"]) {
          expect(await ask("monitoring-mysql", "figures", other), other).to.match(/^404 /);
        }
        // What is asked beside the path is not the asker's to say.
        expect(await ask("monitoring-mysql", "figures", "/source?target=127.0.0.1:1")).to.contain("\nmysql_up 1");
      });

      it("K2 A1 goes back to a Prometheus of its own, and leaves nothing of the other", async () => {
        place.reset();
        place.configure({
          kubernetes: { context: kubectl.context, namespace: kubectl.namespace },
          images: { ...kubernetesImages },
          monitoring: { dashboards: false, ...volume },
        });
        succeeded(await timed("npm start without the operator", () => place.start()));
        const { items } = await kubectl.get<{ items: object[] }>("probes,servicemonitors,prometheusrules");
        expect(items).to.deep.equal([]);
        await kubectl.run("get", "deployment", "monitoring");
        const { items: left } = await kubectl.get<{ items: object[] }>(
          ...["deployment,role,rolebinding", "--selector", "app.kubernetes.io/instance=monitoring-mysql"],
        );
        expect(left).to.deep.equal([]);
      });
    });
  });

  long("of a database with a replica", () => {
    const ofReplica = '{role="replica",instance="mysql-1.mysql:3306"}';
    const root = (statement: string) =>
      kubectl.run(
        ...["exec", "mysql-1", "--container", "mysql", "--"],
        ...["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", statement],
      );

    before(async () => {
      succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
      place.configure({
        mysql: { topology: "replicated", replicas: 2 },
        monitoring: { interval: "5s" },
      });
      succeeded(await timed("npm start of a set", () => place.start()));
    });

    it("K2 asks each member, and how late the replica is", async () => {
      await until("both logins", 60, async () => (await prometheus.query("mysql_up == 1")).length === 2);
      expect((await prometheus.query("mysql_up")).map(({ metric }) => metric["instance"])).to.have.members([
        "mysql-source:3306",
        "mysql-1.mysql:3306",
      ]);
      await until(
        "the replica's lag",
        60,
        async () => (await prometheus.value(`mysql_slave_status_seconds_behind_source${ofReplica}`)) === "0",
      );
      const connections = "mysql_global_status_threads_connected / mysql_global_variables_max_connections";
      expect(await prometheus.query(connections)).to.have.length(2);
    });

    it("K2 tells that a replica takes nothing over any more", async () => {
      const alert = 'ALERTS{alertname="ReplicaStopped",instance="mysql-1.mysql:3306"}';
      expect(await prometheus.query(alert)).to.deep.equal([]);
      // Somebody has written on it: it stops, and does not go on by itself.
      await root("SET GLOBAL super_read_only = OFF; CREATE DATABASE stray; SET GLOBAL super_read_only = ON");
      await timed("a stray write → alert", () =>
        until("the alert", 120, async () => (await prometheus.query(alert)).length > 0),
      );
    });
  });
});
