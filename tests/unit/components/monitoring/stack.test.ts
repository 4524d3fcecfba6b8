import { expect } from "chai";
import { parse } from "yaml";
import { volumesOf, type ServiceSpec } from "../../../../backup/swarm/sources";
import type { Sought } from "../../../../deploy/images/pull";
import { publishedAddresses } from "../../../../deploy/wait/published-addresses";
import { standInsFor } from "../../../../deploy/images/stand-ins";
import { swarmSummary } from "../../../../deploy/summary";
import type { RawConfig } from "../../../../config/files/machine";
import { neededImages } from "../../../../stacks/images";
import { parseStackConfig } from "../../../../config/parse";
import type { SwarmStackConfig } from "../../../../config/schema";
import { imageHosts } from "../../../../config/swarm/swarm-nodes";
import { UserError } from "../../../../errors";
import { rotatedPasswords } from "../../../../stacks/apps";
import { composeStack } from "../../../../render/compose";
import { PasswordStore } from "../../../../render/passwords";
import { contentOf, declared, declaredOptions, ofKind, service } from "../../../support/swarm";

const alerts = { to: ["owner@example.com"] };
const magazine = { url: "http://localhost:2390" };
const base = { platform: "swarm", sites: { blog: { url: "http://localhost:2368" } } };
const parsed = (raw: RawConfig) => parseStackConfig({ ...base, ...raw }) as SwarmStackConfig;

