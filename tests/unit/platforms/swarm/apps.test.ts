import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { passwordGenerations } from "../../../../config/generations";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import { collect } from "../../../../render/collect";
import { composeStack } from "../../../../render/compose";
import { PasswordStore } from "../../../../render/passwords";
import { asInSwarm, contentOf, ofKind, service } from "../../../support/swarm";
import { temporaryDirectory } from "../../../support/temporary-directory";

const wordpress = { platform: "swarm", wordpress: { magazine: { url: "http://localhost:8080" } } };
const shop = { platform: "swarm", shop: { managementPort: 15672 } };

async function resourcesOf(raw: object, passwords = new PasswordStore()) {
  return asInSwarm((await collect(parseStackConfig(raw), "test", passwords)).resources);
}

describe("WordPress on Swarm", function () {
  this.timeout(30_000);

  it("S6 is three tasks that take secrets as files, behind one proxy where the node publishes the port", async () => {
    const resources = await resourcesOf(wordpress);
    const { container, inputs } = service(resources, "wordpress-magazine");
    expect(inputs).to.deep.include({ mode: { replicated: { replicas: 3 } } });
    expect(inputs.updateConfig).to.include({
      parallelism: 1,
      delay: "10s",
      failureAction: "rollback",
      order: "start-first",
    });
    expect(service(resources, "wordpress-magazine").restartPolicy).to.include({ condition: "on-failure" });
    expect(inputs.endpointSpec.ports).to.equal(undefined);
    expect(service(resources, "wordpress-magazine-front").inputs.endpointSpec.ports).to.have.length(1);
    const environment = container.env ?? {};
    expect(environment["WORDPRESS_DB_PASSWORD_FILE"]).to.equal("/run/secrets/wordpress/database-password");
    expect(Object.keys(environment).filter((key) => /^WORDPRESS_.*(KEY|SALT)_FILE$/.test(key))).to.have.length(8);
    // The database's password, eight salts, and the password with which it hands mail over.
    expect(container.secrets).to.have.length(10);
  });

  it("S6 L5 hands its mail to the stack's inbox, as somebody from whom WordPress takes it", async () => {
    const sites = {
      magazine: { url: "https://magazine.example.com", port: 8080 },
      local: { url: "http://localhost:8081" },
      numbered: { url: "http://10.99.0.1:8082" },
    };
    const site = async (over: object) => {
      const resources = await resourcesOf({ ...wordpress, wordpress: sites, ...over });
      return (name: string) => service(resources, `wordpress-${name}`).container;
    };
    const inbox = await site({});
    expect(inbox("magazine").env).to.include({
      WORDPRESS_MAIL_HOST: "mailpit",
      WORDPRESS_MAIL_PORT: "1025",
      WORDPRESS_MAIL_ENCRYPTION: "none",
      WORDPRESS_MAIL_FROM: "noreply@magazine.example.com",
    });
    expect(inbox("magazine").env?.["WORDPRESS_CONFIG_EXTRA"]).to.contain("require '/scripts/mail.php';");
    for (const name of ["local", "numbered"]) {
      expect(inbox(name).env).to.include({ WORDPRESS_MAIL_FROM: "noreply@wordpress.invalid" });
    }
    const login = (await site({}))("magazine");
    expect(login.env).to.include({ WORDPRESS_MAIL_USER: "sender" });
    expect((login.secrets ?? []).map(({ fileName }) => fileName)).to.include("/run/secrets/wordpress/mail-password");
    const none = { mailpit: { enabled: false } };
    expect((await site({ ...none, mailRelay: { host: "smtp.example.com" } }))("magazine").env).to.include({
      WORDPRESS_MAIL_HOST: "smtp.example.com",
      WORDPRESS_MAIL_ENCRYPTION: "starttls",
    });
    expect(Object.keys((await site(none))("magazine").env ?? {}).join()).to.not.contain("MAIL");
  });

  it("S6 is published by the routing mesh itself where there is one", async () => {
    const resources = await resourcesOf({ ...wordpress, swarm: { publishMode: "ingress", endpointMode: "vip" } });
    expect(service(resources, "wordpress-magazine").inputs.endpointSpec.ports?.[0]).to.include({
      publishedPort: 8080,
      publishMode: "ingress",
    });
    expect(ofKind(resources, "Service").map(({ name }) => name)).to.not.include("wordpress-magazine-front");
  });

  it("S6 G2 takes uploads up to one size, in its proxy, its Apache and its PHP, and keeps none of them in memory", async () => {
    const resources = await resourcesOf({
      ...wordpress,
      wordpress: { magazine: { url: "http://localhost:8080", maxUpload: "2Gi" } },
    });
    const [file, body] = [2 ** 31, 2 ** 31 + 2 ** 20];
    const texts = ofKind(resources, "ServiceConfig").map(contentOf);
    const front = texts.find((text) => text.includes("proxy_pass"));
    for (const directive of [
      `client_max_body_size ${body};`,
      "proxy_request_buffering off;",
      "proxy_max_temp_file_size 0;",
    ]) {
      expect(front).to.contain(directive);
    }
    const apache = texts.find((text) => text.includes("LimitRequestBody"));
    for (const directive of [
      `LimitRequestBody ${body}`,
      `php_admin_value upload_max_filesize ${file}`,
      `php_admin_value post_max_size ${body}`,
      "php_admin_value upload_tmp_dir /var/www/html/wp-content/.incoming",
    ]) {
      expect(apache?.split("\n")).to.include(directive);
    }
    expect(apache).to.not.contain("Alias");
    const { container } = service(resources, "wordpress-magazine");
    expect(container.mounts?.find(({ target }) => target === "/var/www/html/wp-content")).to.include({
      type: "volume",
    });
    expect(container.commands?.slice(-2)).to.deep.equal(["/scripts/apache.conf", "/var/www/html/wp-content/.incoming"]);
  });

  it("S6 H8 answers below the path of its address", async () => {
    const url = "https://example.com/our/mag.azine/";
    const resources = await resourcesOf({ ...wordpress, wordpress: { magazine: { url, port: 8080 } } });
    const apache = ofKind(resources, "ServiceConfig")
      .map(contentOf)
      .find((text) => text.includes("LimitRequestBody"));
    expect(apache?.split("\n")).to.include.members([
      "RedirectMatch permanent ^/our/mag\\.azine$ https://example.com/our/mag.azine/",
      "Alias /our/mag.azine /var/www/html",
    ]);
    expect(service(resources, "wordpress-magazine").container.env?.["WORDPRESS_CONFIG_EXTRA"]).to.contain(
      "define('WP_SITEURL', 'https://example.com/our/mag.azine');",
    );
  });

  it("S6 A4 has a compose form", async () => {
    const { document } = composeStack(await resourcesOf(wordpress));
    expect(document.services["wordpress-magazine"]?.["deploy"]).to.deep.include({ replicas: 3 });
  });
});

