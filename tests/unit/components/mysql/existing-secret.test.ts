import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { usesIn } from "../../../../backup/kubernetes/program";
import type { RawConfig } from "../../../../config/files/machine";
import { secretsOfOthers } from "../../../../config/kubernetes/secrets-of-others";
import { existingPasswordMistake } from "../../../../config/mysql/existing-secret";
import { parseStackConfig } from "../../../../config/parse";
import { refuseUnfitSecrets } from "../../../../deploy/before/secrets-of-others";
import { UserError } from "../../../../errors";
import { rotatablePassword } from "../../../../ops/secrets";
import { ownerLabel } from "../../../../platforms/kubernetes/labels";
import { keptNamespace } from "../../../../platforms/kubernetes/ownership";
import type { Manifest } from "../../../../render/kubernetes";
import { rotatedPasswords } from "../../../../stacks/apps";
import { FakeCluster } from "../../../support/fake-cluster";
import { FixedValues } from "../../../support/fixed-values";
import { manifestsOf, object, podSpecs } from "../../../support/kubernetes";
import { rejection } from "../../../support/rejection";
import { SealingFiles } from "../../../support/sealing-files";
import { temporaryDirectory } from "../../../support/temporary-directory";

const script = path.join(__dirname, "..", "..", "..", "..", "components", "mysql", "scripts", "existing-passwords.sh");

/** Passwords that are long enough to be somebody's. */
class LongValues extends FixedValues {
  override get(name: string): string {
    return super.get(name).repeat(3);
  }
}

const users = {
  single: ["root", "monitor", "backup"],
  replicated: ["root", "monitor", "backup", "replication", "clone"],
  group: ["root", "monitor", "backup", "group", "clone"],
} as const;

function existing(topology: keyof typeof users): RawConfig {
  const keys = Object.fromEntries(users[topology].map((user) => [user, `${user}-password`]));
  return {
    mysql: { topology, existingSecret: { name: "db-passwords", keys } },
    sites: { blog: { database: { existingSecret: { name: "blog-database" } } } },
  };
}

function dataOf(manifests: readonly Manifest[], name: string): Record<string, string> {
  const { data = {}, stringData = {} } = object(manifests, "Secret", name) as {
    data?: Record<string, string>;
    stringData?: Record<string, string>;
  };
  const decoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString("utf8")]);
  return { ...(Object.fromEntries(decoded) as Record<string, string>), ...stringData };
}

/** Runs the script of the pod on files with marks, and passwords in files called as in the marks. */
function filled(files: Record<string, string>, passwords: Record<string, string>, env: Record<string, string> = {}) {
  const home = temporaryDirectory();
  const folder = (name: string, contents: Record<string, string>) => {
    const directory = path.join(home, name);
    fs.mkdirSync(directory);
    Object.entries(contents).forEach(([file, text]) => fs.writeFileSync(path.join(directory, file), text));
    return directory;
  };
  const into = folder("filled", {});
  const { status, stdout } = spawnSync("bash", [script], {
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      MARKED: folder("marked", files),
      EXISTING: folder("existing", passwords),
      FILLED: into,
      PASSWORDS: Object.keys(passwords)
        .map((mark) => `${mark} their-secret ${mark}-key`)
        .join("\n"),
      ...env,
    },
  });
  const results = fs.readdirSync(into).map((file) => [file, fs.readFileSync(path.join(into, file), "utf8")] as const);
  return { status, stdout, files: Object.fromEntries(results), into };
}

