import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { dashboards } from "../../../components/monitoring/grafana";
import { imageNames, monitoringImages } from "../../../sandbox/images";
import { describePage } from "../support/doc-page";
import { askInbox, messages, type Message, type Reader } from "../support/inbox";
import type { StackStatus } from "../../../ops/stack-status";
import { succeeded, type Place } from "../support/place";
import { openFiles, processTexts } from "../support/plain-text";
import { Prometheus, type Rule } from "../support/prometheus";
import { leak, passwordsIn } from "../support/secrets";
import { nothing, startedEngine, swarmPlace, type Engine, type Task } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** Stack `swarm` with everything of the monitoring that can be built here: all but Grafana. */
describe("the monitoring of a stack on Docker Swarm", () => {
  const stack = "ghost-swarm";
  const owner = "owner@example.com";
  const ofMonitoring = ["prometheus", "alertmanager", "blackbox-exporter", "mysqld-exporter", "node-exporter"];
  const services = ["app-guestbook", "ghost-blog", "mailpit", "mysql", ...ofMonitoring].map(
    (name) => `${stack}_${name}`,
  );
  let place: Place;
  let engine: Engine;
  let prometheus: Prometheus;
  let inbox: string;
  let reader: Reader;
  let host: string;

  /** Runs a program in the container of a service. */
  const inside = async (service: string, ...command: string[]) =>
    engine.docker("exec", (await engine.current(`${stack}_${service}`)).id, ...command);
  const alertRules = async () =>
    (await prometheus.get<{ groups: { rules: Rule[] }[] }>("rules")).groups.flatMap(({ rules }) => rules);

  before(async () => {
    let address: string;
    ({ address, engine, place } = await swarmPlace("swarm", [
      "mysql",
      "ghost",
      "mailpit",
      "wordpress",
      ...monitoringImages,
    ]));
    inbox = `http://${address}:8025`;
    prometheus = Prometheus.onSwarm(engine, stack);
    ({ host } = await startedEngine());
    place.configure({
      apps: {
        guestbook: {
          module: "./tests/apps/guestbook/app.ts",
          settings: { port: 8090, image: imageNames.wordpress },
        },
      },
      backup: { schedule: "daily", verify: "weekly" },
      monitoring: { dashboards: false, interval: "5s", alerts: { to: [owner], after: "10s", every: "10s" } },
    });
  });

  it("S12 comes up with the stack", async () => {
    succeeded(await timed("npm start", () => place.start()));
    succeeded(await place.ops("status"));
    reader = await place.inboxReader();
  });

  it("S12 asks everything, and everything answers", async () => {
    const asked = await prometheus.everythingAnswers((targets) =>
      targets.some(({ labels }) => labels["job"] === "machines"),
    );
    expect(asked).to.have.members([
      "prometheus",
      "alertmanager",
      "sites blog",
      "home-pages blog",
      "services inbox",
      "services guestbook",
      "mysql source",
      "machines",
    ]);
    await until(
      "the site, its home page, the inbox and an app that is no part of this program",
      30,
      async () => (await prometheus.query("probe_success == 1")).length === 4,
    );
    await until("the server's login", 30, async () => (await prometheus.value("mysql_up")) === "1");
    const [machine] = await prometheus.query("node_uname_info");
    expect(machine?.metric["nodename"]).to.match(/^node\d$/);
  });

  it("S12 has its files accepted by the programs that read them", async () => {
    expect(await inside("prometheus", "promtool", "check", "config", "/etc/ghost-platform/prometheus.yml")).to.contain(
      "SUCCESS",
    );
    expect(await inside("alertmanager", "amtool", "check-config", "/etc/ghost-platform/alertmanager.yml")).to.contain(
      "SUCCESS",
    );
  });

  it("S12 asks in its rules for figures that there are", async () => {
    const rules = await alertRules();
    expect(rules.map(({ health, name }) => `${name} ${health}`)).to.deep.equal(rules.map(({ name }) => `${name} ok`));
    const series = new Set(rules.flatMap(({ query: text }) => text.match(/\b(?:probe|mysql|node)_\w+/g) ?? []));
    expect(series.size).to.be.greaterThan(6);
    for (const name of series) {
      expect(await prometheus.query(name), name).to.not.be.empty;
    }
  });

  it("S12 shows figures on every panel of the dashboards", async () => {
    const expressions = Object.values(dashboards({ machines: "machines" })).flatMap((text) =>
      (JSON.parse(text) as Dashboard).panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    );
    expect(expressions.length).to.be.greaterThan(25);
    for (const expression of expressions) {
      // Of replicas, and of what is wrong, there are none.
      if (/mysql_slave_status|ALERTS/.test(expression)) {
        await prometheus.query(expression);
      } else {
        await until(expression, 60, async () => (await prometheus.query(expression)).length > 0);
      }
    }
  });

  it("S12 has the one who logs in to the database servers asked by Prometheus alone", async () => {
    const address = "http://mysqld-exporter:9104/probe?target=ghost-blog:3306";
    expect(await inside("prometheus", "wget", "-q", "-O", "-", address), "it asks what it is told to").to.contain(
      "mysql_up 0",
    );
    const ask = "fetch(process.argv[1]).then(() => console.log('answered'), (error) => console.log(error.cause.code))";
    expect(await inside("ghost-blog", "node", "-e", ask, address), "from a site").to.equal("ENOTFOUND");
    for (const service of ["blackbox-exporter", "alertmanager", "node-exporter"]) {
      const asked = inside(service, "timeout", "5", "wget", "-q", "-O", "-", address);
      expect(String(await asked.catch((error: unknown) => error)), service).to.match(/unable to resolve|bad address/);
    }
  });

  it("S12 lets whoever asks the database server see figures, and nothing else", async () => {
    const { id } = await engine.current(`${stack}_mysql`);
    const sql = (statement: string) =>
      engine.docker("exec", id, "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", statement);
    expect(await sql("SHOW GRANTS FOR metrics")).to.equal("GRANT REPLICATION CLIENT ON *.* TO `metrics`@`%`");
    expect(await sql("SELECT ssl_type, max_user_connections FROM mysql.user WHERE user = 'metrics'")).to.equal(
      "ANY\t5",
    );
  });

  it("S12 tells by mail that a site and a machine are away, what to do, and when it is over", async () => {
    const ghost = `${stack}_ghost-blog`;
    // To Prometheus, a machine on which nothing tells its figures.
    const elsewhere = "node.labels.nowhere==yes";
    const placeMachine = (change: "add" | "rm") =>
      engine.docker("service", "update", "--detach", `--constraint-${change}`, elsewhere, `${stack}_node-exporter`);
    // As the stack came up the site was away for a moment, too.
    await until("all to be well", 60, async () => (await prometheus.query('ALERTS{alertstate="firing"}')).length === 0);
    const earlier = (await messages(inbox, reader)).map(({ ID }) => ID);
    const told = async (...subjects: string[]) => {
      const found = (await messages(inbox, reader))
        .filter(({ ID }) => !earlier.includes(ID))
        .map(({ Subject }) => Subject);
      return subjects.every((subject) => found.includes(subject));
    };
    const node = (await prometheus.query("node_uname_info"))[0]?.metric["nodename"] ?? "";
    const away = ["Site blog does not answer (stack swarm)", `Machine ${node} does not answer (stack swarm)`];

    await engine.docker("service", "scale", "--detach", `${ghost}=0`);
    await placeMachine("add");
    await timed("site and machine away → mail", () => until("the mails", 120, () => told(...away)));
    // What the mail says to do finds it.
    expect((await place.ops("diagnose")).output).to.contain("It is scaled to 0");
    const mail = await sent(inbox, reader, away[0] ?? "");
    expect(mail.From.Address).to.equal("noreply@localhost");
    expect(mail.To.map(({ Address }) => Address)).to.deep.equal([owner]);
    expect(mail.Text).to.contain("npm run ops -- diagnose --stack swarm");
    expect(mail.Text).to.contain("npm run ops -- logs ghost-blog --since 10m --stack swarm");

    await engine.docker("service", "scale", "--detach", `${ghost}=1`);
    await placeMachine("rm");
    const over = away.map((subject) => `[over] ${subject}`);
    await timed("site and machine back → mail", () => until("the mails that it is over", 120, () => told(...over)));
    await until(
      "the machine to tell figures",
      60,
      async () => (await prometheus.query("node_uname_info")).length === 1,
    );
  });

  it("B3 tells that a backup has failed or cannot be read back, and when the last good one was made, to every machine that asks", async () => {
    const create = (...args: string[]) =>
      place.command("backup/main.ts", ["create", "--data-only", "--yes", "--stack", "swarm", ...args]);
    const backups = async (from = place) => (await from.opsJson<StackStatus>("status")).backups;
    const lastGood = "ghost_platform_backup_last_good_timestamp_seconds";
    expect(await backups()).to.include({ state: "none", promised: true });

    expect((await create("--target", "nowhere:backups")).status).to.equal(1);
    expect(await backups(place.elsewhere())).to.include({ state: "failed" });
    expect((await place.ops("status")).status).to.equal(3);
    expect((await place.ops("diagnose")).output).to.contain("journalctl -u ghost-platform-backup-swarm");
    await until("the alert", 60, async () => (await prometheus.query('ALERTS{alertname="BackupFailed"}')).length > 0);

    succeeded(await timed("create", () => create()));
    const { last, state } = await backups(place.elsewhere());
    expect(state).to.equal("good");
    expect(last?.place).to.equal(`${place.home}/backups/swarm`);
    const at = String(Math.floor(Date.parse(last?.at ?? "") / 1000));
    await until("the moment", 60, async () => (await prometheus.value(lastGood)) === at);

    // Read back, too: of one that was damaged in its place it is told.
    const verify = () => place.command("backup/main.ts", ["verify", "--stack", "swarm"]);
    const verification = async () => (await backups(place.elsewhere())).verification;
    expect(await verification()).to.include({ state: "none" });
    const folder = path.join(last?.place ?? "", last?.backup ?? "");
    const [part = ""] = fs.readdirSync(folder).filter((name) => name.includes(".sql."));
    const whole = fs.readFileSync(path.join(folder, part));
    fs.truncateSync(path.join(folder, part), whole.length - 1);
    expect((await verify()).status).to.equal(1);
    expect(await verification()).to.include({ state: "failed" });
    const damaged = 'ALERTS{alertname="BackupVerificationFailed"}';
    await until("the alert of it", 60, async () => (await prometheus.query(damaged)).length > 0);
    fs.writeFileSync(path.join(folder, part), whole);
    succeeded(await timed("verify", verify));
    expect((await verification())?.last?.backup).to.equal(last?.backup);
    await until("no alert", 60, async () => (await prometheus.query('ALERTS{alertname=~"Backup.*"}')).length === 0);
    succeeded(await place.ops("status"));
  });

  let tasks: Task[];
  describe("its page", () => {
    before(async () => {
      tasks = await Promise.all(services.map((service) => engine.current(service)));
    });

    describePage("docs/monitoring.md", {
      environment: () => ({ ...place.variables, DOCKER_HOST: host }),
      sections: ["Turn it on", "Look", "Be left alone for a while"],
      rows: { "Turn it on": "S12", Look: "S12", "Be left alone for a while": "S12" },
    });
  });

  describe("later", () => {
    it("S12 A1 the second start, with which its page begins, has changed nothing", async () => {
      expect(await Promise.all(services.map((service) => engine.current(service)))).to.deep.equal(tasks);
    });

    it("S12 S7 goes on asking after the passwords of the server's own users were rotated", async () => {
      const file = ["cat", "/proc/1/cmdline"];
      expect(await inside("mysqld-exporter", ...file)).to.not.match(/p[A-Za-z0-9]{32}/);
      const former = await engine.current(`${stack}_mysqld-exporter`);
      place.configure({ mysql: { passwordGeneration: 2 } });
      succeeded(await timed("npm start with other passwords", () => place.start()));
      await engine.successor(`${stack}_mysqld-exporter`, former, 60);
      await until("the server's login", 60, async () => (await prometheus.value("mysql_up")) === "1");
    });

    it("S12 A5 its passwords stand nowhere in plain text", async () => {
      const password = passwordsIn(await inside("mysqld-exporter", "cat", "/run/secrets/mysqld-exporter/metrics.cnf"));
      expect(password).to.have.length(1);
      const held = await engine.holdings(stack);
      const places: Record<string, string> = {
        services: await engine.docker("service", "inspect", ...(held["services"] ?? [])),
        containers: await engine.docker("inspect", ...(held["containers"] ?? [])),
        secrets: await engine.docker("secret", "inspect", ...(held["secrets"] ?? [])),
      };
      for (const config of held["configs"] ?? []) {
        const data = await engine.docker("config", "inspect", "--format", "{{json .Spec.Data}}", config);
        places[`config ${config}`] = Buffer.from(JSON.parse(data) as string, "base64").toString();
      }
      for (const service of services) {
        places[`log of ${service}`] = await engine.log(service);
      }
      Object.assign(places, processTexts(), openFiles(place.home));
      expect(leak(password, places)).to.equal(undefined);
    });

    it("S12 says before anything is made that Grafana cannot be built here", async () => {
      const before = await engine.holdings(stack);
      place.configure({ monitoring: { dashboards: true } });
      const { output, status } = await place.start();
      expect(status, output).to.not.equal(0);
      expect(output).to.contain("Grafana cannot be had here").and.to.contain("`dashboards: false`");
      expect(await engine.holdings(stack)).to.deep.equal(before);
      place.configure({ monitoring: { dashboards: false } });
    });

    it("S12 A1 destroy --data removes everything", async () => {
      succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
      expect(await engine.holdings(stack)).to.deep.equal(nothing);
    });
  });
});

/** The newest message with a subject, with its text. */
async function sent(inbox: string, reader: Reader, subject: string) {
  const found = (await messages(inbox, reader)).find(({ Subject }) => Subject === subject);
  const response = await askInbox(inbox, `/api/v1/message/${found?.ID ?? ""}`, reader);
  return (await response.json()) as Message & { Text: string };
}

interface Dashboard {
  panels: { targets: { expr: string }[] }[];
}