describe("S12 a stack on Swarm that is monitored", function () {
  this.timeout(30_000);

  const names = async (raw: RawConfig) =>
    ofKind((await declared(raw)).resources, "Service")
      .map(({ name }) => name)
      .filter((name) => !["ghost-blog", "mysql", "mailpit"].includes(name));

  it("has the parts that are asked for, and without the key none", async () => {
    const always = ["prometheus", "blackbox-exporter", "mysqld-exporter", "node-exporter"];
    expect(await names({})).to.deep.equal([]);
    expect(await names({ monitoring: {} })).to.have.members([...always, "grafana"]);
    expect(await names({ monitoring: { alerts } })).to.have.members([...always, "grafana", "alertmanager"]);
    expect(await names({ monitoring: { dashboards: false } })).to.have.members(always);
    const images = neededImages(parsed({ monitoring: { alerts, dashboards: false } })).map(({ name }) => name);
    expect(images).to.deep.equal([
      ...["mysql", "ghost", "mailpit"],
      ...["prometheus", "blackboxExporter", "nodeExporter", "mysqldExporter", "alertmanager"],
    ]);
  });

  it("publishes the dashboards and nothing else of it", async () => {
    const { resources } = await declared({ monitoring: { alerts, port: 3100 } });
    const published = ofKind(resources, "Service").flatMap(({ name }) =>
      (service(resources, name).inputs.endpointSpec.ports ?? []).map(({ publishedPort }) => [name, publishedPort]),
    );
    expect(published).to.have.deep.members([
      ["ghost-blog", 2368],
      ["mailpit", 8025],
      ["grafana", 3100],
    ]);
  });

  it("keeps what asks nobody for a login on a network without sites", async () => {
    const { resources } = await declared({ monitoring: { alerts } });
    const networks = (name: string) =>
      service(resources, name).networksAdvanceds?.map(({ id }) => String(id).replace("ghost-test_", ""));
    expect(networks("ghost-blog")).to.deep.equal(["frontend", "backend"]);
    for (const name of ["alertmanager", "node-exporter", "grafana"]) {
      expect(networks(name), name).to.deep.equal(["monitoring"]);
    }
    expect(networks("blackbox-exporter")).to.deep.equal(["monitoring", "frontend"]);
    expect(networks("mailpit")).to.deep.equal(["frontend", "monitoring"]);
    expect(networks("prometheus")).to.deep.equal(["monitoring", "metrics"]);
    const quiet = await declared({ monitoring: {} });
    expect(service(quiet.resources, "mailpit").networksAdvanceds).to.have.length(1);
  });

  it("has nobody but Prometheus reach who logs in to the database servers, and it reach nobody but them", async () => {
    for (const topology of ["single", "replicated"]) {
      const { resources } = await declared({ monitoring: { alerts }, mysql: { topology }, wordpress: { magazine } });
      const services = ofKind(resources, "Service").map(({ name }) => ({
        name,
        networks: service(resources, name).networksAdvanceds?.map(({ id }) => id) ?? [],
      }));
      const [exporter] = services.filter(({ name }) => name === "mysqld-exporter");
      expect(exporter?.networks).to.deep.equal(["ghost-test_metrics"]);
      const beside = services.filter(
        ({ name, networks }) => networks.includes("ghost-test_metrics") && name !== exporter?.name,
      );
      expect(beside.map(({ name }) => name)).to.have.members([
        "prometheus",
        "mysql",
        ...(topology === "replicated" ? ["mysql-replica"] : []),
      ]);
      const [network] = ofKind(resources, "Network").filter(({ name }) => name === "metrics");
      expect(network?.inputs["internal"], "no way out").to.equal(true);
    }
    expect(ofKind((await declared({})).resources, "Network").map(({ name }) => name)).to.not.include("metrics");
  });

  it("gives no part more rights than it needs", async () => {
    const { resources } = await declared({ monitoring: { alerts } });
    for (const { name } of ofKind(resources, "Service")) {
      const { container, resources: limited } = service(resources, name);
      expect(container, name).to.deep.include({ readOnly: true, capDrops: ["ALL"] });
      expect(container.user, name).to.match(/^(65534:65534|472:472|999:999|1000:1000)$/);
      expect(limited.limits?.memoryBytes, name).to.be.greaterThan(0);
      expect(container.healthcheck.tests?.[0], name).to.equal("CMD");
    }
    const binds = ofKind(resources, "Service").flatMap(({ name }) =>
      (service(resources, name).container.mounts ?? [])
        .filter(({ type }) => type === "bind")
        .map((mount) => [name, mount]),
    );
    expect(binds).to.have.length(1);
    expect(binds[0]?.[0]).to.equal("node-exporter");
    expect(binds[0]?.[1]).to.deep.include({ source: "/", readOnly: true });
  });

  it("has every machine tell its own figures, under its name, wherever the stack is placed", async () => {
    const { resources } = await declared({ monitoring: {}, swarm: { placement: ["node.hostname==one"] } });
    const { container, inputs, placement } = service(resources, "node-exporter");
    expect(inputs).to.deep.include({ mode: { global: true } });
    expect(inputs, "the provider refuses to wait for it").to.not.have.property("convergeConfig");
    expect(placement.constraints).to.deep.equal([]);
    expect(container.hostname).to.equal("{{.Node.Hostname}}");
    expect(service(resources, "prometheus").placement.constraints).to.deep.equal(["node.hostname==one"]);
    const compose = composeStack(resources).document;
    expect(compose.services["node-exporter"]).to.deep.include({ hostname: "{{.Node.Hostname}}" });
    expect(compose.services["node-exporter"]?.["deploy"]).to.deep.include({ mode: "global" });
    expect(compose.services["node-exporter"]?.["deploy"]).to.not.have.property("replicas");
    expect(compose.services["node-exporter"]?.["volumes"]).to.deep.equal([
      { type: "bind", source: "/", target: "/machine", read_only: true, bind: { propagation: "rslave" } },
    ]);
    expect(Object.keys(compose.volumes)).to.not.include("/");
  });

  it("has the images of the monitoring on every machine that takes tasks", () => {
    const node = (host: string, more: object = {}) => ({ host: `ssh://root@${host}`, role: "manager", ...more });
    const nodes = { one: node("10.0.0.1"), two: node("10.0.0.2"), three: node("10.0.0.3", { availability: "drain" }) };
    const swarm = { nodes, placement: ["node.labels.ghost-platform.node==one"] };
    expect(imageHosts(parsed({ swarm }))).to.deep.equal(["ssh://root@10.0.0.1"]);
    expect(imageHosts(parsed({ swarm, monitoring: {} }))).to.deep.equal(["ssh://root@10.0.0.1", "ssh://root@10.0.0.2"]);
  });

  describe("asks the database server", () => {
    const provision = async (raw: RawConfig, passwords?: PasswordStore) => {
      const { resources } = await declared(raw, passwords);
      const [file] = ofKind(resources, "Secret").filter(({ name }) => /^mysql-(provision|source)\.sql-/.test(name));
      return file ? contentOf(file) : "";
    };

    it("as a user of its own, over TLS, with one right", async () => {
      const { resources } = await declared({ monitoring: {} });
      const [mounted] = service(resources, "mysqld-exporter").container.secrets ?? [];
      expect(mounted).to.include({
        fileName: "/run/secrets/mysqld-exporter/metrics.cnf",
        fileUid: "65534",
        fileMode: 0o400,
      });
      const secret = ofKind(resources, "Secret").find(({ inputs }) => inputs["name"] === mounted?.secretName);
      const [, password = ""] =
        /^\[client\]\nuser=metrics\npassword=(\S+)\nssl-ca=\/etc\/ghost-platform\/mysql-ca\.pem\n\[replica\]\nuser=metrics\npassword=\1\ntls=skip-verify\n$/.exec(
          secret ? contentOf(secret) : "",
        ) ?? [];
      const sql = await provision({ monitoring: {} });
      expect(sql).to.match(
        /CREATE USER IF NOT EXISTS 'metrics'@'%' IDENTIFIED BY '\w+' REQUIRE SSL WITH MAX_USER_CONNECTIONS 5/,
      );
      expect(sql.match(/GRANT .* TO 'metrics'@'%'/g)).to.deep.equal([
        "GRANT REPLICATION CLIENT ON *.* TO 'metrics'@'%'",
      ]);
      expect(password).to.match(/^p\w{32}$/);
    });

    it("in a set, too: the replicas hear of the user from the source", async () => {
      const raw = { mysql: { topology: "replicated" }, monitoring: {} };
      expect(await provision(raw)).to.contain("GRANT REPLICATION CLIENT ON *.* TO 'metrics'@'%'");
      const { resources } = await declared(raw);
      const [replica] = ofKind(resources, "Secret").filter(({ name }) => name.startsWith("mysql-replica.sql-"));
      expect(replica && contentOf(replica)).to.not.contain("metrics");
    });

    it("no more where it is not monitored any more: the user goes, unless somebody else made it", async () => {
      const sql = await provision({});
      expect(sql).to.contain("DROP USER ''metrics''@''%''");
      expect(sql).to.contain("ATTRIBUTE->>'$.given' IS NOT NULL");
    });

    it("with another password once those of the server's own users are rotated", async () => {
      const passwords = new PasswordStore();
      const secretOf = async (generation: number) => {
        const { resources } = await declared({ monitoring: {}, mysql: { passwordGeneration: generation } }, passwords);
        const [mounted] = service(resources, "mysqld-exporter").container.secrets ?? [];
        const secret = ofKind(resources, "Secret").find(({ inputs }) => inputs["name"] === mounted?.secretName);
        return { name: mounted?.secretName, content: secret && contentOf(secret) };
      };
      const [first, second] = [await secretOf(1), await secretOf(2)];
      expect(first.name).to.not.equal(second.name);
      expect(first.content).to.not.equal(second.content);
      const users = (raw: RawConfig) => rotatedPasswords(parsed(raw)).at(-1)?.username;
      expect(users({ monitoring: {} })).to.equal("root, monitor, backup, metrics");
      expect(users({})).to.equal("root, monitor, backup");
    });
  });

  it("restarts Prometheus for a changed rule, and nothing else", async () => {
    const passwords = new PasswordStore();
    const of = async (after: string) =>
      (await declared({ monitoring: { alerts: { ...alerts, after } } }, passwords)).resources;
    const [before, now] = [await of("2m"), await of("1m")];
    const changed = ofKind(now, "Service")
      .map(({ name }) => name)
      .filter((name) => JSON.stringify(service(before, name)) !== JSON.stringify(service(now, name)));
    expect(changed).to.deep.equal(["prometheus"]);
  });

  it("keeps passwords in secrets alone", async () => {
    const { resources } = await declared({ monitoring: { alerts } });
    const passwords = ofKind(resources, "Secret").flatMap(
      (secret) => contentOf(secret).match(/\bp[A-Za-z0-9]{32}\b/g) ?? [],
    );
    expect(new Set(passwords).size).to.equal(7);
    const configs = ofKind(resources, "ServiceConfig").map(contentOf).join();
    const elsewhere = JSON.stringify(resources, (key, value: unknown) => (key === "data" ? undefined : value));
    for (const password of passwords) {
      expect(configs).to.not.contain(password);
      expect(elsewhere).to.not.contain(password);
    }
  });

  it("sends its mail as the sites do: to the inbox, or to a relay with a password", async () => {
    const alertmanager = async (raw: RawConfig) => {
      const { resources } = await declared(raw);
      const found = service(resources, "alertmanager");
      const name = found.container.configs?.find(({ fileName }) => fileName.endsWith("alertmanager.yml"))?.configName;
      const config = ofKind(resources, "ServiceConfig").find(({ inputs }) => inputs["name"] === name);
      return { secrets: found.container.secrets, config: parse(config ? contentOf(config) : "") as { global: object } };
    };
    const inbox = await alertmanager({ monitoring: { alerts } });
    expect(inbox.config.global).to.deep.equal({
      smtp_smarthost: "mailpit:1025",
      smtp_from: "noreply@localhost",
      smtp_require_tls: false,
    });
    expect(inbox.secrets).to.deep.equal([]);
    const relay = await alertmanager({
      monitoring: { alerts: { ...alerts, from: "watch@example.com" } },
      mailpit: { enabled: false },
      mailRelay: { host: "smtp.example.com", encryption: "starttls" },
    });
    expect(relay.config.global).to.deep.equal({
      smtp_smarthost: "smtp.example.com:587",
      smtp_from: "watch@example.com",
      smtp_require_tls: true,
    });
  });

  it("E asks each site for what its owner cannot change, and its home page for how long that takes", async () => {
    const { resources } = await declared({ monitoring: {}, wordpress: { mag: { url: "http://localhost:8081" } } });
    const [config] = ofKind(resources, "ServiceConfig").filter(({ name }) =>
      name.startsWith("prometheus-prometheus.yml"),
    );
    const { scrape_configs: jobs } = parse(config ? contentOf(config) : "") as {
      scrape_configs: { job_name: string; static_configs?: { targets: string[] }[] }[];
    };
    const targets = (job: string) =>
      jobs.find(({ job_name }) => job_name === job)?.static_configs?.flatMap((one) => one.targets);
    expect(targets("sites")).to.deep.equal([
      "http://ghost-blog:2368/ghost/api/admin/authentication/setup/",
      "http://wordpress-mag-front:8080/wp-admin/install.php?step=1",
    ]);
    expect(targets("home-pages")).to.deep.equal(["http://ghost-blog:2368/", "http://wordpress-mag-front:8080/"]);
  });

  it("watches the shop through its gateway, and WordPress through its proxy", async () => {
    const { resources } = await declared({
      monitoring: {},
      shop: {},
      wordpress: { mag: { url: "https://mag.example.com/daily", port: 8081 } },
    });
    const [config] = ofKind(resources, "ServiceConfig").filter(({ name }) =>
      name.startsWith("prometheus-prometheus.yml"),
    );
    const { scrape_configs: jobs } = parse(config ? contentOf(config) : "") as {
      scrape_configs: { static_configs?: { targets: string[] }[] }[];
    };
    const targets = jobs.flatMap(({ static_configs: all = [] }) => all.flatMap((one) => one.targets));
    expect(targets).to.include.members([
      "http://wordpress-mag-front:8080/daily",
      "http://gateway:8080/",
      "http://gateway:8080/health/products",
      "http://gateway:8080/health/orders",
      "http://gateway:8080/health/users",
      "http://mailpit:8025/readyz",
    ]);
  });

  it("keeps its volumes, and leaves them out of a backup", async () => {
    const options = await declaredOptions({ monitoring: { alerts } });
    for (const name of ["prometheus-data", "alertmanager-data"]) {
      expect(options[name], name).to.include({ retainOnDelete: true });
    }
    const { resources } = await declared({ monitoring: { alerts } });
    const labels = (
      service(resources, "prometheus").inputs as unknown as { labels: { label: string; value: string }[] }
    ).labels;
    const spec: ServiceSpec = {
      Name: "ghost-test_prometheus",
      Labels: Object.fromEntries(labels.map(({ label, value }) => [label, value])),
      TaskTemplate: {
        ContainerSpec: {
          Image: "prometheus:1",
          Mounts: [{ Type: "volume", Source: "ghost-test_prometheus-data", Target: "/prometheus" }],
        },
      },
    };
    expect(volumesOf(spec, "ghost-test", 1)).to.deep.equal([]);
    expect(volumesOf({ ...spec, Labels: {} }, "ghost-test", 1)).to.have.length(1);
  });

  it("says where the dashboards are, and waits until they answer", () => {
    const config = parsed({ monitoring: { port: 3100 } });
    expect(swarmSummary("press", config, [])).to.include(
      "Dashboards       http://localhost:3100/  (user and password: npm run ops -- dashboards --stack press)",
    );
    expect(publishedAddresses(config)).to.deep.include({
      what: "dashboards",
      app: "grafana",
      url: "http://localhost:3100",
      port: 3100,
      request: { path: "/api/health", headers: { Host: "localhost:3100" }, statuses: [200] },
    });
    const without = parsed({ monitoring: { dashboards: false } });
    expect(swarmSummary("press", without, []).join()).to.not.contain("Dashboards");
    expect(publishedAddresses(without).map(({ what }) => what)).to.not.include("dashboards");
  });

  it("is told that Grafana cannot be built, and how to go on", () => {
    const built = (monitoring: object) => {
      const lacking = neededImages(parsed({ monitoring })).map((image): Sought => ({
        ...image,
        outcome: "unknown",
        said: "",
      }));
      return standInsFor("press", lacking, true, "The engine");
    };
    expect(() => built({})).to.throw(
      UserError,
      /^Grafana cannot be had here: .*`dashboards: false` under monitoring in Pulumi\.press\.yaml/,
    );
    expect(built({ dashboards: false }).map(({ name }) => name)).to.include("prometheus");
  });

  describe("is refused with", () => {
    const mistakes = (raw: RawConfig): string => {
      try {
        parsed(raw);
      } catch (error) {
        expect(error).to.be.instanceOf(UserError);
        return (error as Error).message;
      }
      return "";
    };
    const relay = {
      mailpit: { enabled: false },
      mailRelay: { host: "smtp.example.com", port: 2465, encryption: "tls" },
    };
    const refusals: [what: string, raw: RawConfig, message: string][] = [
      ["a port that is taken", { monitoring: { port: 8025 } }, "monitoring.port: 8025 is taken by mailpit.port"],
      [
        "what is no duration",
        { monitoring: { retention: "a week" } },
        "monitoring.retention: must be a duration such as 30s",
      ],
      ["rare questions", { monitoring: { interval: "10m" } }, "monitoring.interval: must be 1s to 2m (got 10m)"],
      ["a short memory", { monitoring: { retention: "2h" } }, "monitoring.retention: must be 1d to 3650d (got 2h)"],
      [
        "no address",
        { monitoring: { alerts: { to: [] } } },
        "monitoring.alerts.to: must name at least one mail address",
      ],
      ["a bad address", { monitoring: { alerts: { to: ["me"] } } }, "monitoring.alerts.to.0: must be a mail address"],
      [
        "nothing that takes mail",
        { monitoring: { alerts }, mailpit: { enabled: false } },
        "monitoring.alerts: this stack has nothing that takes mail. Name your SMTP server in mailRelay",
      ],
      [
        "TLS on a port of its own",
        { monitoring: { alerts }, ...relay },
        "mailRelay.port: must be 465 with monitoring.alerts and encryption tls (got 2465)",
      ],
      [
        "STARTTLS on the port for TLS",
        { monitoring: { alerts }, ...relay, mailRelay: { host: "smtp.example.com", port: 465 } },
        "mailRelay.encryption: must be tls with port 465 (got starttls)",
      ],
      [
        "a volume that cannot follow",
        { monitoring: {}, swarm: { singleNode: false } },
        "monitoring.placement: a local volume cannot follow its service",
      ],
    ];
    for (const [what, raw, message] of refusals) {
      it(`${what}, with the key and the way out`, () => {
        expect(mistakes(raw)).to.contain(message);
      });
    }
  });
});