describe("K1 passwords of the database in Secrets that are there", function () {
  this.timeout(30_000);

  const sealing = new SealingFiles();
  const archived = () => ({ ...sealing.keys, schedule: "daily", pointInTime: true });
  before(() => sealing.make());

  for (const topology of ["single", "replicated", "group"] as const) {
    it(`G9 a ${topology} server reads in its pod what it would read with passwords of the program's`, async () => {
      const store = () => new LongValues();
      const own = await manifestsOf({ mysql: { topology } }, store());
      const theirs = await manifestsOf(existing(topology), store());
      const wanted = dataOf(own, "mysql-server");
      const marked = dataOf(theirs, "mysql-server");
      const passwordIn = (file: string) => /^password=(.*)$/m.exec(wanted[file] ?? "")?.[1] ?? "";
      const passwords: Record<string, string> = {
        root: passwordIn("root.cnf"),
        monitor: passwordIn("monitor.cnf"),
        backup: passwordIn("backup.cnf"),
        "db-blog": dataOf(own, "mysql-db-blog")["password"] ?? "",
        ...(topology === "single" ? {} : { clone: wanted["clone-password"] ?? "" }),
        ...(topology === "replicated" ? { replication: wanted["replication-password"] ?? "" } : {}),
        ...(topology === "group" ? { group: wanted["group-password"] ?? "" } : {}),
      };
      for (const password of Object.values(passwords)) {
        expect(password).to.have.lengthOf.above(16);
        expect(JSON.stringify(theirs)).to.not.contain(password);
      }
      const { files, into, status, stdout } = filled(marked, passwords);
      expect(status, stdout).to.equal(0);
      expect(files).to.deep.equal(wanted);
      expect(Object.keys(files).map((file) => fs.statSync(path.join(into, file)).mode & 0o777)).to.not.include(0o644);
      for (const password of Object.values(passwords)) {
        expect(stdout).to.not.contain(password);
      }
    });

    it(`the pods of a stack with a ${topology} database mount the Secrets, and no other is made in their place`, async () => {
      const raw = existing(topology);
      const manifests = await manifestsOf(raw);
      const names = manifests.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name);
      expect(names).to.include("mysql-server").and.not.include("mysql-db-blog").and.not.include("mysql-backup");
      const { "ghost-blog": ghost, mysql } = podSpecs(manifests);
      const [password] = (ghost?.volumes ?? []).filter(({ name }) => name === "database-password");
      expect(password?.secret).to.deep.include({
        secretName: "blog-database",
        items: [{ key: "password", path: "database-password" }],
      });
      const sources = mysql?.volumes.find(({ name }) => name === "existing-passwords")?.projected.sources ?? [];
      expect(
        sources.map(({ secret }) => `${secret.name} ${secret.items[0]?.key} ${secret.items[0]?.path}`),
      ).to.have.members([
        ...users[topology].map((user) => `db-passwords ${user}-password ${user}`),
        "blog-database password db-blog",
      ]);
      const mounts = mysql?.containers[0]?.volumeMounts ?? [];
      expect(mounts.map(({ name }) => name))
        .to.include("filled-passwords")
        .and.not.include("existing-passwords");
      expect(mysql?.initContainers?.map(({ name }) => name)).to.deep.equal(["existing-passwords", "initialise"]);
      // By what a server has, backups know it.
      expect(usesIn(manifests).get("data-mysql-0")?.own.keeps).to.deep.equal({ kind: "mysql" });
      expect(object(manifests, "Namespace", "ghost-test").metadata).to.have.deep.property("annotations", keptNamespace);
    });
  }

  it("what archives binary logs logs in with theirs", async () => {
    const manifests = await manifestsOf({
      mysql: { existingSecret: { name: "db-passwords", keys: { archive: "follower" } } },
      backup: archived(),
    });
    expect(JSON.stringify(podSpecs(manifests)["backup-archive"])).to.contain('"key":"follower"');
    expect(manifests.map(({ metadata }) => metadata.name)).to.not.include("mysql-archive");
  });

  it("a stack that changes between the two restarts its server, and another key does, too", async () => {
    const hash = async (mysql: RawConfig) => {
      const { spec } = object(await manifestsOf({ mysql }), "StatefulSet", "mysql") as unknown as {
        spec: { template: { metadata: { annotations: Record<string, string> } } };
      };
      return spec.template.metadata.annotations["ghost-platform/configuration"];
    };
    const keyed = (root: string) => ({ existingSecret: { name: "db-passwords", keys: { root } } });
    expect(new Set([await hash({}), await hash(keyed("a")), await hash(keyed("b"))])).to.have.lengthOf(3);
  });

  const good = "0123456789abcdef-._~";
  for (const [what, password, user, mistake] of [
    ["of every sign that one may have", good, "replication", undefined],
    ["that begins with a digit", "0e3a4f5b6c7d8e9f", "db-blog", undefined],
    ["with a line break at its end", `${good}\n`, "root", "it ends with a line break"],
    ["with a quote", `${good}'`, "db-blog", "it must be 16 to 128 letters"],
    ["with a backslash", `${good}\\`, "root", "it must be 16 to 128 letters"],
    ["with a line break inside", `${good}\n${good}`, "root", "it must be 16 to 128 letters"],
    ["with a letter of another alphabet", `${good}é`, "root", "it must be 16 to 128 letters"],
    ["that is empty", "", "root", "it must be 16 to 128 letters"],
    ["that is short", "short", "db-blog", "it must be 16 to 128 letters"],
    ["that Ghost would take for a number", "12345678901234567890", "db-blog", "it must not be a number"],
    ["that MySQL would cut off", "a".repeat(33), "replication", "it has 33 characters, and MySQL takes 32"],
    ["that MySQL would refuse", "a".repeat(33), "group", "it has 33 characters, and MySQL takes 32"],
    ["as long for who needs no 32", "a".repeat(33), "clone", undefined],
  ] as const) {
    it(`A3 a password ${what} is ${mistake === undefined ? "taken" : "refused"}, by npm start and in the pod alike`, () => {
      const { files, status, stdout } = filled({ file: `{{password ${user}}}\n` }, { [user]: password });
      const said = existingPasswordMistake(Buffer.from(password).toString("latin1"), user);
      if (mistake === undefined) {
        expect([said, status, files]).to.deep.equal([undefined, 0, { file: `${password}\n` }]);
      } else {
        expect(said).to.contain(mistake);
        expect(stdout).to.contain(`the password in key ${user}-key of Secret their-secret: ${said ?? ""}`);
        expect([status, files]).to.deep.equal([1, {}]);
        expect(password.length > 5 && stdout.includes(password)).to.equal(false);
      }
    });
  }

  it("A3 is refused before anything is changed, with all that is wrong, and without a word of what is in them", async () => {
    const config = parsed(existing("single"));
    const named = secretsOfOthers(config);
    const secret = (name: string, values: Record<string, string>, labels: Record<string, string> = {}) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, labels },
      data: Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
      ),
    });
    const cluster = new FakeCluster([secret("db-passwords", { "root-password": "it's", "monitor-password": good })]);
    const { message } = await rejection(refuseUnfitSecrets(cluster, "dev", named));
    expect(message)
      .to.contain("sites.blog.database.existingSecret: there is no Secret blog-database in namespace ns")
      .and.contain(
        "mysql.existingSecret.keys.backup: Secret db-passwords has no key backup-password; it has root-password, monitor-password",
      )
      .and.contain(
        "mysql.existingSecret.keys.root: the password in key root-password of Secret db-passwords: it must be",
      )
      .and.not.contain("it's")
      .and.not.contain("keys.monitor");
    const all = Object.fromEntries(users.single.map((user) => [`${user}-password`, good]));
    cluster.objectsThere = [
      secret("db-passwords", all),
      secret("blog-database", { password: good }, { [ownerLabel]: "other" }),
    ];
    expect((await rejection(refuseUnfitSecrets(cluster, "dev", named))).message).to.contain(
      "Secret blog-database belongs to stack other",
    );
    cluster.objectsThere = [secret("db-passwords", all), secret("blog-database", { password: good })];
    await refuseUnfitSecrets(cluster, "dev", named);
    const unknown = new FakeCluster(cluster.objectsThere, ["secret"]);
    expect((await rejection(refuseUnfitSecrets(unknown, "dev", named))).message).to.contain("forbidden");
    expect([...cluster.changes, ...unknown.changes]).to.deep.equal([]);
  });

  const one = (keys: Record<string, string>, mysql: RawConfig = {}) => ({
    mysql: { existingSecret: { name: "db", keys }, ...mysql },
  });
  for (const [what, raw, words] of [
    ["on a swarm", { platform: "swarm", ...one({ root: "a" }) }, "mysql.existingSecret: only for platform kubernetes"],
    [
      "of a site on a swarm",
      {
        platform: "swarm",
        sites: { blog: { url: "http://a.test:2368", database: { existingSecret: { name: "a" } } } },
      },
      "sites.blog.database.existingSecret: only for platform kubernetes",
    ],
    ["without a key", one({}), "mysql.existingSecret.keys: must name the key of at least one user"],
    [
      "of an inbox that asks nobody",
      { mailpit: { authentication: false, existingSecret: { name: "a" } } },
      "mailpit.existingSecret: without effect: mailpit.authentication is false",
    ],
    [
      "of no inbox",
      { mailpit: { enabled: false, existingSecret: { name: "a" } } },
      "mailpit.existingSecret: without effect",
    ],
    ["of nobody", one({ metrics: "a" }), "mysql.existingSecret.keys"],
    [
      "of a user of a set",
      one({ replication: "a" }),
      "mysql.existingSecret.keys.replication: without effect: mysql.topology is single",
    ],
    [
      "of a user of a group",
      one({ group: "a" }, { topology: "replicated" }),
      "mysql.existingSecret.keys.group: without effect",
    ],
    [
      "of who archives nothing",
      one({ archive: "a" }),
      "mysql.existingSecret.keys.archive: without effect: only with backup.pointInTime",
    ],
    [
      "of who makes the cluster's own backups",
      () => ({ ...one({ backup: "a" }), backup: archived() }),
      "mysql.existingSecret.keys.backup: does not go with backup.recipient",
    ],
    [
      "in a Secret of the program's",
      { mysql: { existingSecret: { name: "mysql-server", keys: { root: "root.cnf" } } } },
      "mysql-server is what this program calls a Secret that it makes for mysql",
    ],
    [
      "of a site on a server of somebody else's",
      {
        mysql: { external: { host: "db.example.net" } },
        sites: { blog: { url: "http://a.test", database: { existingSecret: { name: "a" } } } },
      },
      "sites.blog.database.existingSecret: without effect: the server is somebody else's",
    ],
  ] as [string, RawConfig | (() => RawConfig), string][]) {
    it(`A3 one ${what} is refused`, () =>
      expect(() => parsed(typeof raw === "function" ? raw() : raw)).to.throw(UserError, words));
  }

  it("S7 are not rotated here: whose they are is said, and the others are", () => {
    const stack = (raw: RawConfig) => ({ name: "dev", config: parsed(raw) });
    const some = stack({ ...existing("single"), ...one({ root: "root-password" }) });
    const passwords = rotatedPasswords(some.config);
    expect(passwords.map(({ username }) => username)).to.deep.equal(["monitor, backup"]);
    expect(() => rotatablePassword(some, passwords, "blog")).to.throw(
      UserError,
      "key password of Secret blog-database (sites.blog.database.existingSecret) is a password that belongs to whoever fills that Secret",
    );
    expect(() => rotatablePassword(some, passwords, "root")).to.throw(UserError, "key root-password of Secret db");
    const all = stack(one({ root: "a", monitor: "b", backup: "c" }));
    expect(() => rotatablePassword(all, rotatedPasswords(all.config), undefined)).to.throw(
      UserError,
      "key a of Secret db (mysql.existingSecret.keys.root), key b",
    );
    const set = stack({ mysql: { topology: "replicated", existingSecret: { name: "db", keys: { clone: "a" } } } });
    const [, server] = rotatedPasswords(set.config);
    expect(server?.discard?.kubernetes?.command.join(" ")).to.contain("'replication'@'%'").and.not.contain("'clone'");
  });
});

function parsed(raw: RawConfig) {
  return parseStackConfig({
    platform: "kubernetes",
    kubernetes: { context: "c" },
    ...raw,
    sites: {
      blog: { url: "http://blog.test:2368", ...(raw["sites"] as Record<string, object> | undefined)?.["blog"] },
    },
  });
}
