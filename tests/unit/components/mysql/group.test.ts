import { expect } from "chai";
import { haproxyConfig } from "../../../../components/mysql/group/haproxy";
import { groupMemberSql } from "../../../../components/mysql/group/users";
import { standingSql } from "../../../../components/mysql/users";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import { manifestFiles, type Manifest } from "../../../../render/kubernetes";
import { configurationHash, container, manifestsOf, object, podSpecs } from "../../../support/kubernetes";

const group = (more: Record<string, unknown> = {}) => manifestsOf({ mysql: { topology: "group", ...more } });

describe("a group of MySQL servers on Kubernetes", () => {
  let manifests: Manifest[];
  before(async () => {
    manifests = await group();
  });
  const spec = (kind: string, name: string, from = manifests) =>
    object(from, kind, name)["spec"] as Record<string, unknown>;
  const files = (name: string, from = manifests) =>
    (object(from, "ConfigMap", name) as unknown as { data: Record<string, string> }).data;
  const option = (name: string, from = manifests) =>
    new RegExp(`^${name}=(.*)$`, "m").exec(files("mysql-configuration", from)["group.cnf"] ?? "")?.[1];

  it("D2 is a StatefulSet of three with the first claim of a single server, and two proxies before it", () => {
    expect(spec("StatefulSet", "mysql")).to.include({
      replicas: 3,
      serviceName: "mysql",
      podManagementPolicy: "Parallel",
    });
    object(manifests, "PersistentVolumeClaim", "data-mysql-0");
    expect(spec("Deployment", "mysql-primary")).to.include({ replicas: 2 });
    const ghost = container(podSpecs(manifests)["ghost-blog"] as never, "ghost");
    expect(ghost.env).to.deep.include({
      name: "database__connection__host",
      value: "mysql-primary.ghost-test.svc.cluster.local",
    });
  });

  it("D2 spreads over nodes, and loses one member at a time when they are emptied", () => {
    for (const name of ["mysql", "mysql-primary"]) {
      expect(spec("PodDisruptionBudget", name)).to.include({ maxUnavailable: 1 });
      const [spread] = podSpecs(manifests)[name]?.topologySpreadConstraints ?? [];
      expect(spread, name).to.include({ topologyKey: "kubernetes.io/hostname" });
    }
  });

  it("D2 finds every member by a name of its own; another number of members restarts them", async () => {
    const five = await group({ replicas: 5 });
    expect(option("group_replication_group_seeds")).to.equal(
      "mysql-0.mysql:3306,mysql-1.mysql:3306,mysql-2.mysql:3306",
    );
    expect(option("group_replication_group_seeds", five)?.split(",")).to.have.length(5);
    expect(files("mysql-configuration", five)["members"]).to.equal("5");
    expect(files("mysql-primary", five)["haproxy.cfg"]?.match(/^ {2}server /gm)).to.have.length(5);
    expect(option("group_replication_group_name", five)).to.equal(option("group_replication_group_name"));
    expect(option("group_replication_group_name")).to.match(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const hash = (from: Manifest[]) => configurationHash(from, "StatefulSet", "mysql");
    expect(hash(five)).to.not.equal(hash(manifests));
  });

  it("D2 D6 a server neither joins, nor makes a group, nor writes, nor replaces its data by itself", () => {
    expect(option("group_replication_start_on_boot")).to.equal("OFF");
    expect(option("group_replication_bootstrap_group")).to.equal("OFF");
    expect(option("super_read_only")).to.equal("ON");
    expect(option("group_replication_autorejoin_tries")).to.equal("0");
    expect(option("group_replication_clone_threshold")).to.equal("9223372036854775807");
  });

  it("D2 has more memory than a server on its own, unless somebody says how much", async () => {
    const limit = (from: Manifest[]) =>
      container(podSpecs(from)["mysql"] as never, "mysql").resources?.limits?.["memory"];
    expect(limit(manifests)).to.equal("1152Mi");
    expect(limit(await group({ memory: "2Gi" }))).to.equal("2Gi");
  });

  it("D2 makes the mark of an installed set after the rollout", () => {
    const mark = manifestFiles(manifests).filter(({ path }) => path.includes("mysql-installed"));
    expect(mark.map(({ path }) => path.split("/")[0])).to.deep.equal(["manifests-after-rollout"]);
  });

  it("D2 the proxies ask in MySQL's own protocol, as a user without a password, who may read who is in the group", () => {
    const lines = haproxyConfig({ "mysql-0": "mysql-0.mysql" }).split("\n");
    const sent = lines
      .flatMap((line) => /send-binary ([0-9a-f]+)$/.exec(line)?.[1] ?? [])
      .map((hex) => Buffer.from(hex, "hex"));
    expect(sent).to.have.length(3);
    // A length of three bytes, little end first; a number; and so much of it.
    for (const packet of sent) {
      expect(packet.readUIntLE(0, 3)).to.equal(packet.length - 4);
    }
    const [login, query, end] = sent;
    expect(login?.toString("latin1")).to.contain("probe\0\0caching_sha2_password\0");
    expect(query?.subarray(5).toString()).to.match(/^SELECT CONCAT\('group-'.*replication_group_members/);
    expect(end?.at(4)).to.equal(1);
    // HAProxy reads no longer line.
    expect(Math.max(...lines.map((line) => line.length))).to.be.below(2048);
    const passwords = { root: "a1", monitor: "a2", backup: "a3", group: "a4", clone: "a5" };
    const grants = groupMemberSql(passwords)
      .split("\n")
      .filter((line) => line.startsWith("GRANT") && line.includes("'probe'"));
    expect(grants).to.deep.equal(["GRANT SELECT ON performance_schema.replication_group_members TO 'probe'@'%';"]);
  });

  it("S7 D2 a member takes both passwords of a user while they are rotated, outside the group's transactions", () => {
    const passwords = (text: string) => ({ root: text, monitor: text, backup: text, group: text, clone: text });
    const [first = "", ...rest] = groupMemberSql(passwords("new"), passwords("old")).split("\n");
    expect(first).to.equal("SET SESSION sql_log_bin = 0;");
    expect(rest.join("\n")).to.contain("ALTER USER ''group''@''%'' IDENTIFIED BY ''new'' RETAIN CURRENT PASSWORD");
  });

  it("D2 D6 follows nobody any more, and forgets nothing that it has received from the group", () => {
    const passwords = { root: "a1", monitor: "a2", backup: "a3", group: "a4", clone: "a5" };
    const resets = groupMemberSql(passwords)
      .split("\n")
      .filter((line) => line.includes("REPLICA") && !line.startsWith("GRANT"));
    expect(resets).to.deep.equal(["STOP REPLICA FOR CHANNEL '';", "RESET REPLICA ALL FOR CHANNEL '';"]);
    expect(option("skip_replica_start")).to.equal("ON");
    expect(option("relay_log_recovery")).to.equal("OFF");
  });

  it("D2 asks for every database before it changes any", () => {
    const databases = [{ database: "ghost_blog", username: "ghost_blog", password: "secret1" }];
    const question = standingSql(databases);
    expect(question).to.contain("SCHEMA_NAME IN ('ghost_blog')").and.to.contain("'ghost_blog ghost_blog'");
    expect(question).to.not.contain("secret1");
    expect(standingSql([])).to.equal("SELECT 1;\n");
  });

  const refusals: [string, Record<string, unknown>, string][] = [
    ["an even number of members", { topology: "group", replicas: 4 }, "mysql.replicas: must be 3, 5, 7 or 9"],
    [
      "what a group decides itself",
      { topology: "group", recoverFrom: 1 },
      "mysql.recoverFrom: without effect: mysql.topology is group",
    ],
    ["options by role", { topology: "group", replicaOptions: { wait_timeout: 60 } }, "mysql.replicaOptions"],
    [
      "an option on which the group depends",
      { topology: "group", options: { group_replication_start_on_boot: "ON" } },
      "mysql.options.group_replication_start_on_boot: this program depends on",
    ],
    [
      "a name that is a member's own",
      { topology: "group", options: { group_replication_local_address: "x:1" } },
      "mysql.options.group_replication_local_address: group_replication_local_address is a member's name",
    ],
    ["too little memory", { topology: "group", memory: "768Mi" }, "mysql.memory: must be"],
  ];
  for (const [what, mysql, message] of refusals) {
    it(`A3 D2 refuses ${what}`, () => {
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
