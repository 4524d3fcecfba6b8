import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { projectDirectory } from "../../../home/project";
import { describePage } from "../support/doc-page";
import { GhostClient } from "../support/ghost-client";
import { ghostImage, otherGhosts, type GhostVersion } from "../support/other-ghosts";
import { succeeded, type Place } from "../support/place";
import { keepStackFile } from "../support/rotation";
import { swarmImages } from "../support/stack-images";
import { swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** What takes minutes: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/** Sites get another Ghost on a real engine, and the one of before again, with their data. */
describe("upgrade and rollback on Docker Swarm", () => {
  const stack = "ghost-swarm";
  const file = path.join(projectDirectory, "Pulumi.swarm.yaml");
  const original = fs.readFileSync(file, "utf8");
  let place: Place;
  let engine: Engine;
  let blog: GhostClient;
  let removeImages: () => Promise<void>;

  keepStackFile("swarm");

  const upgrade = (version: GhostVersion, ...more: string[]) =>
    place.ops("upgrade", "--to", `ghost=${version}`, "--yes", ...more);
  const sql = async (statement: string): Promise<string> => {
    const { id } = await engine.current(`${stack}_mysql`);
    return engine.docker("exec", id, "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", statement);
  };
  const tables = (name: string) =>
    sql(`SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='ghost_blog' AND table_name='${name}'`);
  const runs = (version: GhostVersion) =>
    engine
      .docker("service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", `${stack}_ghost-blog`)
      .then((image) => expect(ghostImage(version)).to.match(new RegExp(`(^|/)${image}$`)));
  /** Whether what ran before an upgrade runs again, with these members, and nothing of the upgrade is left. */
  const expectBefore = async (members: string) => {
    await runs("6.65.0");
    expect(await tables("upgrade_marks")).to.equal("0");
    expect(await sql("SELECT GROUP_CONCAT(email ORDER BY email) FROM ghost_blog.members")).to.equal(members);
    await blog.answers("/", 30);
    expect(await sql("SHOW DATABASES LIKE '%undone'")).to.equal("");
    expect(fs.existsSync(path.join(place.home, "upgrades", "swarm", "journal.json"))).to.equal(false);
  };

  before(async () => {
    let address: string;
    ({ address, engine, place } = await swarmPlace("swarm"));
    place.reset();
    const { ghost: _, ...others } = swarmImages;
    place.configure({ swarm: { host: engine.host }, images: others });
    removeImages = await otherGhosts(engine, ["6.65.0", "6.65.1", "6.66.0", "6.67.0", "6.68.0"]);
    succeeded(await timed("npm start", () => place.start()));
    blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
    await blog.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Old notes" });
    await blog.addMember("before@example.com");
  });

  // In groups, which run in their order: a page is one.
  describePage("docs/upgrade.md", {
    environment: () => place.variables,
    rows: { "Try it": "B7", "Undo it": "B7" },
    // Each makes a backup, and has a site come up.
    timeout: 900,
    prepare: {
      "Undo it": async () => {
        await runs("6.66.0");
        expect(await tables("upgrade_marks")).to.equal("1");
        expect(fs.readFileSync(file, "utf8")).to.contain(`ghost: ${ghostImage("6.66.0")}`);
        await blog.addMember("after@example.com");
      },
    },
  });

  describe("what came of it", () => {
    it("B7 is the database of before, and a stack file that says what it said", async () => {
      await expectBefore("before@example.com");
      expect(fs.readFileSync(file, "utf8")).to.equal(original);
    });

    it("B7 what cannot work is refused, and nothing is touched", async () => {
      for (const [to, words] of [
        ["ghost=6.64.0", "is older than"],
        ["ghost=8.0.0", "one major version at a time"],
        ["ghost=6.99.0", "does not get"],
      ] as const) {
        const { output, status } = await place.ops("upgrade", "--to", to, "--yes");
        expect(status, output).to.equal(1);
        expect(output).to.contain(words);
      }
      const { output, status } = await place.ops("rollback", "--yes");
      expect(status, output).to.equal(1);
      expect(output).to.contain("knows of no upgrade");
      expect(fs.readFileSync(file, "utf8")).to.equal(original);
      await runs("6.65.0");
    });

    long("B7 a migration that fails half-way leads back to the database of before, and nothing is lost", async () => {
      await blog.addMember("late@example.com");
      const { output, status } = await timed("failing migration", () => upgrade("6.67.0"));
      expect(status, output).to.equal(1);
      expect(output).to.contain("with the databases as they were before the upgrade of: blog");
      await expectBefore("before@example.com,late@example.com");
    });

    long("B7 killed while it deploys, it is told, npm start keeps away, and it goes on", async () => {
      const running = place.begin("ops/main.ts", ["upgrade", "--to", "ghost=6.66.0", "--yes"]);
      await until("the deployment", 300, () =>
        Promise.resolve(running.output.includes("Wait until everything answers")),
      );
      await running.kill();
      expect((await place.ops("status")).output).to.contain("is under way or was cut off");
      expect((await place.start()).output).to.contain("was cut off. Go on with it: npm run ops -- upgrade");
      expect(succeeded(await place.ops("upgrade"))).to.contain("The upgrade is through: ghost 6.65.0 → 6.66.0");
      await runs("6.66.0");
    });

    long("B7 killed while it restores, it goes on with the way back", async () => {
      const running = place.begin("ops/main.ts", ["rollback", "--yes", "--no-backup"]);
      await until("tables to go aside", 300, async () => (await sql("SHOW DATABASES LIKE '%undone'")) !== "");
      await running.kill();
      expect(succeeded(await place.ops("upgrade"))).to.contain("goes on with the way back");
      await expectBefore("before@example.com,late@example.com");
    });

    long("B7 an upgrade that migrates nothing is undone without losing what was written since", async () => {
      succeeded(await upgrade("6.65.1"));
      await runs("6.65.1");
      await blog.addMember("since@example.com");
      expect(succeeded(await place.ops("rollback", "--yes"))).to.contain("No database was migrated");
      await expectBefore("before@example.com,late@example.com,since@example.com");
    });

    long("B7 a Ghost that migrates and does not start leads back, too", async () => {
      const { output, status } = await timed("failing start", () => upgrade("6.68.0"));
      expect(status, output).to.equal(1);
      expect(output).to.contain("with the databases as they were before the upgrade of: blog");
      expect(await tables("posts_meta")).to.equal("1");
      await expectBefore("before@example.com,late@example.com,since@example.com");
    });
  });

  after(async () => {
    succeeded(await place.destroy("--data"));
    await removeImages();
  });
});
