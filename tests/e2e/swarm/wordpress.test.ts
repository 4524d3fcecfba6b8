import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { run } from "../../../engines/process";
import { projectDirectory } from "../../../home/project";
import type { PageReport } from "../../../ops/guarded-page";
import { imageNames } from "../../../sandbox/images";
import { onePixel } from "../support/ghost-client";
import { newestTo } from "../support/inbox";
import { openFiles, processTexts } from "../support/plain-text";
import { succeeded, type Place } from "../support/place";
import { leak, passwordsIn } from "../support/secrets";
import { SteadyLoad } from "../../../drills/steady-load";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { temporaryDirectory } from "../../support/temporary-directory";
import { show, strangers, writing } from "../support/strangers";
import { timed, until } from "../support/until";
import { WordPressClient } from "../support/wordpress-client";

/** Two more updates of three tasks, one after the other. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/** Stack `wordpress`, on a real Docker Engine, through the commands a person uses. */
describe("stack wordpress on Docker Swarm", () => {
  const stack = "ghost-wordpress";
  const wordpress = `${stack}_wordpress-magazine`;
  const mysql = `${stack}_mysql`;
  const stackFile = path.join(projectDirectory, "Pulumi.wordpress.yaml");
  const originalStackFile = fs.readFileSync(stackFile, "utf8");
  const owner = { name: "Ada Lovelace", email: "ada@example.com", siteTitle: "The Magazine" };
  let place: Place;
  let engine: Engine;
  let site: WordPressClient;
  let inbox: string;
  let post: string;
  let picture: string;

  before(async () => {
    const found = await swarmPlace("wordpress", ["mysql", "wordpress", "nginx", "mailpit"]);
    ({ engine, place } = found);
    // Below a path, as behind a proxy that has other sites, too.
    const url = `http://${found.address}:8080/the/magazine`;
    place.configure({ wordpress: { magazine: { url, maxUpload: "48Mi", owner } } });
    site = new WordPressClient(url);
    inbox = `http://${found.address}:8025`;
  });

  after(() => fs.writeFileSync(stackFile, originalStackFile));

  const passwords = async (): Promise<string[]> => {
    const [task] = await engine.tasks(wordpress);
    const files = "for file in /run/secrets/wordpress/database-password*; do cat $file; echo; done";
    return passwordsIn(await engine.docker("exec", task ?? "", "bash", "-c", files));
  };

  const logs = async (...services: string[]): Promise<string> => {
    const tasks = (await Promise.all(services.map((service) => engine.tasks(service)))).flat();
    return engine.logs(tasks);
  };

  /** What the database server answers to a login of the site's user. */
  const login = async (password: string): Promise<string> => {
    const [task] = await engine.tasks(mysql);
    const script =
      'mysql --defaults-file=<(printf "[client]\\npassword=%s\\n" "$(cat)") -h 127.0.0.1 -u wp_magazine --ssl-mode=REQUIRED -NBe "SELECT 1"';
    return engine
      .dockerWithInput(password, "exec", "--interactive", task ?? "", "bash", "-c", script)
      .catch((error: unknown) => String(error));
  };

  it("S6 comes up with one command: three tasks behind one port", async () => {
    const output = succeeded(await timed("npm start", () => place.start()));
    expect(output).to.contain("/wp-admin/");
    expect(await engine.tasks(wordpress)).to.have.length(3);
    expect(await site.page("/")).to.contain("The Magazine");
  });

  it("E6 S6 belongs to the owner that the stack file names, who makes a post with an upload", async () => {
    expect(await site.page("/wp-admin/install.php?step=1")).to.contain("already installed");
    const { login } = await place.opsJson<PageReport>("owner");
    expect(login?.username).to.equal(owner.email);
    await site.signIn(owner.email, login?.password ?? "");
    const upload = await site.upload("pixel.png", onePixel);
    picture = upload.path;
    post = await site.publish("Hello from the swarm", `<img src="${picture}">`);
    expect(await site.page(post)).to.contain("Hello from the swarm");
    expect(await site.status(picture)).to.equal(200);
  });

  it("S6 H8 below a path: its pages name style sheets and scripts that are there, and its admin answers", async () => {
    for (const page of ["/", "/wp-admin/media-new.php"]) {
      const html = await site.page(page);
      const addresses = [...html.matchAll(/(?:href|src)=['"]([^'"]+\.(?:css|js)(?:\?[^'"]*)?)['"]/g)].map(
        ([, found = ""]) => found,
      );
      expect(addresses.length, page).to.be.above(1);
      for (const address of addresses) {
        expect(address.startsWith(`${site.base}/`), address).to.equal(true);
        expect(await site.status(address.slice(site.base.length)), address).to.equal(200);
      }
    }
    expect(await site.page("/wp-admin/media-new.php")).to.contain("Maximum upload file size: 48 MB");
  });

  it("S6 G2 a large upload comes through, a slow reader gets all of it, and what is too large is refused in words", async () => {
    const content = randomBytes(40 * 2 ** 20);
    const upload = await timed("an upload of 40 MiB", () => site.uploadByForm("large.zip", content));
    const copy = path.join(temporaryDirectory(), "large.zip");
    const slowly = [
      "--fail",
      "--silent",
      "--show-error",
      "--limit-rate",
      "6M",
      "--output",
      copy,
      `${site.base}${upload}`,
    ];
    await timed("a download of it at 6 MB/s", () => run("curl", slowly, { timeout: 120 }));
    expect(content.equals(fs.readFileSync(copy))).to.equal(true);
    const refused = await site
      .uploadByForm("larger.zip", Buffer.alloc(50 * 2 ** 20))
      .catch((error: unknown) => String(error));
    expect(refused).to.contain("answers 413: The upload is larger than the 48Mi that this site takes");
  });

  it("D4 who shows another certificate in the database server's place is told nothing, and readers see no page of it", async () => {
    const found = await strangers(place, ["mysql"]);
    const server = (await engine.current(mysql)).id;
    const asRoot = (sql: string) =>
      engine.docker("exec", server, "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", sql);
    const shows = async (certificate: (typeof found)["anotherName"], folder: string) => {
      await engine.docker("exec", server, "bash", "-c", writing(certificate, folder));
      await asRoot(show(folder));
    };
    const [task = ""] = await engine.tasks(wordpress);
    // As a task does at its start.
    const start = () =>
      engine.docker("exec", "--env", "WAIT_SECONDS=1", task, "php", "/scripts/database.php").catch(String);
    expect(await start()).to.contain("mysql:3306 takes logins of wp_magazine");

    await shows(found.anotherAuthority, "/tmp/another-authority");
    expect(await start()).to.contain("of an authority that this site does not believe");
    expect(await site.status("/")).to.equal(500);
    await shows(found.anotherName, "/tmp/another-name");
    expect(await start()).to.contain("REFUSED, for it shows a certificate of another name");
    expect(await site.status("/")).to.equal(500);

    await asRoot(show());
    expect(await start()).to.contain("mysql:3306 takes logins of wp_magazine");
    expect(await site.status("/")).to.equal(200);
  });

  it("S6 L5 a password reset is readable in the stack's inbox", async () => {
    const reader = await place.inboxReader();
    await site.resetPassword(owner.email);
    const mail = await until("the mail", 30, async () => {
      const newest = await newestTo(inbox, owner.email, reader);
      return newest?.Subject.includes("Password Reset") ? newest : undefined;
    });
    expect(mail.From.Address).to.equal("noreply@wordpress.invalid");
    const [link = ""] = /http\S+action=rp\S+/.exec(mail.Text) ?? [];
    expect(link.startsWith(site.base), mail.Text).to.equal(true);
  });

  it("S6 the post and the upload survive the move of every task", async () => {
    const former = await engine.tasks(wordpress);
    await timed("three containers removed → three new tasks", async () => {
      await engine.docker("rm", "--force", ...former);
      await until("three new tasks that answer", 120, async () => {
        const tasks = (await engine.tasks(wordpress)).filter((id) => !former.includes(id));
        return tasks.length === 3 && (await site.status(post)) === 200;
      });
    });
    expect(await site.page(post)).to.contain("Hello from the swarm");
    expect(await site.status(picture)).to.equal(200);
  });

  it("S7 the database password is rotated under load, and no request fails", async () => {
    const [former = ""] = await passwords();
    const [server] = await engine.tasks(mysql);
    const load = new SteadyLoad(() => site.status(post));
    const output = succeeded(
      await timed("npm run ops -- secrets rotate", () =>
        place.command("ops/main.ts", ["secrets", "rotate", "magazine", "--stack", "wordpress"]),
      ),
    );
    const { failed, requests } = await load.stop();
    console.log(`      requests during the rotation: ${requests}, failed: ${failed}`);
    expect(output).to.contain("wp_magazine has password 2 now, and no other");
    expect(requests).to.be.above(20);
    expect(failed).to.equal(0);
    const [present = "", ...kept] = await passwords();
    expect(kept).to.deep.equal([former]);
    expect(present).to.not.equal(former);
    expect(await login(present)).to.equal("1");
    expect(await login(former)).to.contain("Access denied");
    // The server itself was not touched.
    expect(await engine.tasks(mysql)).to.deep.equal([server]);
  });

  it("S7 a restart of the database server undoes no rotation", async () => {
    const [server = ""] = await engine.tasks(mysql);
    await engine.docker("rm", "--force", server);
    await timed("server removed → the post answers", () =>
      until("the post", 120, async () => {
        const [task] = await engine.tasks(mysql);
        return task !== undefined && task !== server && (await site.status(post)) === 200;
      }),
    );
  });

  it("A5 no password stands in plain text: services, containers, configs, logs, processes, what is rendered", async () => {
    const { configs, containers, services } = await engine.holdings(stack);
    const places: Record<string, string> = {
      services: await engine.docker("service", "inspect", ...(services ?? [])),
      containers: await engine.docker("inspect", ...(containers ?? [])),
      configs: await engine.docker("config", "inspect", ...(configs ?? [])),
      logs: await logs(wordpress, mysql),
      ...processTexts(),
      ...openFiles(place.home),
    };
    const known = await passwords();
    expect(known).to.have.length(2);
    expect(leak(known, places)).to.equal(undefined);
  });

  long(
    "S7 S8 files are secrets and configs: a change is a new version, under load, and the former one goes",
    async () => {
      const secretFile = path.join(place.home, "api-key");
      const configFile = path.join(place.home, "limits.ini");
      fs.writeFileSync(secretFile, "the first key\n", { mode: 0o600 });
      fs.writeFileSync(configFile, "upload = {{upload}}\n");
      const files = (upload: number) => ({
        secrets: { keepVersions: 0 },
        wordpress: {
          magazine: {
            secrets: { "/run/secrets/api-key": { file: secretFile } },
            configs: { "/etc/magazine/limits.ini": { file: configFile, values: { upload } } },
          },
        },
      });
      const inside = async () => {
        const [task = ""] = await engine.tasks(wordpress);
        return engine.docker("exec", task, "cat", "/run/secrets/api-key", "/etc/magazine/limits.ini");
      };
      const versions = async () => [
        ...(await engine.lines(
          "secret",
          "ls",
          "--format",
          "{{.Name}}",
          "--filter",
          "name=ghost-wordpress_wordpress-magazine-api-key",
        )),
        ...(await engine.lines(
          "config",
          "ls",
          "--format",
          "{{.Name}}",
          "--filter",
          "name=ghost-wordpress_wordpress-magazine-limits.ini",
        )),
      ];
      place.configure(files(64));
      succeeded(await place.start());
      expect(await inside()).to.equal("the first key\nupload = 64");
      const former = await versions();
      expect(former).to.have.length(2);

      fs.writeFileSync(secretFile, "the second key\n");
      place.configure(files(128));
      const load = new SteadyLoad(() => site.status(post));
      succeeded(await timed("a changed secret and a changed config deployed", () => place.start()));
      const { failed, requests } = await load.stop();
      console.log(`      requests during the update: ${requests}, failed: ${failed}`);
      expect(failed).to.equal(0);
      expect(await inside()).to.equal("the second key\nupload = 128");
      const present = await versions();
      expect(present).to.have.length(2);
      expect(present).to.not.include.members(former);

      fs.writeFileSync(configFile, "x".repeat(600 * 1024));
      const refused = await place.start();
      expect(refused.status).to.equal(1);
      expect(refused.output).to.contain("has 600 KiB, and a swarm takes at most 500 KiB");
      fs.writeFileSync(configFile, "upload = {{upload}}\n");
    },
  );

  it("S10 a bad image is rolled back by itself, told as a failure, and readers notice nothing", async () => {
    const broken = "ghost-platform.local/wordpress:broken";
    await engine.docker("tag", imageNames.nginx, broken);
    const load = new SteadyLoad(() => site.status(post));
    place.configure({ images: { wordpress: broken } });
    const outcome = await timed("npm start with a bad image", () => place.start());
    const { failed, requests } = await load.stop();
    console.log(`      requests during the failed update: ${requests}, failed: ${failed}`);
    expect(outcome.status).to.equal(1);
    expect(outcome.output).to.match(/went back to what ran before|rolled back|rollback/);
    expect(failed).to.equal(0);
    const image = await engine.docker(
      "service",
      "inspect",
      "--format",
      "{{.Spec.TaskTemplate.ContainerSpec.Image}}",
      wordpress,
    );
    expect(image).to.contain(imageNames.wordpress);
    place.configure({ images: { wordpress: imageNames.wordpress } });
    succeeded(await place.start());
  });

  it("A1 destroy --data removes everything", async () => {
    succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
  });
});
