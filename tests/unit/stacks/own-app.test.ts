import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { RawConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";
import { swarmSummary } from "../../../deploy/summary";
import { publishedAddresses } from "../../../deploy/wait/published-addresses";
import { UserError } from "../../../errors";
import { faces } from "../../../packaging/npm-package";
import { appsOf, rotatedPasswords, watchedPages } from "../../../stacks/apps";
import { neededImages } from "../../../stacks/images";
import { declared, ofKind, service } from "../../support/swarm";

const module_ = "./tests/apps/guestbook/app.ts";
const guestbook = (settings: object = { port: 8090 }) => ({ apps: { guestbook: { module: module_, settings } } });
const sites = { blog: { url: "http://localhost:2368" } };
const parsed = (raw: RawConfig) => parseStackConfig({ platform: "swarm", sites, ...raw }) as SwarmStackConfig;

describe("an app that is no part of this program", () => {
  it("is known to every tool by what it declares", () => {
    const config = parsed(guestbook());
    expect(appsOf(config).at(-1)?.name).to.equal("guestbook");
    expect(neededImages(config)).to.deep.include({
      name: "guestbook",
      key: ["apps", "guestbook", "settings", "image"],
      reference: "docker.io/library/wordpress:7.1.0-php8.4-apache",
    });
    expect(watchedPages(config).services.map(({ name }) => name)).to.include("guestbook");
    expect(publishedAddresses(config).map(({ app }) => app)).to.include("app-guestbook");
    expect(rotatedPasswords(config).map(({ site }) => site)).to.deep.equal(["blog", "guestbook", undefined]);
    expect(swarmSummary("press", config, [])).to.include("Guestbook        http://localhost:8090/");
  });

  it("A6 is made of what the package exports for either platform, and of nothing else of this program", () => {
    for (const folder of ["guestbook", "notes"].map((name) => path.join("tests", "apps", name))) {
      const files = fs.readdirSync(folder).filter((name) => name.endsWith(".ts"));
      const imported = files.flatMap((name) =>
        [...fs.readFileSync(path.join(folder, name), "utf8").matchAll(/from "((?:\.\.\/)+[^"]+)"/g)].map(
          ([, from = ""]) => from,
        ),
      );
      expect(imported, folder).to.not.be.empty;
      expect(
        Object.values(faces).map((face) => `../../../${face}`),
        folder,
      ).to.include.members(imported);
    }
  });

  it("has its service, its volume and a database of its own beside the sites, and without any", async () => {
    for (const others of [{ sites }, { sites: {} }]) {
      const { resources } = await declared({ ...guestbook(), ...others });
      expect(service(resources, "app-guestbook").container.env).to.include({
        DB_USER: "app_guestbook",
        DB: "mysql:3306",
      });
      expect(ofKind(resources, "Volume").map(({ inputs }) => inputs["name"])).to.include(
        "ghost-test_app-guestbook-data",
      );
      expect(ofKind(resources, "Secret").map(({ inputs }) => String(inputs["name"]))).to.satisfy((names: string[]) =>
        names.some((name) => name.startsWith("ghost-test_mysql-db-guestbook-")),
      );
    }
  });

  it("S7 has a password that is rotated under its name", async () => {
    const generations = { secrets: { generations: { guestbook: 2 } } };
    const { resources } = await declared({ ...guestbook(), ...generations });
    const files = service(resources, "app-guestbook").container.secrets?.map(({ fileName }) => fileName);
    expect(files).to.deep.equal([
      "/run/secrets/guestbook/database-password",
      "/run/secrets/guestbook/database-password-former-1",
    ]);
  });

  it("makes its database server as large as it needs", () => {
    const memory = { mysql: { options: { max_connections: "20" } } };
    expect(() => parsed({ ...guestbook(), ...memory })).to.throw(UserError, "apps.guestbook");
  });

  for (const [what, raw, words] of [
    [
      "a module that is not there",
      { apps: { x: { module: "./nowhere.ts" } } },
      "apps.x.module: cannot be loaded: Cannot find module './nowhere.ts'",
    ],
    [
      "a module that deploys nowhere",
      { apps: { x: { module: "./tests/support/apps/nowhere.ts" } } },
      "apps.x.module: ./tests/support/apps/nowhere.ts exports no `app` with `settings` and `deploy`",
    ],
    [
      "a module that is no app",
      { apps: { x: { module: "./errors.ts" } } },
      "apps.x.module: ./errors.ts exports no `app`",
    ],
    ["settings that it does not take", guestbook({ port: 80, colour: "red" }), "apps.guestbook.settings.port: "],
    [
      "settings that it does not know",
      guestbook({ port: 8090, colour: "red" }),
      'apps.guestbook.settings: Unrecognized key: "colour"',
    ],
    [
      "a port that a site has",
      guestbook({ port: 2368 }),
      "apps.guestbook.settings.port: 2368 is taken by sites.blog.port",
    ],
    [
      "the name of a site",
      { apps: { blog: { module: module_, settings: { port: 8090 } } } },
      "apps.blog: a site has the same name",
    ],
  ] as const) {
    it(`A3 is refused for ${what}`, () => {
      expect(() => parsed(raw)).to.throw(UserError, words);
    });
  }
});
