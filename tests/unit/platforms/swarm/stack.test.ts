import { expect } from "chai";
import { PasswordStore } from "../../../../render/passwords";
import { UserError } from "../../../../errors";
import type { RawConfig } from "../../../../config/files/machine";
import { objectName, swarmStackName } from "../../../../platforms/swarm/stack";
import type { Collected, DeclaredResource } from "../../../../render/collect";
import { contentOf, declared, declaredOptions, ofKind, service } from "../../../support/swarm";

const twoSites: RawConfig = {
  sites: { blog: { url: "http://localhost:2368" }, news: { url: "https://news.test/daily", port: 8080 } },
};
const names = (resources: readonly DeclaredResource[]) => resources.map(({ name }) => name);

describe("a stack on Swarm", () => {
  let stack: Collected;
  let resources: readonly DeclaredResource[];
  before(async () => {
    stack = await declared(twoSites);
    resources = stack.resources;
  });

  it("S5 is two networks, one database server, an inbox, and a service a site", () => {
    expect(names(ofKind(resources, "Service"))).to.have.members(["mysql", "mailpit", "ghost-blog", "ghost-news"]);
    expect(names(ofKind(resources, "Network"))).to.have.members(["frontend", "backend"]);
    const { inboxLogin, ...outputs } = stack.outputs;
    expect(outputs).to.deep.equal({
      stack: "ghost-test",
      urls: { blog: "http://localhost:2368", news: "https://news.test/daily" },
      inbox: "http://localhost:8025",
    });
    expect(inboxLogin).to.include({ username: "inbox" });
  });

  it("S5 names and labels every object as docker stack deploy does", () => {
    expect(swarmStackName("swarm")).to.equal("ghost-swarm");
    for (const { inputs, name } of resources) {
      expect(inputs["name"], name).to.equal(`ghost-test_${name}`);
      expect(inputs["labels"], name).to.deep.equal([
        { label: "com.docker.stack.namespace", value: "ghost-test" },
        { label: "ghost-platform.stack", value: "ghost-test" },
      ]);
    }
  });

  it("S5 keeps the database on a network without a way out, and mail off it", () => {
    const [backend] = ofKind(resources, "Network").filter(({ name }) => name === "backend");
    expect(backend?.inputs).to.include({ driver: "overlay", internal: true });
    const networksOf = (name: string) => service(resources, name).networksAdvanceds?.map(({ id }) => id);
    expect(networksOf("mysql")).to.deep.equal(["ghost-test_backend"]);
    expect(networksOf("mailpit")).to.deep.equal(["ghost-test_frontend"]);
    expect(networksOf("ghost-blog")).to.have.members(["ghost-test_frontend", "ghost-test_backend"]);
    expect(service(resources, "mysql").networksAdvanceds?.[0]?.aliases).to.deep.equal(["mysql"]);
  });

  it("S5 encrypts the backend where it is asked to", async () => {
    const encrypted = await declared({ swarm: { encryptBackend: true } });
    const options = ofKind(encrypted.resources, "Network").map(({ inputs, name }) => [name, inputs["options"]]);
    expect(options).to.have.deep.members([
      ["backend", { encrypted: "true" }],
      ["frontend", undefined],
    ]);
  });

  it("G8 S5 gives no service more rights than it needs", () => {
    for (const { name } of ofKind(resources, "Service")) {
      const { container, resources: limited } = service(resources, name);
      expect(container, name).to.deep.include({ readOnly: true, capDrops: ["ALL"] });
      expect(container.user, name).to.match(/^(999:999|1000:1000)$/);
      expect(limited.limits?.memoryBytes, name).to.be.greaterThan(0);
      for (const secret of container.secrets ?? []) {
        const [uid] = (container.user ?? "").split(":");
        expect(secret, name).to.include({ fileUid: uid, fileGid: uid, fileMode: 0o400 });
      }
    }
  });

  it("S5 S10 never runs two of what owns its data, starts it again, and rolls a bad update back", () => {
    for (const { name } of ofKind(resources, "Service")) {
      const { inputs, restartPolicy } = service(resources, name);
      expect(inputs, name).to.deep.include({ mode: { replicated: { replicas: 1 } } });
      expect(inputs.updateConfig, name).to.include({ order: "stop-first", failureAction: "rollback" });
      expect(inputs.rollbackConfig.order, name).to.equal("stop-first");
      expect(restartPolicy.condition, name).to.equal("any");
      expect(inputs.convergeConfig.timeout, name).to.equal("15m");
    }
  });

  it("G1 G2 S5 waits for the database and migrates it before Ghost starts", () => {
    const { container } = service(resources, "ghost-blog");
    const commands = container.commands?.join(" ") ?? "";
    expect(commands).to.match(
      /^bash \/scripts\/init-then\.sh node \/scripts\/migrate\.js -- bash \/scripts\/on-stop\.sh /,
    );
    expect(commands).to.match(/ -- docker-entrypoint\.sh node current\/index\.js$/);
    const targets = container.configs?.map(({ fileName }) => fileName);
    expect(targets).to.include.members(["/scripts/init-then.sh", "/scripts/migrate.js", "/scripts/on-stop.sh"]);
  });

  it("G9 L5 S5 gives Ghost its settings in the environment and its password as a file", () => {
    const { container } = service(resources, "ghost-news");
    expect(container.env).to.include({
      NODE_ENV: "production",
      url: "https://news.test/daily",
      database__connection__host: "mysql",
      database__connection__user: "ghost_news",
      database__connection__password_FILE: "/run/secrets/ghost/database-password",
      mail__options__host: "mailpit",
      mail__options__port: "1025",
    });
    expect(container.secrets?.map(({ fileName }) => fileName)).to.deep.equal([
      "/run/secrets/ghost/database-password",
      "/run/secrets/ghost-mail/password",
    ]);
  });

  it("G6 S5 asks a site under its path, and says that TLS ended before it", () => {
    const tests = service(resources, "ghost-news").container.healthcheck.tests ?? [];
    expect(tests).to.include("http://127.0.0.1:2368/daily/ghost/api/admin/site/");
    expect(tests).to.include("X-Forwarded-Proto: https");
  });

  it("G6 M1 S5 leaves a long migration and a long recovery alone", () => {
    expect(service(resources, "ghost-blog").container.healthcheck.startPeriod).to.equal("30m");
    expect(service(resources, "mysql").container.healthcheck.startPeriod).to.equal("1h");
  });

  it("A5 keeps passwords in secrets, and a site sees its own alone", () => {
    const secrets = ofKind(resources, "Secret");
    const passwords = new Set(secrets.flatMap((secret) => contentOf(secret).match(/\bp[A-Za-z0-9]{32}\b/g) ?? []));
    // Of the server's own users, the sites, and the inbox for who reads and who sends.
    expect(passwords.size).to.equal(7);
    const elsewhere = JSON.stringify(resources.map((resource) => ({ ...resource, inputs: withoutData(resource) })));
    const configs = ofKind(resources, "ServiceConfig").map(contentOf).join();
    for (const password of passwords) {
      expect(elsewhere).to.not.contain(password);
      expect(configs).to.not.contain(password);
    }
    for (const { secretPaths, type } of resources) {
      expect(secretPaths, type).to.deep.equal(type.endsWith(":Secret") ? ["data"] : []);
    }
    for (const site of ["blog", "news"]) {
      const [mounted] = service(resources, `ghost-${site}`).container.secrets ?? [];
      expect(mounted?.secretName).to.match(new RegExp(`^ghost-test_mysql-db-${site}-`));
    }
    expect(service(resources, "mailpit").container.secrets?.map(({ fileName }) => fileName)).to.deep.equal([
      "/run/secrets/mailpit/inbox",
      "/run/secrets/mailpit/sender",
    ]);
  });

  it("S7 names a version of a secret by what may be known of it, never by the password", async () => {
    const again = await declared(twoSites);
    // A certificate is known to whoever asks the server.
    const named = (all: readonly DeclaredResource[]) =>
      names(ofKind(all, "Secret")).filter((name) => !/^mysql-(ca|tls)\./.test(name));
    expect(named(again.resources)).to.deep.equal(named(resources));
    expect(ofKind(again.resources, "Secret").map(contentOf)).to.not.deep.equal(
      ofKind(resources, "Secret").map(contentOf),
    );
  });

  it("M6 S5 a further site makes a new version of the users, and moves the server to it; other secrets stay", async () => {
    const version = ({ resources: all }: Collected, prefix: string) => {
      const found = names(ofKind(all, "Secret")).filter((name) => name.startsWith(prefix));
      expect(found, prefix).to.have.length(1);
      return found[0] ?? "";
    };
    const one = await declared();
    expect(version(stack, "mysql-provision.sql-")).to.not.equal(version(one, "mysql-provision.sql-"));
    expect(version(stack, "mysql-db-blog-")).to.equal(version(one, "mysql-db-blog-"));
    const mounted = service(resources, "mysql").container.secrets?.map(({ secretName }) => secretName);
    expect(mounted).to.include(`ghost-test_${version(stack, "mysql-provision.sql-")}`);
  });

  it("S8 a changed server option makes a new version of its config, and moves the server to it", async () => {
    const passwords = new PasswordStore();
    const changed = await declared({ mysql: { options: { max_connections: 250 } } }, passwords);
    const configsOf = (all: readonly DeclaredResource[]) => new Set(names(ofKind(all, "ServiceConfig")));
    const before = configsOf((await declared({}, passwords)).resources);
    const fresh = [...configsOf(changed.resources)].filter((name) => !before.has(name));
    expect(fresh).to.have.length(1);
    expect(fresh[0]).to.match(/^mysql-server\.cnf-/);
    const mounted = service(changed.resources, "mysql").container.configs?.map(({ configName }) => configName);
    expect(mounted).to.include(`ghost-test_${fresh[0]}`);
  });

  it("S5 publishes a site on its own port, else on the one its address names; SMTP and MySQL never", async () => {
    const ports = (name: string, all = resources) =>
      service(all, name).inputs.endpointSpec.ports?.map(({ publishMode, publishedPort, targetPort }) => [
        publishMode,
        publishedPort,
        targetPort,
      ]);
    expect(ports("ghost-blog")).to.deep.equal([["host", 2368, 2368]]);
    expect(ports("ghost-news")).to.deep.equal([["host", 8080, 2368]]);
    expect(ports("mailpit")).to.deep.equal([["host", 8025, 8025]]);
    expect(ports("mysql")).to.equal(undefined);
    const mesh = await declared({ swarm: { endpointMode: "vip", publishMode: "ingress" } });
    expect(ports("ghost-blog", mesh.resources)).to.deep.equal([["ingress", 2368, 2368]]);
    expect(service(mesh.resources, "mysql").inputs.endpointSpec.mode).to.equal("vip");
  });

  it("S3 pins a service where it is told, else where the stack is", async () => {
    const placed = await declared({
      swarm: { singleNode: false, placement: ["node.hostname==one"] },
      mysql: { placement: ["node.hostname==two"] },
    });
    const constraints = (name: string) => service(placed.resources, name).placement.constraints;
    expect(constraints("mysql")).to.deep.equal(["node.hostname==two"]);
    expect(constraints("ghost-blog")).to.deep.equal(["node.hostname==one"]);
  });

  it("S4 leaves a plugin's volume as its server has it, where that is asked for", async () => {
    const plugin = await declared({ sites: { blog: { storage: { driver: "export:1", copyFromImage: false } } } });
    const [left] = (service(plugin.resources, "ghost-blog").container.mounts ?? []).filter(
      ({ target }) => target === "/var/lib/ghost/content",
    );
    expect(left?.volumeOptions).to.deep.include({ driverName: "export:1", noCopy: true });
  });

  it("S3 S4 S12 names a volume after its driver's options, and leaves it to the nodes where there are several", async () => {
    const nfs = { type: "nfs", o: "addr=10.0.0.9,rw", device: ":/srv/blog" };
    const shared = await declared({
      swarm: { singleNode: false, placement: ["node.hostname==one"] },
      sites: { blog: { storage: { driverOptions: nfs } } },
    });
    expect(ofKind(shared.resources, "Volume")).to.deep.equal([]);
    const mounts = service(shared.resources, "ghost-blog").container.mounts ?? [];
    const content = mounts.find(({ target }) => target === "/var/lib/ghost/content");
    expect(content?.source).to.match(/^ghost-test_ghost-blog-content-[0-9a-f]{10}$/);
    expect(content?.volumeOptions).to.deep.include({ driverName: "local", driverOptions: nfs });
    // The server lets no root of another machine change owner or mode, as which the engine copies what the image has there.
    expect(content?.volumeOptions?.noCopy).to.equal(true);
    const local = service(shared.resources, "mysql").container.mounts?.find(({ source }) => source !== undefined);
    expect(local?.volumeOptions).to.not.have.property("noCopy");
    const directory = { type: "none", o: "bind", device: "/mnt/shared/blog" };
    const mounted = await declared({ sites: { blog: { storage: { driverOptions: directory, shared: true } } } });
    const [bound] = (service(mounted.resources, "ghost-blog").container.mounts ?? []).filter(
      ({ target }) => target === "/var/lib/ghost/content",
    );
    expect(bound?.volumeOptions).to.deep.include({ driverOptions: directory, noCopy: true });
    const single = await declared({ sites: { blog: { storage: { driverOptions: nfs } } } });
    const [volume] = ofKind(single.resources, "Volume").filter(({ name }) => name.startsWith("ghost-blog-content"));
    expect(volume?.inputs).to.deep.include({ name: content?.source, driver: "local", driverOpts: nfs });
  });

  it("S5 keeps volumes when it is told to keep data, and removes them when not", async () => {
    for (const retainData of [true, false]) {
      const options = await declaredOptions({ retainData });
      for (const name of ["mysql-data", "ghost-blog-content", "mailpit-mail"]) {
        expect(options[name]?.retainOnDelete, name).to.equal(retainData);
      }
      expect(options["mysql-tmp"]?.retainOnDelete).to.equal(false);
    }
  });

  it("L5 S5 leaves mail alone without an inbox", async () => {
    const silent = await declared({ mailpit: { enabled: false } });
    expect(names(ofKind(silent.resources, "Service"))).to.not.include("mailpit");
    expect(JSON.stringify(service(silent.resources, "ghost-blog").container.env)).to.not.contain("mail__");
    expect(silent.outputs).to.not.have.property("inbox");
  });

  it("A3 refuses a name longer than the engine takes, and says what to shorten", () => {
    expect(() => objectName({ name: "s" }, "x".repeat(61))).to.not.throw();
    expect(() => objectName({ name: "s" }, "x".repeat(62))).to.throw(UserError, /64 characters long.*Shorten/);
  });
});

function withoutData({ inputs }: DeclaredResource): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "data"));
}
