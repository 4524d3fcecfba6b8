import { expect } from "chai";
import { parseStackConfig } from "../../../../config/parse";
import { memberServerOptions } from "../../../../components/mysql/replication/server-options";
import { memberUsers, replicaSql, sourceSql } from "../../../../components/mysql/replication/users";
import { sized } from "../../../../components/mysql/server-options";
import { siteDatabases } from "../../../../components/mysql/users";
import { UserError } from "../../../../errors";
import { manifestFiles, type Manifest } from "../../../../render/kubernetes";
import { PasswordStore } from "../../../../render/passwords";
import { configurationHash, container, manifestsOf, object, podSpecs } from "../../../support/kubernetes";

/** A set of three for one site, with a limit of 1Gi. */
const small = sized({ databases: siteDatabases({ blog: {} }) }, 2);

const replicated = (more: Record<string, unknown> = {}, passwords?: PasswordStore) =>
  manifestsOf({ mysql: { topology: "replicated", ...more } }, passwords);

describe("a replicated set on Kubernetes", () => {
  let manifests: Manifest[];
  before(async () => {
    manifests = await replicated();
  });
  const spec = (kind: string, name: string, from = manifests) =>
    object(from, kind, name)["spec"] as Record<string, unknown>;

  it("M2 is one StatefulSet of three, whose claims outlive it", () => {
    const set = spec("StatefulSet", "mysql");
    expect(set).to.deep.include({
      replicas: 3,
      serviceName: "mysql",
      podManagementPolicy: "Parallel",
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    });
    const [template] = set["volumeClaimTemplates"] as { metadata: { name: string }; spec: unknown }[];
    expect(template?.metadata.name).to.equal("data");
    expect(template?.spec).to.deep.equal(spec("PersistentVolumeClaim", "data-mysql-0"));
  });

  it("M4 takes the number of members and the order of their start from the configuration", async () => {
    expect(spec("StatefulSet", "mysql", await replicated({ replicas: 5, startOrder: "ordered" }))).to.include({
      replicas: 5,
      podManagementPolicy: "OrderedReady",
    });
  });

  it("M2 names every member, the source alone, and those that are ready", () => {
    expect(spec("Service", "mysql")).to.include({ clusterIP: "None", publishNotReadyAddresses: true });
    const selector = (name: string) => spec("Service", name)["selector"] as Record<string, string>;
    expect(selector("mysql-source")).to.include({ "statefulset.kubernetes.io/pod-name": "mysql-0" });
    expect(selector("mysql-read")).to.not.have.property("statefulset.kubernetes.io/pod-name");
    expect(spec("Service", "mysql-read")).to.not.have.property("publishNotReadyAddresses");
    const ghost = container(podSpecs(manifests)["ghost-blog"] as never, "ghost");
    expect(ghost.env).to.deep.include({
      name: "database__connection__host",
      value: "mysql-source.ghost-test.svc.cluster.local",
    });
  });

  it("M5 makes the mark of an installed set after the rollout, and needs it for nothing else", async () => {
    const mark = manifestFiles(manifests).filter(({ path }) => path.includes("mysql-installed"));
    expect(mark.map(({ path }) => path.split("/")[0])).to.deep.equal(["manifests-after-rollout"]);
    const facts = podSpecs(manifests)["mysql"]?.volumes.find(({ name }) => name === "set");
    expect(facts?.projected.sources.map(({ configMap }) => [configMap.name, configMap.optional])).to.deep.equal([
      ["mysql-configuration", undefined],
      ["mysql-installed", true],
      ["mysql-recovery", true],
    ]);
    expect(manifests.some(({ metadata }) => metadata.name === "mysql-recovery")).to.equal(false);
    const recovering = await replicated({ recoverFrom: 2, recoverWithout: [1, 3], replicas: 4 });
    expect(object(recovering, "ConfigMap", "mysql-recovery")["data"]).to.deep.equal({
      recoverFrom: "2",
      recoverWithout: "1,3",
    });
    const count = (from: Manifest[]) =>
      (object(from, "ConfigMap", "mysql-configuration") as unknown as { data: Record<string, string> }).data["members"];
    expect([count(manifests), count(recovering)]).to.deep.equal(["3", "4"]);
    const hash = (from: Manifest[]) => configurationHash(from, "StatefulSet", "mysql");
    expect(hash(recovering), "no member restarts for it").to.equal(hash(manifests));
  });

  it("M2 gives source and replicas options of their own", () => {
    const source = memberServerOptions("source", small, { max_connections: 250 });
    const replica = memberServerOptions("replica", small, { max_connections: 250 });
    for (const options of [source, replica]) {
      expect(options).to.include({
        gtid_mode: "ON",
        skip_replica_start: "ON",
        sync_binlog: 1,
        innodb_flush_log_at_trx_commit: 1,
        max_connections: 250,
      });
    }
    expect(source).to.not.have.property("super_read_only");
    expect(replica).to.include({ super_read_only: "ON", init_file: "/run/secrets/mysql/replica.sql" });
    expect(memberServerOptions("source", small, {}, { semiSync: true })).to.include({
      plugin_load_add: "mysql_clone.so;semisync_source.so",
      rpl_semi_sync_source_enabled: "ON",
    });
    const own = { sourceOptions: { "max-connections": 300 }, replicaOptions: { replica_parallel_workers: 8 } };
    expect(memberServerOptions("source", small, { max_connections: 250 }, own))
      .to.include({ max_connections: 300 })
      .and.not.have.property("replica_parallel_workers");
    expect(memberServerOptions("replica", small, { max_connections: 250 }, own)).to.include({
      max_connections: 250,
      replica_parallel_workers: 8,
    });
    for (const refused of [
      () => memberServerOptions("replica", small, { "gtid-mode": "OFF" }),
      () => memberServerOptions("replica", small, {}, { replicaOptions: { "gtid-mode": "OFF" } }),
    ]) {
      expect(refused).to.throw(UserError, "gtid_mode: always ON");
    }
  });

  it("M1 M2 gives the buffer pool a size that the server takes as it is", () => {
    const pools = { "512Mi": 64, "768Mi": 192, "1Gi": 320, "16Gi": 8000 };
    for (const [memory, mebibytes] of Object.entries(pools)) {
      const options = memberServerOptions("replica", { ...small, memory });
      expect(options["innodb_buffer_pool_size"], memory).to.equal(mebibytes * 2 ** 20);
      expect(Number(options["innodb_buffer_pool_size"]) % Number(options["innodb_buffer_pool_chunk_size"])).to.equal(0);
    }
  });

  it("M6 gives each user what it needs, over TLS, and leaves no transaction of its own on a replica", () => {
    const passwords = { root: "r", monitor: "m", replication: "p", clone: "c", backup: "b" };
    const source = sourceSql(passwords, []);
    for (const name of Object.keys(memberUsers)) {
      expect(source).to.match(new RegExp(`ALTER USER '${name}'@'%' IDENTIFIED BY '\\w' REQUIRE SSL ATTRIBUTE .*;`));
    }
    expect(source).to.contain("CREATE USER IF NOT EXISTS 'backup'@'127.0.0.1' IDENTIFIED BY 'b' REQUIRE SSL;");
    expect(source).to.contain("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO 'backup'@'127.0.0.1';");
    expect(source).to.contain("GRANT REPLICATION SLAVE ON *.* TO 'replication'@'%';");
    expect(source).to.not.match(/ALL PRIVILEGES|SUPER|WITH GRANT OPTION/);
    const [first, ...rest] = replicaSql(passwords).trim().split("\n");
    expect(first).to.equal("SET SESSION sql_log_bin = 0;");
    expect(rest.at(-1)).to.equal("SET GLOBAL super_read_only = ON;");
    for (const statement of [...source.trim().split("\n"), ...rest]) {
      expect(statement, "one statement a line, as init_file wants it").to.match(/;$/);
    }
  });

  it("M6 S7 keeps users of one server out of the binary log, and those of the set in it", () => {
    const passwords = { root: "r", monitor: "m", replication: "p", clone: "c", backup: "b" };
    let logged = true;
    for (const line of sourceSql(passwords, []).trim().split("\n")) {
      const [, value] = /sql_log_bin = (\d)/.exec(line) ?? [];
      logged = value === undefined ? logged : value === "1";
      const [, host] = /^(?:CREATE|ALTER|GRANT) .*@'(.*?)'/.exec(line) ?? [];
      if (host !== undefined) {
        expect(logged, line).to.equal(host === "%");
      }
    }
    expect(logged).to.equal(true);
  });

  it("M6 S7 gives members the former passwords beside the present ones", async () => {
    const passwords = new PasswordStore();
    const secret = async (passwordGeneration: number) => {
      const rotated = await replicated({ passwordGeneration }, passwords);
      const { data } = object(rotated, "Secret", "mysql-server") as unknown as { data: Record<string, string> };
      const volume = podSpecs(rotated)["mysql"]?.volumes.find(({ name }) => name === "server");
      const files = Object.fromEntries(
        (volume?.secret.items ?? []).map(({ key, path }) => [path, Buffer.from(data[key] ?? "", "base64").toString()]),
      );
      return { data, files, hash: configurationHash(rotated, "StatefulSet", "mysql") };
    };
    const [first, second, third] = [await secret(1), await secret(2), await secret(3)];
    expect(Object.keys(second.files)).to.deep.equal(Object.keys(first.files));
    // What a pod of the first generation was started with is still there, and nothing of what it lacks is.
    for (const [key, value] of Object.entries(first.data)) {
      expect(second.data[key], key).to.equal(value);
      expect(third.data).to.not.have.property(key);
    }
    const former = first.files["replication-password"];
    const present = second.files["replication-password"]?.split("\n")[0];
    expect(second.files["replication-password"]).to.equal(`${present ?? ""}\n${former ?? ""}`);
    expect(present).to.have.length(32).and.not.equal(former);
    expect(third.files["replication-password"]?.split("\n")[1]).to.equal(present);
    expect(second.files["monitor.cnf"]).to.match(/\[client_former\]\npassword=p\w{32}\n$/);
    expect(first.files["monitor.cnf"]).to.not.contain("former");
    expect(new Set([first.hash, second.hash, third.hash]), "each restarts the members").to.have.property("size", 3);
  });

  it("M6 keeps the replication password as short as START REPLICA takes it", () => {
    const { data } = object(manifests, "Secret", "mysql-server") as unknown as { data: Record<string, string> };
    const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
    expect(text("replication-password")).to.have.length(32);
    expect(text("source.sql")).to.contain(`'replication'@'%' IDENTIFIED BY '${text("replication-password")}'`);
    expect(text("source.sql")).to.contain(`'clone'@'%' IDENTIFIED BY '${text("clone-password")}'`);
  });

  it("M4 lets a node be drained of one member at a time, and spreads members over nodes", () => {
    expect(spec("PodDisruptionBudget", "mysql")).to.include({ maxUnavailable: 1 });
    expect(podSpecs(manifests)["mysql"]?.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).to.deep.equal(
      ["kubernetes.io/hostname"],
    );
  });

  const refusals: [string, Record<string, unknown>, string][] = [
    ["a set of one", { topology: "replicated", replicas: 1 }, "mysql.replicas: must be a whole number from 2 to 9"],
    ["recovery of a single server", { recoverFrom: 1 }, "mysql.recoverFrom: without effect: mysql.topology is single"],
    [
      "recovery from the source",
      { topology: "replicated", recoverFrom: 0 },
      "mysql.recoverFrom: must be a whole number from 1 to 9 (got the number 0): the ordinal",
    ],
    [
      "a recovery without somebody, from nobody",
      { topology: "replicated", recoverWithout: [2] },
      "mysql.recoverWithout: only with mysql.recoverFrom",
    ],
    [
      "a recovery without the member it is from",
      { topology: "replicated", recoverFrom: 2, recoverWithout: [2] },
      "mysql.recoverWithout: gives up member 2",
    ],
    [
      "recovery from a member that is not there",
      { topology: "replicated", recoverFrom: 3 },
      "mysql.recoverFrom: must be an ordinal below mysql.replicas (got 3 of 3 members)",
    ],
  ];
  for (const [what, mysql, message] of refusals) {
    it(`A3 refuses ${what}`, () => {
      const raw = {
        platform: "kubernetes",
        kubernetes: { context: "x" },
        sites: { b: { url: "http://b.test" } },
        mysql,
      };
      expect(() => parseStackConfig(raw)).to.throw(UserError, message);
    });
  }
});
