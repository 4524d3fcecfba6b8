import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parseStackConfig } from "../../../../config/parse";
import { collect } from "../../../../render/collect";
import { PasswordStore } from "../../../../render/passwords";
import { kubernetesManifests, type Manifest } from "../../../../render/kubernetes";
import { rcloneConfiguration, SealingFiles, storeSecret } from "../../../support/sealing-files";

interface Container {
  name: string;
  image: string;
  securityContext: object;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

interface PodSpec {
  automountServiceAccountToken: boolean;
  serviceAccountName: string;
  initContainers: Container[];
  containers: Container[];
  volumes: { name: string; persistentVolumeClaim?: { claimName: string; readOnly: boolean } }[];
  affinity: object;
}

describe("B3 the CronJob of a stack", () => {
  const files = new SealingFiles();
  const file = files.file.bind(files);
  const config = (backup: object, more: object = {}) =>
    parseStackConfig(
      {
        platform: "kubernetes",
        kubernetes: { context: "unused" },
        sites: { blog: { url: "http://blog.test" } },
        backup: {
          ...files.keys,
          schedule: "30 3 * * *",
          ...backup,
        },
        ...more,
      },
      "dev",
    );
  const mistakes = (backup: object, more: object = {}) => {
    try {
      config(backup, more);
      return "none";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const passwords = new PasswordStore();
  const manifests = async (backup: object = {}, more: object = {}) =>
    kubernetesManifests((await collect(config(backup, more), "dev", passwords)).resources);
  const named = (all: readonly Manifest[], kind: string, name: string) =>
    all.find((one) => one.kind === kind && one.metadata.name === name);
  const present = (all: readonly Manifest[], kind: string, name: string) => {
    const found = named(all, kind, name);
    expect(found, `${kind} ${name}`).to.not.equal(undefined);
    return found as Manifest;
  };
  /** All that the database server runs as SQL. */
  const provisioned = (all: readonly Manifest[]) =>
    Object.values((present(all, "Secret", "mysql-server") as unknown as { data: Record<string, string> }).data)
      .map((text) => Buffer.from(text, "base64").toString())
      .join("\n");
  const podOf = (all: readonly Manifest[]) =>
    (present(all, "CronJob", "backup")["spec"] as { jobTemplate: { spec: { template: { spec: PodSpec } } } })
      .jobTemplate.spec.template;

  before(() => files.make());

  it("is there where a recipient is named, and nowhere else", async () => {
    const without = await manifests({ recipient: undefined, signingKeyFile: undefined, rcloneFile: undefined });
    expect(without.filter(({ kind }) => kind === "CronJob" || kind === "ServiceAccount")).to.deep.equal([]);
    expect(JSON.stringify(named(without, "Secret", "mysql-server"))).to.not.contain("MAX_USER_CONNECTIONS");
    const cronJob = named(await manifests(), "CronJob", "backup");
    expect(cronJob?.["spec"]).to.include({
      schedule: "30 3 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      failedJobsHistoryLimit: 1,
    });
  });

  it("runs without rights, reads the claims and writes none, beside the pods that have them", async () => {
    const all = await manifests();
    const { spec } = podOf(all);
    expect([spec.automountServiceAccountToken, spec.serviceAccountName]).to.deep.equal([false, "backup"]);
    for (const container of [...spec.initContainers, ...spec.containers]) {
      expect(container.securityContext, container.name).to.include({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
      const mounted = container.volumeMounts.filter(({ name }) => name.startsWith("claim-"));
      expect(mounted.every(({ readOnly }) => readOnly)).to.equal(true);
      expect(mounted.length, container.name).to.equal(container.name === "seal" ? 2 : 0);
    }
    expect(spec.volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim ?? [])).to.deep.equal([
      { claimName: "ghost-blog-content", readOnly: true },
      { claimName: "mailpit-mail", readOnly: true },
    ]);
    expect(JSON.stringify(spec.affinity)).to.contain('"values":["ghost-blog","mailpit"]');
    expect(spec.initContainers.map(({ name }) => name)).to.deep.equal(["look", "dump", "seal"]);
  });

  it("A6 reads the volume of an app that is no part of this program", async () => {
    const settings = { port: 8090 };
    const apps = { guestbook: { module: "./tests/apps/guestbook/app.ts", settings } };
    const { spec } = podOf(await manifests({}, { apps }));
    const claims = spec.volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
    expect(claims).to.deep.equal(["ghost-blog-content", "mailpit-mail", "app-guestbook-data"]);
    expect(JSON.stringify(spec.affinity)).to.contain('"app-guestbook"');
  });

  it("K1 reads claims that are somebody else's as it reads the stack's own", async () => {
    const all = await manifests(
      {},
      {
        sites: { blog: { url: "http://blog.test", storage: { existingClaim: "their-content" } } },
        mysql: { storage: { existingClaim: "their-data" } },
      },
    );
    const claims = podOf(all).spec.volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim ?? []);
    expect(claims.map(({ claimName }) => claimName)).to.deep.equal(["their-content", "mailpit-mail"]);
    const { data } = present(all, "ConfigMap", "backup-plan") as unknown as { data: { "plan.json": string } };
    const plan = JSON.parse(data["plan.json"]) as {
      parts: { contents: { volume: { name: string; options: object } } }[];
    };
    expect(plan.parts.map(({ contents: { volume } }) => [volume.name, volume.options])).to.deep.equal([
      ["their-data", {}],
      ["their-content", {}],
      ["mailpit-mail", { size: "1Gi" }],
    ]);
    expect(
      mistakes({}, { sites: { blog: { url: "http://blog.test", storage: { accessModes: ["ReadWriteOncePod"] } } } }),
    ).to.contain("sites.blog.storage.accessModes: with ReadWriteOncePod no other pod reads the volume");
  });

  it("gives each container what it needs and no more: who carries cannot sign, who signs cannot carry", async () => {
    const { spec } = podOf(await manifests());
    const secrets = Object.fromEntries(
      [...spec.initContainers, ...spec.containers].map(({ name, volumeMounts }) => [
        name,
        volumeMounts.map((mount) => mount.name).filter((mount) => ["signing-key", "rclone", "login"].includes(mount)),
      ]),
    );
    expect(secrets).to.deep.equal({ look: ["rclone"], dump: ["login"], seal: ["signing-key"], send: ["rclone"] });
  });

  it("has secrets in a Secret alone, and of rclone.conf the one remote", async () => {
    const all = await manifests();
    const others = all.filter(({ kind }) => kind !== "Secret");
    expect(JSON.stringify(others)).to.not.contain(storeSecret).and.not.contain("PRIVATE KEY");
    const { data } = named(all, "Secret", "backup-credentials") as unknown as { data: Record<string, string> };
    const text = Buffer.from(data["rclone.conf"] ?? "", "base64").toString();
    expect(text).to.contain(`secret_access_key = ${storeSecret}`).and.not.contain("not this one");
  });

  it("reaches the database, the store and the name service, and nobody reaches it", async () => {
    const policy = named(await manifests(), "NetworkPolicy", "backup")?.["spec"] as {
      ingress: object[];
      egress: { ports?: { port: number }[] }[];
    };
    expect(policy.ingress).to.deep.equal([]);
    const ports = policy.egress.flatMap(({ ports: of }) => (of ?? [{ port: 0 }]).map(({ port }) => port));
    expect([...new Set(ports)].sort((left, right) => left - right)).to.deep.equal([53, 3306, 8443]);
  });

  it("is the same text each time, and fits into a ConfigMap", async () => {
    const first = named(await manifests(), "ConfigMap", "backup-program");
    expect(first).to.deep.equal(named(await manifests(), "ConfigMap", "backup-program"));
    expect(JSON.stringify(first).length).to.be.lessThan(260_000);
    expect(JSON.stringify(first)).to.not.contain(process.cwd());
  });

  it("A3 is refused with every mistake, before anything is touched", () => {
    expect(mistakes({ target: undefined, signingKeyFile: undefined, rcloneFile: undefined }))
      .to.contain("backup.target: missing")
      .and.contain("backup.signingKeyFile: missing")
      .and.contain("backup.rcloneFile: missing");
    expect(mistakes({ schedule: undefined })).to.contain("backup.recipient: without effect");
    expect(mistakes({ recipient: "age1qqq" })).to.contain("backup.recipient: must be the public half");
    const other = `age1${"q".repeat(58)}`;
    expect(mistakes({ recipient: other })).to.contain("belongs to another key than backup.recipient names");
    expect(mistakes({ rcloneFile: file("open.conf", rcloneConfiguration(), 0o644) })).to.contain(
      "others can read the secret",
    );
    expect(mistakes({ rcloneFile: path.join(files.folder, "nowhere") })).to.contain("does not exist");
    expect(mistakes({ target: "elsewhere:b" })).to.contain("There is no remote elsewhere");
    expect(mistakes({ rcloneFile: file("env.conf", rcloneConfiguration("env_auth = true\n")) })).to.contain(
      "env_auth names",
    );
    const sftp = "[offsite]\ntype = sftp\nhost = h\nknown_hosts_file = /root/.ssh/known_hosts\n";
    expect(mistakes({ rcloneFile: file("sftp.conf", sftp) })).to.contain("Take s3 or webdav");
    const damaged = fs.readFileSync(path.join(files.folder, "writer.pem"), "utf8").replace(/M[A-Za-z0-9+/]{20}/, "M");
    expect(mistakes({ signingKeyFile: file("damaged.pem", damaged) })).to.contain("holds no signing key");
    expect(mistakes({}, { sites: {} })).to.contain("backup.recipient: the stack has no database");
  });

  describe("B4 with an archive of binary logs", () => {
    const archivePod = (all: readonly Manifest[]) =>
      (present(all, "Deployment", "backup-archive")["spec"] as { template: { spec: PodSpec } }).template.spec;

    it("is there where it is wanted, and nowhere else, and so is its user", async () => {
      const without = await manifests();
      expect(named(without, "Deployment", "backup-archive")).to.equal(undefined);
      expect(provisioned(without)).to.not.contain("CREATE USER IF NOT EXISTS 'archive'");
      expect(provisioned(without)).to.contain("DROP USER ''archive''@''%''");
      const all = await manifests({ pointInTime: true });
      expect(present(all, "Deployment", "backup-archive")["spec"]).to.deep.include({
        replicas: 1,
        strategy: { type: "Recreate" },
      });
      const grants = provisioned(all)
        .split("\n")
        .filter((line) => line.startsWith("GRANT") && line.includes("'archive'"));
      expect(grants).to.deep.equal(["GRANT REPLICATION SLAVE ON *.* TO 'archive'@'%';"]);
    });

    it("gives each container what it needs and no more, and nothing of the server's own passwords", async () => {
      const spec = archivePod(await manifests({ pointInTime: true }));
      const secrets = Object.fromEntries(
        [...spec.initContainers, ...spec.containers].map(({ name, securityContext, volumeMounts }) => {
          expect(securityContext, name).to.include({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
          return [name, volumeMounts.map((mount) => mount.name).filter((mount) => /key|rclone|login/.test(mount))];
        }),
      );
      expect(secrets).to.deep.equal({ look: ["rclone"], archive: ["signing-key", "login"], send: ["rclone"] });
      expect(JSON.stringify(spec.volumes)).to.contain('"secretName":"mysql-archive"').and.not.contain("mysql-server");
      expect([spec.automountServiceAccountToken, spec.serviceAccountName]).to.deep.equal([false, "backup-archive"]);
    });

    it("has its containers share one folder, in which each is asked how far it is", async () => {
      const spec = archivePod(await manifests({ pointInTime: true }));
      const shared = [...spec.initContainers, ...spec.containers].map((container) => {
        const { env, readinessProbe } = container as Container & {
          env: { name: string; value: string }[];
          readinessProbe?: { exec: { command: string[] } };
        };
        const { value } = env.find(({ name }) => name === "WORK") ?? {};
        expect(container.volumeMounts.map(({ mountPath }) => mountPath)).to.include(value);
        return [container.name, value, /\/archive\/\w+ -mmin -\d/.exec(readinessProbe?.exec.command.at(-1) ?? "")?.[0]];
      });
      expect(shared).to.deep.equal([
        ["look", "/archive", undefined],
        ["archive", "/archive", "/archive/heard -mmin -2"],
        ["send", "/archive", "/archive/sent -mmin -3"],
      ]);
    });

    it("reaches the database, the store and the name service, and nobody reaches it", async () => {
      const all = await manifests({ pointInTime: true });
      const policies = ["backup", "backup-archive"].map(
        (name) => present(all, "NetworkPolicy", name)["spec"] as object,
      );
      const [ofBackup, ofArchive] = policies.map((policy) => ({ ...policy, podSelector: undefined }));
      expect(ofArchive).to.deep.equal(ofBackup);
    });

    it("tells how far it is to the monitoring alone, also while it is not ready", async () => {
      const all = await manifests({ pointInTime: true }, { monitoring: { dashboards: false } });
      const asked = (name: string) =>
        (present(all, "Deployment", name)["spec"] as { template: { metadata: { labels: Record<string, string> } } })
          .template.metadata.labels;
      const label = { "ghost-platform/backup-archive-client": "true" };
      expect(asked("monitoring")).to.include(label);
      expect((present(all, "NetworkPolicy", "backup-archive")["spec"] as { ingress: object[] }).ingress).to.deep.equal([
        { ports: [{ port: 9117 }], from: [{ podSelector: { matchLabels: label } }] },
      ]);
      expect(present(all, "Service", "backup-archive")["spec"]).to.deep.include({
        publishNotReadyAddresses: true,
        ports: [{ name: "figures", port: 9117, targetPort: "figures" }],
      });
      const files = JSON.stringify(present(all, "ConfigMap", "monitoring-configuration"));
      expect(files).to.contain("backup-archive:9117").and.contain("ArchiveBehind");
      const watched = await manifests(
        { pointInTime: true },
        { monitoring: { operator: { namespace: "watching", labels: {} } } },
      );
      const { ingress } = present(watched, "NetworkPolicy", "backup-archive")["spec"] as {
        ingress: { from: object[] }[];
      };
      expect(JSON.stringify(ingress)).to.contain('"kubernetes.io/metadata.name":"watching"');
      expect(present(watched, "ServiceMonitor", "monitoring-archive")["spec"]).to.have.nested.property(
        "endpoints[0].port",
        "figures",
      );
      expect(JSON.stringify(present(watched, "PrometheusRule", "monitoring")["spec"])).to.contain("ArchiveBehind");
    });

    it("fits into a ConfigMap, with nothing that is secret", async () => {
      const all = await manifests({ pointInTime: true });
      const program = JSON.stringify(present(all, "ConfigMap", "backup-archive-program"));
      expect(program.length).to.be.lessThan(400_000);
      expect(JSON.stringify(all.filter(({ kind }) => kind !== "Secret")))
        .to.not.contain(storeSecret)
        .and.not.contain("PRIVATE KEY");
    });

    it("A3 is refused where the server's own log would not do", () => {
      expect(
        mistakes({ pointInTime: true, recipient: undefined, signingKeyFile: undefined, rcloneFile: undefined }),
      ).to.contain("backup.pointInTime: without effect");
      for (const [options, words] of [
        [{ "skip-log-bin": true }, "switches the binary log off"],
        [{ log_bin: "OFF" }, "switches the binary log off"],
        [{ binlog_expire_logs_seconds: 600 }, "keeps the binary log for less than a day"],
        [{ binlog_ignore_db: "ghost_blog" }, "leaves databases out"],
      ] as const) {
        expect(mistakes({ pointInTime: true }, { mysql: { options } })).to.contain(words);
        expect(mistakes({}, { mysql: { options } })).to.not.contain("backup.pointInTime");
      }
    });

    for (const [topology, host] of [
      ["single", "mysql."],
      ["replicated", "mysql-source."],
      ["group", "mysql-primary."],
    ]) {
      it(`follows whoever takes writes, of a ${topology} database, where its user is made`, async () => {
        const all = await manifests({ pointInTime: true }, { mysql: { topology } });
        const archive = archivePod(all).containers[0] as unknown as { env: { value: string }[] };
        expect(archive.env.map(({ value }) => value)).to.include("archive");
        expect(archive.env[0]?.value).to.contain(host);
        expect(provisioned(all)).to.contain("GRANT REPLICATION SLAVE ON *.* TO 'archive'@'%'");
      });
    }
  });

  for (const [topology, host] of [
    ["single", "mysql.stack-dev.svc.cluster.local"],
    ["replicated", "mysql-source."],
    ["group", "mysql-primary."],
  ]) {
    it(`asks whoever takes writes, of a ${topology} database`, async () => {
      const { spec } = podOf(await manifests({}, { mysql: { topology } }));
      const dump = spec.initContainers[1] as unknown as { env: { value: string }[] };
      expect(dump.env[0]?.value).to.contain(host === "mysql.stack-dev.svc.cluster.local" ? "mysql." : host);
    });
  }
});
