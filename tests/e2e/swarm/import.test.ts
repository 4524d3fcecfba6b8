import * as fs from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { describePage } from "../support/doc-page";
import { GhostClient, onePixel } from "../support/ghost-client";
import { succeeded, type Place } from "../support/place";
import { swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";
import { temporaryDirectory } from "../../support/temporary-directory";

/** What takes another minute or two: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/** A Ghost of somebody's comes into a new site of a stack on a real engine, and goes out again. */
describe("import and export on Docker Swarm", () => {
  const stack = "ghost-swarm";
  const folder = temporaryDirectory();
  const cli = path.join(folder, "ghost");
  const dump = path.join(folder, "ghost.sql");
  let place: Place;
  let engine: Engine;
  let moved: GhostClient;
  let post: string;
  let image: string;

  const importing = (file: string, from = cli) => [
    "--stack",
    "swarm",
    "--site",
    "moved",
    "--from",
    from,
    "--dump",
    file,
  ];
  const imported = (file: string, from = cli) => place.command("import/main.ts", [...importing(file, from), "--yes"]);
  const sql = async (statement: string): Promise<string> => {
    const { id } = await engine.current(`${stack}_mysql`);
    return engine.docker("exec", id, "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", statement);
  };
  /** The dump with more SQL before its end. */
  const variant = (name: string, more: string): string => {
    const text = fs.readFileSync(dump, "utf8");
    const end = text.lastIndexOf("-- Dump completed");
    const file = path.join(folder, `${name}.sql`);
    fs.writeFileSync(file, `${text.slice(0, end)}${more}\n${text.slice(end)}`);
    return file;
  };
  const readable = async () => {
    await moved.answers("/", 60);
    expect(await moved.page(post)).to.contain("Straße 😀");
    await moved.answers(image, 10);
    expect(await sql("SELECT email FROM ghost_moved.members")).to.equal("reader@example.com");
  };

  before(async () => {
    let address: string;
    ({ address, engine, place } = await swarmPlace("swarm"));
    place.configure({ sites: { moved: { url: "http://localhost:2370" } } });
    succeeded(await timed("npm start", () => place.start()));
    const blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
    moved = new GhostClient(`http://${address}:2370`, "http://localhost:2370");
    await blog.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Old notes" });
    image = await blog.uploadImage("pixel.png", onePixel);
    post = await blog.publish("From before", `<p>Straße 😀 <img src="${image}"></p>`);
    await blog.addMember("reader@example.com");
  });

  // In groups, which run in their order: a page is one.
  describe("a source", () => {
    it("B6 a site goes out, whole and without owners", async () => {
      const out = path.join(folder, "source");
      succeeded(await place.command("import/export-main.ts", ["--stack", "swarm", "--site", "blog", "--to", out]));
      expect(fs.readdirSync(out).sort()).to.deep.equal(["README.txt", "content", "ghost.sql.gz"]);
      const text = gunzipSync(fs.readFileSync(path.join(out, "ghost.sql.gz"))).toString();
      expect(text).to.not.match(/DEFINER=|GTID_PURGED/);
      // As an older server had it: another collation, an owner that is nobody here, and the newest migration still to come.
      const old = text
        .replaceAll("utf8mb4_0900_ai_ci", "utf8mb4_general_ci")
        .replace(/^\/\*!50013 .*SQL SECURITY INVOKER/gm, "/*!50013 DEFINER=`old`@`%` SQL SECURITY INVOKER");
      expect(old).to.contain("DEFINER=`old`").and.to.contain("utf8mb4_general_ci");
      fs.writeFileSync(dump, old);
      fs.renameSync(
        variant(
          "before",
          "SET foreign_key_checks=0; DROP TABLE members_metafield_change_events; DELETE FROM migrations WHERE version='6.65';",
        ),
        dump,
      );
      fs.mkdirSync(cli);
      fs.cpSync(path.join(out, "content"), path.join(cli, "content"), { recursive: true });
      fs.writeFileSync(
        path.join(cli, "config.production.json"),
        JSON.stringify({
          url: "https://notes.example.com",
          database: { client: "mysql", connection: { user: "ghost", password: "s3cret", database: "prod" } },
          mail: { transport: "SMTP", options: { host: "smtp.example.com", auth: { user: "a", pass: "hidden" } } },
        }),
      );
    });

    it("B6 what cannot be taken is refused, and the new site is untouched", async () => {
      const before = await sql("CHECKSUM TABLE ghost_moved.posts, ghost_moved.users, ghost_moved.settings");
      const member = (id: string, email: string) =>
        `INSERT INTO members (id,uuid,transient_id,email,status,email_disabled,created_at) VALUES ('${id}','${id}','${id}',${email},'free',0,now());`;
      const clash = variant(
        "clash",
        member("1", "'a@example.com'") + member("2", "CONCAT('a',_utf8mb4 x'e2808b','@example.com')"),
      );
      for (const [file, words] of [
        [clash, "members (email) a@example.com and "],
        [
          variant("newer", "INSERT INTO migrations (name,version,currentVersion) VALUES ('x','6.99','6.99');"),
          "no Ghost goes back",
        ],
        [path.join(folder, "none.sql"), "cannot be read"],
      ] as const) {
        const { output, status } = await imported(file);
        expect(status, output).to.equal(1);
        expect(output).to.contain(words);
      }
      expect(await sql("CHECKSUM TABLE ghost_moved.posts, ghost_moved.users, ghost_moved.settings")).to.equal(before);
      await moved.answers("/", 10);
    });
  });

  describePage("docs/import.md", {
    environment: () => place.variables,
    replace: { "/srv/": `${folder}/` },
    rows: { "Bring it in": "B6", "Write one out": "B6" },
  });

  describe("what came in", () => {
    it("B6 posts, pictures and members are there, migrated and in the collation of now", async () => {
      await readable();
      const old =
        "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema='ghost_moved' AND collation_name<>'utf8mb4_0900_ai_ci'";
      expect(await sql(old)).to.equal("0");
      expect(await sql("SELECT COUNT(*) FROM ghost_moved.migrations WHERE version='6.65'")).to.equal("1");
      expect(await sql("SHOW DATABASES LIKE '%import'")).to.equal("");
      expect(fs.readdirSync(path.join(place.home, "imports"))).to.deep.equal([]);
    });

    long("B6 killed while the database comes, it begins anew and comes to its end", async () => {
      const running = place.begin("import/main.ts", [...importing(dump), "--yes"]);
      await until("the database to be replaced", 90, async () => (await sql("SHOW DATABASES LIKE '%import'")) !== "");
      await running.kill();
      const output = succeeded(await imported(dump));
      expect(output).to.contain("after:  3 posts and pages, 1 tags, 1 members, 1 staff, 2 images; Ghost 6.65");
      expect(output).to.contain("smtp.example.com").and.to.not.contain("hidden");
      await readable();
    });

    long("B6 a Ghost that does not come up on the data leaves a new site, and says so", async () => {
      const { output, status } = await imported(variant("broken", "ALTER TABLE settings DROP COLUMN `key`;"));
      expect(status, output).to.equal(1);
      expect(output).to.contain("Site moved is empty, as a new one");
      await moved.answers("/", 60);
      expect(await sql("SELECT COUNT(*) FROM ghost_moved.members")).to.equal("0");
      succeeded(await imported(dump));
      await readable();
    });

    it("B6 a site in which somebody has written is left as it is", async () => {
      await sql("UPDATE ghost_moved.posts SET updated_at = now() WHERE title = 'From before'");
      const { output, status } = await imported(dump);
      expect(status, output).to.equal(1);
      expect(output).to.contain("Site moved of stack swarm is somebody's: 3 posts and pages");
      // As an import leaves it that was killed when all had been loaded.
      await sql("CREATE DATABASE ghost_moved_import");
      await sql("CREATE TABLE ghost_moved_import.loaded AS SELECT '1-1-1-1' AS fingerprint");
      expect((await imported(dump)).output).to.contain("Site moved of stack swarm is somebody's");
      await sql("DROP DATABASE ghost_moved_import");
      await readable();
    });
  });

  after(async () => {
    succeeded(await place.destroy("--data"));
  });
});