describe("a database password that is rotated", function () {
  this.timeout(10_000);

  it("S7 moves the site to a new secret, keeps the former ones, and leaves the server alone", async () => {
    const passwords = new PasswordStore();
    const before = await resourcesOf(wordpress, passwords);
    const after = await resourcesOf({ ...wordpress, secrets: { generations: { magazine: 2 } } }, passwords);
    const mounted = (resources: typeof before) =>
      Object.fromEntries(
        (service(resources, "wordpress-magazine").container.secrets ?? []).map(({ fileName, secretName }) => [
          fileName,
          secretName,
        ]),
      );
    const file = "/run/secrets/wordpress/database-password";
    expect(mounted(after)[file]).to.not.equal(mounted(before)[file]);
    expect(mounted(after)[`${file}-former-1`]).to.equal(mounted(before)[file]);
    expect(service(after, "mysql").inputs).to.deep.equal(service(before, "mysql").inputs);
    const server = (resources: typeof before) =>
      ofKind(resources, "Secret")
        .filter(({ name }) => name.startsWith("mysql-provision"))
        .map(contentOf);
    expect(server(after)).to.deep.equal(server(before));
  });

  it("S7 keeps as many former generations as it is told to, and the first for a new server", async () => {
    expect(passwordGenerations(1, 2)).to.deep.equal([1]);
    expect(passwordGenerations(5, 2)).to.deep.equal([5, 4, 3]);
    // The one before is what a new task makes the present one known with.
    expect(passwordGenerations(5, 0)).to.deep.equal([5, 4]);
    const resources = await resourcesOf({
      ...wordpress,
      secrets: { generations: { magazine: 5 }, keepVersions: 1 },
    });
    const files = (service(resources, "wordpress-magazine").container.secrets ?? []).map(({ fileName }) => fileName);
    // The fifth, the fourth, and the first.
    expect(files.filter((file) => file.includes("database-password"))).to.have.length(3);
  });
});

