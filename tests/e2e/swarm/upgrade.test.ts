import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { projectDirectory } from "../../../home/project";
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
  const members = () => sql("SELECT GROUP_CONCAT(email ORDER BY email) FROM ghost_blog.members");
  const nothingLeft = async () => {
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

  it("B7 goes up, with a backup and what was written until the last moment", async () => {
    const output = succeeded(await timed("upgrade", () => upgrade("6.66.0")));
    expect(output).to.contain("The upgrade is through: ghost 6.65.0 → 6.66.0");
    await runs("6.66.0");
    expect(await tables("upgrade_marks")).to.equal("1");
    expect(fs.readFileSync(file, "utf8")).to.contain(`ghost: ${ghostImage("6.66.0")}`);
    await blog.addMember("after@example.com");
  });

  it("B7 goes back with its data, and says what is lost", async () => {
    const output = succeeded(await timed("rollback", () => place.ops("rollback", "--yes")));
    expect(output).to.contain("with the databases as they were before the upgrade of: blog");
    await runs("6.65.0");
    expect(await tables("upgrade_marks")).to.equal("0");
    expect(await members()).to.equal("before@example.com");
    await blog.answers("/", 30);
    await nothingLeft();
  });

  long("B7 a migration that fails half-way leads back to the database of before, and nothing is lost", async () => {
    await blog.addMember("late@example.com");
    const { output, status } = await timed("failing migration", () => upgrade("6.67.0"));
    expect(status, output).to.equal(1);
    expect(output).to.contain("with the databases as they were before the upgrade of: blog");
    await runs("6.65.0");
    expect(await tables("upgrade_marks")).to.equal("0");
    expect(await members()).to.equal("before@example.com,late@example.com");
    await blog.answers("/", 30);
    await nothingLeft();
  });

  after(async () => {
    succeeded(await place.destroy("--data"));
    await removeImages();
  });
});
