import { expect } from "chai";
import type { PageReport } from "../../../ops/guarded-page";
import type { LogLine } from "../../../ops/log-source";
import type { Usage } from "../../../ops/usage";
import { imageNames } from "../../../sandbox/images";
import { diagnosed, well } from "../support/diagnosis";
import { GhostClient } from "../support/ghost-client";
import { askInbox, newestTo } from "../support/inbox";
import { succeeded, type Place } from "../support/place";
import { swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** `npm run ops` on a swarm, as a person uses it on a stack that runs, that breaks, and that is mended. */
describe("npm run ops on Docker Swarm", () => {
  const stack = "ghost-swarm";
  let place: Place;
  let engine: Engine;
  let address: string;
  let blog: GhostClient;

  before(async () => {
    ({ address, engine, place } = await swarmPlace("swarm"));
    place.configure({ sites: { blog: { owner: { name: "Ada", email: "ada@example.com" } } } });
    const output = succeeded(await timed("npm start", () => place.start()));
    expect(output).to.contain("npm run ops -- inbox\n");
    blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
    await blog.answers("/", 30);
  });

  after(async () => {
    const services = await engine.lines("service", "ls", "--quiet", "--filter", "name=broken-");
    await Promise.all(services.map((service) => engine.docker("service", "rm", service)));
    succeeded(await place.destroy("--data"));
  });

  it("G10 status shows every task, and that all is well", async () => {
    const { output, status } = await place.ops("status");
    expect(status, output).to.equal(0);
    for (const task of ["ghost-blog.1", "mailpit.1", "mysql.1"]) {
      expect(output).to.match(new RegExp(`^${task} +\\S+ +main +running +yes +0\\b`, "m"));
    }
    expect(output).to.contain("All is well.");
  });

  it("G10 logs shows the lines of all tasks in the order of their time, and --follow goes on", async () => {
    const following = place.begin("ops/main.ts", ["logs", "ghost", "--follow", "--since", "1m"]);
    try {
      await until("a request", 120, async () => {
        await blog.status("/?marker=followed");
        return /^ghost-blog.1.*marker=followed/m.test(following.output);
      });
    } finally {
      await following.interrupt();
    }
    const { output } = await place.ops("logs", "--json", "--since", "1h");
    const lines = output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine);
    expect(new Set(lines.map(({ container }) => container))).to.deep.equal(new Set(["ghost-blog", "mailpit", "mysql"]));
    expect(lines.map(({ time }) => time)).to.deep.equal(lines.map(({ time }) => time).sort());
    expect(lines.some(({ line }) => line.includes("the database is up to date"))).to.equal(true);
  });

  it("G10 metrics shows what each task uses, against its limit", async () => {
    const { output, status } = await place.ops("metrics");
    expect(status, output).to.equal(0);
    const { containers } = await place.opsJson<Usage>("metrics");
    const ghost = containers.find(({ app }) => app === "ghost-blog");
    expect(ghost?.memory.limit).to.equal(512 * 1024 ** 2);
    expect(ghost?.memory.used).to.be.within(50 * 1024 ** 2, 512 * 1024 ** 2);
  });

  it("E6 L1 L5 the owner signs in with the password that ops shows, Ghost to hand its mail over, and inbox tells how to read it", async () => {
    const { login } = await place.opsJson<PageReport>("inbox");
    const inbox = `http://${address}:8025`;
    expect((await askInbox(inbox, "/api/v1/messages")).status).to.equal(401);
    const owner = await place.opsJson<PageReport>("owner");
    expect(owner).to.deep.include({ address: "http://localhost:2368/ghost/" });
    await blog.signIn("ada@example.com", owner.login?.password ?? "");
    await blog.invite("grace@example.com");
    const mail = await until("the invitation", 30, () => newestTo(inbox, "grace@example.com", login));
    expect(mail.Subject).to.contain("Ada has invited you");
  });

  it("G10 diagnose says of each thing that is broken what it is, and what mends it", async () => {
    const broken = (name: string, script: string, ...flags: string[]) =>
      engine.docker(
        ...["service", "create", "--detach", "--name", `${stack}_broken-${name}`],
        ...["--label", `com.docker.stack.namespace=${stack}`, "--label", `ghost-platform.stack=${stack}`],
        ...["--no-resolve-image", ...flags],
        ...[imageNames.mysql, "bash", "-c", script],
      );
    await engine.docker("service", "scale", "--detach", `${stack}_mysql=0`);
    await engine.docker(
      ...["service", "update", "--detach", "--no-resolve-image", "--update-failure-action", "pause"],
      ...["--image", "ghost-platform.local/nothing:1", `${stack}_mailpit`],
    );
    await broken("crash", "echo ERROR cannot open the file; exit 7", "--restart-delay", "1s");
    await broken("memory", 'x=xxxxxxxxxxxxxxxx; while :; do x="$x$x"; done', "--limit-memory", "16M");
    await broken("node", "sleep 600", "--constraint", "node.hostname==nowhere");
    await diagnosed(
      place,
      /FAILURE {2}service mysql\n {2}It is scaled to 0/,
      /FAILURE {2}task mailpit\.1\n {2}.*ghost-platform.local\/nothing:1/,
      /FAILURE {2}task broken-crash\.1\n {2}It ended \d+ times of those the swarm remembers, last with status 7/,
      /It says: ERROR cannot open the file/,
      /FAILURE {2}task broken-memory\.1\n {2}The kernel killed it because it needed more memory than its limit, 16 MiB/,
      /FAILURE {2}task broken-node\.1\n {2}No node meets its placement constraints/,
    );
    expect((await place.ops("status")).status).to.equal(3);
    const hooks = await place.ops("hooks");
    expect(hooks).to.deep.include({ status: 1 });
    expect(hooks.output).to.contain("A swarm knows no hooks");
  });

  it("G10 mended, nothing is left to say", async () => {
    const services = ["crash", "memory", "node"].map((name) => `${stack}_broken-${name}`);
    await engine.docker("service", "rm", ...services);
    await engine.docker("service", "scale", "--detach", `${stack}_mysql=1`);
    await engine.docker(
      ...["service", "update", "--detach", "--no-resolve-image", "--image", imageNames.mailpit, `${stack}_mailpit`],
    );
    await well(place);
  });
});