describe("files that a person gives to a site on Swarm", function () {
  this.timeout(10_000);

  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });

  const file = (name: string, content: string) => {
    fs.writeFileSync(path.join(directory, name), content);
    return { file: path.join(directory, name) };
  };
  const ghost = (files: object) => ({
    platform: "swarm",
    sites: { blog: { url: "http://localhost:2368", settings: { adapters__key_FILE: "/run/secrets/key" }, ...files } },
  });

  it("S7 S8 Ghost finds them at their paths", async () => {
    const resources = await resourcesOf(
      ghost({
        secrets: { "/run/secrets/key": file("key", "a secret") },
        configs: {
          "/etc/ghost/redirects.json": { ...file("redirects", '{"{{from}}": "/"}'), values: { from: "/old" } },
        },
      }),
    );
    const { container } = service(resources, "ghost-blog");
    expect(container.secrets?.map(({ fileName }) => fileName)).to.include("/run/secrets/key");
    expect(container.configs?.map(({ fileName }) => fileName)).to.include("/etc/ghost/redirects.json");
    const contents = [...ofKind(resources, "Secret"), ...ofKind(resources, "ServiceConfig")].map(contentOf);
    expect(contents).to.include.members(["a secret", '{"/old": "/"}']);
  });

  it("S7 S8 files of one name, and one file at two places, get in nobody's way", async () => {
    const resources = await resourcesOf(
      ghost({
        secrets: { "/run/a/key": file("a", "first"), "/run/b/key": file("b", "second") },
        configs: { "/etc/a/x@z": file("c", "same"), "/etc/b/x@z": file("c", "same") },
      }),
    );
    const { container } = service(resources, "ghost-blog");
    expect(container.secrets?.map(({ fileName }) => fileName)).to.include.members(["/run/a/key", "/run/b/key"]);
    const names = container.configs
      ?.filter(({ fileName }) => fileName.endsWith("x@z"))
      .map(({ configName }) => configName);
    expect(names).to.have.length(2);
    expect(new Set(names).size).to.equal(1);
    expect(names?.[0]).to.match(/^[A-Za-z0-9_.-]+$/);
  });

  it("S7 A3 refuses one where the program has a file of its own", () => {
    const taken = ghost({ secrets: { "/run/secrets/ghost/database-password": file("key", "mine") } });
    expect(() => parseStackConfig(taken)).to.throw(
      UserError,
      "sites.blog.secrets./run/secrets/ghost/database-password: the container has files of its own at /run/secrets/ghost",
    );
  });

  it("S7 A3 tells what is wrong with one of them by its key", () => {
    expect(() => parseStackConfig(ghost({ secrets: { "/run/secrets/key": { file: "nowhere" } } }))).to.throw(
      UserError,
      "sites.blog.secrets./run/secrets/key.file: nowhere cannot be read (ENOENT)",
    );
  });
});

