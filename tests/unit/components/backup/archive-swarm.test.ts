import { expect } from "chai";
import type { RawConfig } from "../../../../config/files/machine";
import { parseStackConfig } from "../../../../config/parse";
import { neededImages } from "../../../../stacks/images";
import type { DeclaredResource } from "../../../../render/collect";
import { PasswordStore } from "../../../../render/passwords";
import { SealingFiles, storeSecret } from "../../../support/sealing-files";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";

const [follow, send] = ["backup-archive", "backup-archive-send"];

describe("B4 the archive of binary logs of a stack on Swarm", () => {
  const files = new SealingFiles();
  const passwords = new PasswordStore();
  const archived = (backup: object = {}): RawConfig => ({ backup: { ...files.keys, pointInTime: true, ...backup } });
  const resources = async (raw: RawConfig = archived()) => (await declared(raw, passwords)).resources;
  const mistakes = (raw: RawConfig) => {
    try {
      parseStackConfig({ platform: "swarm", sites: { blog: { url: "http://localhost:2368" } }, ...raw }, "test");
      return "none";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const secretsOf = (all: readonly DeclaredResource[], name: string) =>
    service(all, name).container.secrets?.map(({ fileName }) => fileName);
  const provisioned = (all: readonly DeclaredResource[]) =>
    ofKind(all, "Secret")
      .filter(({ name }) => /\.sql-/.test(name))
      .map(contentOf)
      .join("\n");

  before(() => files.make());

  it("is there where it is wanted, and nowhere else, and so is its user", async () => {
    const without = await resources({ backup: { target: "offsite:b" } });
    expect(ofKind(without, "Service").map(({ name }) => name)).to.not.include(follow);
    expect(provisioned(without)).to.contain("DROP USER ''archive''@''%''").and.not.contain("GRANT REPLICATION SLAVE");
    const all = await resources();
    expect(ofKind(all, "Service").map(({ name }) => name)).to.include.members([follow, send]);
    const grants = provisioned(all)
      .split("\n")
      .filter((line) => line.startsWith("GRANT") && line.includes("'archive'"));
    expect(grants).to.deep.equal(["GRANT REPLICATION SLAVE ON *.* TO 'archive'@'%';"]);
    expect(
      neededImages(
        parseStackConfig({ platform: "swarm", ...archived(), sites: { a: { url: "http://localhost:2368" } } }, "test"),
      ).map(({ name }) => name),
    ).to.include("rclone");
  });

  it("gives each service what it needs and no more: who follows cannot come to the store, who sends cannot come to the database", async () => {
    const all = await resources();
    const networksOf = (name: string) => service(all, name).networksAdvanceds?.map(({ id }) => id);
    const idOf = (network: string) =>
      service(all, network === "backend" ? "mysql" : "mailpit").networksAdvanceds?.map(({ id }) => id);
    expect(secretsOf(all, follow)).to.have.members([
      "/run/secrets/backup/signing-key",
      "/run/secrets/mysql/archive-password",
    ]);
    expect(secretsOf(all, send)).to.deep.equal(["/run/secrets/rclone/rclone.conf"]);
    expect(networksOf(follow)).to.have.length(1).and.to.deep.equal(idOf("backend"));
    expect(networksOf(send)).to.have.length(1).and.to.deep.equal(idOf("frontend"));
    expect(networksOf(send)).to.not.deep.equal(networksOf(follow));
    for (const name of [follow, send]) {
      const { container, resources: limits } = service(all, name);
      expect(container, name).to.deep.include({ readOnly: true, capDrops: ["ALL"], user: "1000:1000" });
      expect(limits?.limits?.memoryBytes, name).to.equal(512 * 2 ** 20);
    }
  });

  it("tells Prometheus how far it is, on a network without a way out, where the stack is monitored", async () => {
    const watched = await resources({ ...archived(), monitoring: { dashboards: false } });
    const ids = (all: readonly DeclaredResource[], name: string) =>
      service(all, name).networksAdvanceds?.map(({ id }) => id) ?? [];
    expect(ids(watched, follow)).to.have.members(ids(watched, "mysql"));
    expect(ids(watched, "prometheus")).to.include.members(ids(watched, "mysqld-exporter"));
    expect(ids(watched, follow)).to.include.members(ids(watched, "mysqld-exporter"));
    expect(ids(watched, send)).to.have.length(1);
    const files = ofKind(watched, "ServiceConfig")
      .filter(({ name }) => name.startsWith("prometheus-"))
      .map(contentOf)
      .join("\n");
    expect(files).to.contain("backup-archive:9117").and.contain("ArchiveBehind");
    const plain = await resources({ monitoring: { dashboards: false } });
    expect(JSON.stringify(plain.map(contentOf)))
      .to.not.contain("9117")
      .and.not.contain("ArchiveBehind");
    expect(JSON.stringify(service(await resources(), follow))).to.not.contain("9117");
  });

  it("has what is secret in secrets alone, and of rclone.conf the one remote", async () => {
    const all = await resources();
    const others = all.filter(({ type }) => !type.endsWith(":Secret"));
    const texts = others.map((one) => JSON.stringify(one.inputs) + (one.type.endsWith("Config") ? contentOf(one) : ""));
    expect(texts.join("\n")).to.not.contain(storeSecret).and.not.contain("PRIVATE KEY");
    const [configuration] = ofKind(all, "Secret").filter(({ name }) => name.startsWith("backup-archive-rclone.conf-"));
    expect(configuration && contentOf(configuration))
      .to.contain(storeSecret)
      .and.not.contain("not this one");
  });

  it("both have one volume, which no backup saves, at a place that every user may write to", async () => {
    const all = await resources();
    const mounts = [follow, send].map((name) =>
      service(all, name).container.mounts?.map(({ source, target }) => [source, target]),
    );
    expect(mounts).to.deep.equal(Array.from({ length: 2 }, () => [["ghost-test_backup-archive-tmp", "/tmp"]]));
  });

  it("a service that is behind is ended once, and not again and again", async () => {
    const all = await resources();
    for (const name of [follow, send]) {
      expect(service(all, name).container.healthcheck?.startPeriod, name).to.equal("24h");
    }
    expect(service(all, follow).container.healthcheck?.tests?.join(" ")).to.contain("/tmp/archive/heard -mmin -2");
    expect(service(all, send).container.healthcheck?.tests?.join(" ")).to.contain("/tmp/archive/sent -mmin -3");
  });

  for (const [topology, host] of [
    ["single", "mysql"],
    ["replicated", "mysql-source"],
    ["group", "mysql-primary"],
  ]) {
    it(`follows whoever takes writes, of a ${topology} database, where its user is made`, async () => {
      const all = await resources({ ...archived(), mysql: { topology } });
      expect(service(all, follow).container.env).to.include({ ARCHIVE_HOST: host, ARCHIVE_USER: "archive" });
      expect(provisioned(all)).to.contain("GRANT REPLICATION SLAVE ON *.* TO 'archive'@'%'");
    });
  }

  it("another generation of the server's passwords is another secret, with which it starts anew", async () => {
    const nameOf = async (raw: RawConfig) =>
      service(await resources(raw), follow).container.secrets?.find(({ fileName }) =>
        fileName.endsWith("archive-password"),
      )?.secretName;
    const first = await nameOf(archived());
    expect(first).to.match(/^ghost-test_mysql-archive-/);
    expect(await nameOf({ ...archived(), mysql: { passwordGeneration: 2 } })).to.not.equal(first);
  });

  describe("A3 what it cannot do is refused, before anything is touched", () => {
    it("every file and key that is missing, together", () => {
      expect(mistakes(archived({ target: undefined, signingKeyFile: undefined, rcloneFile: undefined })))
        .to.contain("backup.target: missing")
        .and.contain("backup.signingKeyFile: missing")
        .and.contain("backup.rcloneFile: missing");
    });

    it("full backups by the swarm itself, and an archive that is sealed for nobody", () => {
      expect(mistakes({ backup: { ...files.keys, schedule: "daily" } })).to.contain(
        "backup.recipient: without effect: on Swarm a machine outside makes the full backups",
      );
      expect(mistakes({ backup: { target: "offsite:b", pointInTime: true } })).to.contain(
        "backup.pointInTime: without effect: without backup.recipient",
      );
      expect(mistakes({ backup: { target: "offsite:b", placement: ["node.hostname==a"] } })).to.contain(
        "backup.placement: without effect: without backup.pointInTime",
      );
    });

    it("two services on two nodes, where the volume that they share is not one", () => {
      const swarm = { singleNode: false };
      const pinned = ["node.hostname==worker1"];
      const site = { url: "http://localhost:2368", placement: pinned };
      const rest = { swarm, sites: { blog: site }, mysql: { placement: pinned }, mailpit: { placement: pinned } };
      expect(mistakes({ ...rest, ...archived() })).to.contain(
        "backup.placement: what is archived waits on a local volume",
      );
      expect(mistakes({ ...rest, ...archived({ placement: pinned }) })).to.equal("none");
    });

    it("databases on somebody else's server, a stack without a site, and a log that would not do", () => {
      const external = { host: "db.example.com", adminFile: files.file("admin.cnf", "[client]\nuser=a\npassword=b\n") };
      expect(mistakes({ ...archived(), mysql: { external } })).to.contain(
        "backup.pointInTime: does not go with mysql.external",
      );
      expect(mistakes({ ...archived(), sites: {}, shop: {} })).to.contain(
        "backup.recipient: the stack has no database",
      );
      expect(mistakes({ ...archived(), mysql: { options: { log_bin: "OFF" } } })).to.contain(
        "switches the binary log off",
      );
    });
  });
});
