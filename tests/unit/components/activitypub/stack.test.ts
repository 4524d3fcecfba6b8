import { expect } from "chai";
import { mergeConfig, type RawConfig } from "../../../../config/files/machine";
import { parseStackConfig } from "../../../../config/parse";
import type { SwarmStackConfig } from "../../../../config/schema";
import { publishedAddresses } from "../../../../deploy/wait/published-addresses";
import { PasswordStore } from "../../../../render/passwords";
import { rotatedPasswords, watchedPages } from "../../../../stacks/apps";
import { neededImages } from "../../../../stacks/images";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";

const url = "https://blog.example.com";
const stack = (over: RawConfig = {}): RawConfig =>
  mergeConfig(
    {
      platform: "swarm",
      edge: { email: "me@example.com" },
      sites: { blog: { url, activityPub: "self" }, news: { url: "https://news.example.com" } },
    },
    over,
  );
const parsed = (over: RawConfig = {}) => parseStackConfig(stack(over), "test") as SwarmStackConfig;

describe("E4 the ActivityPub server in a stack on Swarm", function () {
  this.timeout(30_000);

  it("runs without rights, with its pictures in a volume, between the edge and the database", async () => {
    const { resources } = await declared(stack());
    const server = service(resources, "activitypub");
    expect(server.container).to.deep.include({ readOnly: true, user: "1000:1000", capDrops: ["ALL"] });
    expect(server.container.mounts?.map(({ source, target, type }) => [type, source ?? "", target])).to.deep.equal([
      ["volume", "ghost-test_activitypub-pictures", "/home/node"],
      ["tmpfs", "", "/tmp"],
    ]);
    expect(server.networksAdvanceds).to.have.length(2);
    expect(server.inputs.endpointSpec.ports ?? []).to.deep.equal([]);
    expect(server.container.env).to.include({
      NODE_ENV: "production",
      MYSQL_HOST: "mysql",
      MYSQL_USER: "activitypub",
      MYSQL_DATABASE: "activitypub",
      LOCAL_STORAGE_HOSTING_URL: `${url}/.ghost/activitypub/local-storage`,
    });
    const migrations = service(resources, "activitypub-migrations");
    expect(migrations.container).to.deep.include({ readOnly: true, user: "1000:1000", capDrops: ["ALL"] });
    expect(migrations.networksAdvanceds).to.have.length(1);
  });

  it("starts once the database has the schema of its own version: by a name that only that image's service has", async () => {
    const nameOf = async (over: RawConfig) => {
      const { resources } = await declared(stack(over));
      const waited = service(resources, "activitypub").container.env?.["MIGRATED_NAME"];
      const [network] = service(resources, "activitypub-migrations").networksAdvanceds ?? [];
      expect(network?.aliases).to.include(waited);
      return waited;
    };
    const first = await nameOf({});
    expect(first).to.match(/^activitypub-migrated-[0-9a-f]+$/);
    const next = { activityPubMigrations: "ghcr.io/tryghost/activitypub-migrations:1.2.9" };
    expect(await nameOf({ images: next })).to.not.equal(first);
  });

  it("has a database, a user and a password of its own, which only its two services get, as a file", async () => {
    const passwords = new PasswordStore();
    const { resources } = await declared(stack(), passwords);
    const files = (name: string) =>
      (service(resources, name).container.secrets ?? []).map(({ fileName, secretName }) => [fileName, secretName]);
    for (const name of ["activitypub", "activitypub-migrations"]) {
      const [[file, secret] = []] = files(name);
      expect(file).to.equal("/run/secrets/activitypub/database-password");
      expect(secret).to.match(/^ghost-test_mysql-db-activitypub-\w+$/);
    }
    expect(JSON.stringify(files("ghost-blog"))).to.not.contain("db-activitypub");
    const secrets = ofKind(resources, "Secret");
    const [password = "none"] = secrets.filter(({ name }) => name.startsWith("mysql-db-activitypub")).map(contentOf);
    expect(password).to.match(/^[A-Za-z0-9]{20,}$/);
    const others = resources.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).to.not.contain(password);
    const provision = secrets.map(contentOf).find((text) => text.includes("CREATE DATABASE"));
    expect(provision)
      .to.contain("CREATE DATABASE IF NOT EXISTS `activitypub` CHARACTER SET utf8mb4")
      .and.contain("GRANT ALL PRIVILEGES ON `activitypub`.* TO 'activitypub'@'%'");
  });

  it("is handed what is asked in ActivityPub of the sites that say so", async () => {
    const { resources } = await declared(stack());
    const [caddy] = ofKind(resources, "ServiceConfig").filter(({ name }) => name.startsWith("edge-Caddyfile"));
    const text = caddy ? contentOf(caddy) : "";
    const of = (host: string) => text.slice(text.indexOf(`https://${host} {`)).split("\n}", 1)[0];
    expect(of("blog.example.com")).to.contain("reverse_proxy http://activitypub:8080 {");
    expect(of("news.example.com")).to.contain("reverse_proxy https://ap.ghost.org {");
  });

  it("is known to the tools: its images, its password, the way to it, and what watches it", () => {
    const config = parsed({ secrets: { generations: { activitypub: 2 } } });
    expect(neededImages(config).map(({ name }) => name)).to.include.members(["activityPub", "activityPubMigrations"]);
    expect(rotatedPasswords(config).find(({ site }) => site === "activitypub")).to.deep.include({
      generation: 2,
      username: "activitypub",
      key: ["secrets", "generations", "activitypub"],
    });
    const asked = publishedAddresses(config).filter(({ app }) => app === "activitypub");
    expect(asked.map(({ request, what }) => [what, request.headers["Host"], request.path])).to.deep.equal([
      ["ActivityPub of site blog", "blog.example.com", "/.well-known/nodeinfo"],
    ]);
    expect(watchedPages(config).services.map(({ app }) => app)).to.include("activitypub");
  });

  it("is not there where no site says so", async () => {
    const over = { sites: { blog: { activityPub: "hosted" } } };
    const { resources } = await declared(stack(over));
    expect(resources.filter(({ name }) => /activitypub/.test(name))).to.deep.equal([]);
    expect(neededImages(parsed(over)).map(({ name }) => name)).to.not.include("activityPub");
  });
});