describe("the shop on Swarm", function () {
  this.timeout(10_000);

  it("S11 labels its services by app and tier, and keeps data services from the outside", async () => {
    const resources = await resourcesOf(shop);
    const tiers = ofKind(resources, "Service").map(({ inputs, name }) => {
      const labels = inputs["labels"] as { label: string; value: string }[];
      expect(labels).to.deep.include({ label: "app", value: "shop" });
      return [name, labels.find(({ label }) => label === "tier")?.value];
    });
    expect(Object.fromEntries(tiers)).to.deep.equal({
      postgres: "database",
      redis: "cache",
      rabbitmq: "messaging",
      logins: "operator",
      products: "backend",
      orders: "backend",
      users: "backend",
      frontend: "frontend",
      gateway: "gateway",
    });
    for (const name of ["postgres", "redis", "logins"]) {
      const networks = service(resources, name).networksAdvanceds ?? [];
      expect(networks.map(({ id }) => id)).to.deep.equal(["ghost-test_backend"]);
      expect(service(resources, name).inputs.endpointSpec.ports).to.equal(undefined);
    }
  });

  it("S11 A5 has passwords in secrets alone", async () => {
    const resources = await resourcesOf(shop);
    const passwords = new Set(
      ofKind(resources, "Secret").flatMap((secret) => contentOf(secret).match(/\bp[A-Za-z0-9]{32}\b/g) ?? []),
    );
    // An operator's and a login's of each server.
    expect(passwords.size).to.equal(6);
    const elsewhere = resources.filter(({ type }) => !type.endsWith(":Secret"));
    const texts = [JSON.stringify(elsewhere), ...ofKind(resources, "ServiceConfig").map(contentOf)].join("\n");
    for (const password of passwords) {
      expect(texts).to.not.contain(password);
    }
  });

  for (const [server, clients] of [
    ["postgres", ["orders", "products", "users"]],
    ["redis", ["products", "users"]],
    ["rabbitmq", ["orders"]],
  ] as const) {
    it(`S7 S11 a rotation of ${server} moves its clients to another login, and leaves the servers alone`, async () => {
      const rotated = (generation: number) =>
        resourcesOf({ ...shop, secrets: { generations: { [`shop-${server}`]: generation } } });
      const [before, after] = [await rotated(4), await rotated(5)];
      const changed = ofKind(after, "Service")
        .map(({ name }) => name)
        .filter((name) => !isDeepStrictEqual(service(before, name).inputs, service(after, name).inputs));
      expect(changed).to.have.members([...clients, "logins"]);
      for (const name of changed) {
        const secretOf = (resources: typeof before) =>
          service(resources, name).container.secrets?.find(({ fileName }) => fileName.endsWith(`/${server}-url`));
        expect(secretOf(after)?.secretName).to.not.equal(secretOf(before)?.secretName);
        // Who answers customers says to no server who logs in, and has no former password.
        const files = (service(after, name).container.secrets ?? []).map(({ fileName }) => fileName);
        expect(files.some((file) => file.endsWith("-operator"))).to.equal(name === "logins");
        expect(files.filter((file) => file.includes(`${server}-url`))).to.have.length(1);
      }
      const urls = ofKind(after, "Secret").filter(({ name }) => name.startsWith(`shop-${server}-url`));
      const logins = urls.map((secret) => /\/\/(\w+):/.exec(contentOf(secret))?.[1]);
      // The fifth, and the two before it.
      expect(logins).to.have.members(["shop_a", "shop_b", "shop_a"]);
    });
  }

  it("S11 encrypts the backend network where it is told to", async () => {
    const resources = await resourcesOf({ ...shop, swarm: { encryptBackend: true } });
    const backend = ofKind(resources, "Network").find(({ name }) => name === "backend");
    expect(backend?.inputs["options"]).to.deep.equal({ encrypted: "true" });
  });
});

describe("apps that a stack cannot have", () => {
  for (const [what, raw, words] of [
    ["a stack of nothing", { platform: "swarm" }, "sites: must have at least one site"],
    [
      "WordPress on Kubernetes",
      { platform: "kubernetes", kubernetes: { context: "x" }, wordpress: wordpress.wordpress },
      "wordpress: only for platform swarm",
    ],
    [
      "files for a site on Kubernetes",
      {
        platform: "kubernetes",
        kubernetes: { context: "x" },
        sites: { blog: { url: "http://blog.test", configs: { "/etc/x": { file: "package.json" } } } },
      },
      "sites.blog.configs: only for platform swarm",
    ],
    [
      "two sites of one name",
      { ...wordpress, sites: { magazine: { url: "http://localhost:2368" } } },
      "wordpress.magazine: sites.magazine has the same name",
    ],
    [
      "a generation of nobody's password",
      { ...wordpress, secrets: { generations: { blog: 2 } } },
      "secrets.generations.blog: there is no site of this name, only magazine",
    ],
    ["a port twice", { ...wordpress, shop: {} }, "shop.port: 8080 is taken by wordpress.magazine.port"],
    [
      "S3 uploads that cannot follow their tasks",
      { ...wordpress, swarm: { singleNode: false } },
      "wordpress.magazine.placement: a local volume cannot follow its service",
    ],
    [
      "S3 a shop whose data cannot follow it",
      { ...shop, swarm: { singleNode: false } },
      "shop.placement: a local volume cannot follow its service",
    ],
  ] as const) {
    it(`A3 refuses ${what}`, () => {
      expect(() => parseStackConfig(raw)).to.throw(UserError, words);
    });
  }

  it("S4 takes uploads on NFS, or with another driver, on several nodes", () => {
    const on = (storage: object) => ({
      ...wordpress,
      swarm: { singleNode: false },
      mysql: { placement: ["node.hostname==db1"] },
      mailpit: { placement: ["node.hostname==db1"] },
      wordpress: { magazine: { url: "http://localhost:8080", storage } },
    });
    expect(() =>
      parseStackConfig(on({ driverOptions: { type: "nfs", o: "addr=10.0.0.1,rw", device: ":/srv" } })),
    ).to.not.throw();
    expect(() => parseStackConfig(on({ driver: "glusterfs" }))).to.not.throw();
  });
});
