import { expect } from "chai";
import type { HooksReport } from "../../../ops/hook-report";
import type { PageReport } from "../../../ops/guarded-page";
import type { LogLine } from "../../../ops/log-source";
import type { Usage } from "../../../ops/usage";
import type { StackStatus } from "../../../ops/stack-status";
import { imageNames } from "../../../sandbox/images";
import { brokenPods } from "../support/broken-pods";
import { diagnosed, well } from "../support/diagnosis";
import { GhostClient } from "../support/ghost-client";
import { newestTo } from "../support/inbox";
import { kubernetesPlace } from "../support/kubernetes-place";
import type { Kubectl } from "../support/kubectl";
import { succeeded, type Place } from "../support/place";
import { Terminal } from "../support/terminal";
import { timed, until } from "../support/until";

/** `npm run ops`, as a person uses it on a stack that runs, that breaks, and that is mended as the commands say. */
describe("npm run ops on Kubernetes", () => {
  const namespace = "lab-ops";
  let place: Place;
  let kubectl: Kubectl;
  let blog: GhostClient;

  before(async () => {
    ({ place, kubectl } = await kubernetesPlace("dev", {
      kubernetes: { namespace },
      mailpit: { authentication: true },
      sites: { blog: { owner: { name: "Ada", email: "ada@example.com" } } },
    }));
    const output = succeeded(await timed("npm start", () => place.start()));
    expect(output).to.contain("npm run ops -- inbox --stack dev");
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 30);
  });

  after(async () => {
    succeeded(await place.destroy("--data"));
  });

  it("G10 status shows every container of every pod, and that all is well", async () => {
    const { output, status } = await place.ops("status");
    expect(status, output).to.equal(0);
    for (const container of ["ghost-init", "database-migrate", "log-forwarder", "ghost", "mailpit", "mysql"]) {
      expect(output).to.match(new RegExp(`\\b${container} +(init|sidecar|main) +(done|running) +yes +0\\b`));
    }
    expect(output).to.contain("All is well.");
    expect(await place.opsJson<StackStatus>("status")).to.include({ stack: "dev", well: true });
  });

  it("G10 logs shows the lines of all containers in the order of their time, or those that are asked for", async () => {
    await blog.status("/?marker=logs");
    await until("the request in both logs", 180, async () => {
      const lines = await logLines("ghost");
      return ["ghost", "log-forwarder"].every((name) =>
        lines.some(({ container, line }) => container === name && line.includes("marker=logs")),
      );
    });
    const lines = await logLines();
    expect(new Set(lines.map(({ pod }) => pod.split("-")[0]))).to.deep.equal(new Set(["ghost", "mysql", "mailpit"]));
    expect(lines.map(({ time }) => time)).to.deep.equal(lines.map(({ time }) => time).sort());

    const migration = await place.ops("logs ghost-blog", "--container", "database-migrate", "--tail", "1");
    expect(migration.output.trim()).to.match(
      /^ghost-blog-\S+\/database-migrate \| database-migrate: the database is up/,
    );
    const minute = new Date(Date.now() - 60_000).toISOString();
    const recent = await logLines("ghost", "--since", "1m");
    expect(recent).to.not.be.empty;
    expect(recent.every(({ time }) => time > minute)).to.equal(true);
    const unknown = await place.ops("logs nobody");
    expect(unknown).to.deep.include({ status: 1 });
    expect(unknown.output).to.contain('There is no app "nobody". There are: ghost, ghost-blog, mailpit, mysql');
  });

  it("G10 logs --follow goes on with new lines, those of a new container too", async () => {
    const following = place.begin("ops/main.ts", ["logs", "--follow", "--tail", "1", "--stack", "dev"]);
    try {
      await until("the first lines", 120, () => Promise.resolve(following.output !== ""));
      await until("a request", 120, async () => {
        await blog.status("/?marker=followed");
        return /ghost \| .*marker=followed/.test(following.output);
      });
      const { metadata } = await until("the inbox", 10, () => kubectl.readyPod("mailpit"));
      await kubectl.run("delete", "pod", metadata.name, "--wait=false");
      const next = await until("the next inbox", 60, () => kubectl.readyPod("mailpit", metadata.name));
      await until("its lines", 120, () =>
        Promise.resolve(following.output.includes(`${next.metadata.name}/mailpit | `)),
      );
    } finally {
      await following.interrupt();
    }
  });

  it("G10 metrics shows what each container uses, against its request and limit", async () => {
    const { output, status } = await until("figures", 60, async () => {
      const outcome = await place.ops("metrics");
      return outcome.status === 0 && outcome;
    });
    expect(status).to.equal(0);
    expect(output).to.match(/\blog-forwarder +\d+m +50m +100m +\d+% +\d+Mi +64Mi +128Mi +\d+%/);
    const { containers } = await place.opsJson<Usage>("metrics");
    const ghost = containers.find(({ container }) => container === "ghost");
    expect(ghost?.memory.used).to.be.within(50 * 1024 ** 2, 512 * 1024 ** 2);
  });

  it("G4 G10 hooks shows that the start hook has run", async () => {
    const { output, status } = await place.ops("hooks");
    expect(status).to.equal(0);
    expect(output).to.match(/postStart \(exec sh\)\n {2}ran 1 time, \S+ says:\n {4}Ghost container starting at /);
    const { hooks, well } = await place.opsJson<HooksReport>("hooks");
    expect(well).to.equal(true);
    expect(hooks.map(({ hook }) => hook)).to.deep.equal(["postStart", "preStop"]);
  });

  it("E6 L1 L5 the owner signs in with the password that ops shows, Ghost to hand its mail over, and inbox tells how to read it", async () => {
    const { output, status } = await place.ops("inbox");
    expect(status).to.equal(0);
    const { login } = await place.opsJson<PageReport>("inbox");
    expect(output).to.contain(`password       ${login?.password}`);
    const address = await kubectl.serviceUrl("mailpit", "http");
    const owner = await place.opsJson<PageReport>("owner");
    expect(owner).to.deep.include({ address: "http://localhost:2368/ghost/" });
    await blog.signIn("ada@example.com", owner.login?.password ?? "");
    await blog.invite("grace@example.com");
    const mail = await until("the invitation", 30, () => newestTo(address, "grace@example.com", login));
    expect(mail.Subject).to.contain("Ada has invited you");
  });

  it("G10 diagnose says of each thing that is broken what it is, and what mends it", async () => {
    await kubectl.run("scale", "statefulset/mysql", "--replicas=0");
    await kubectl.run("set", "image", "deployment/mailpit", "mailpit=ghost-platform.local/nothing:1");
    await kubectl.apply(...brokenPods(namespace, imageNames.busybox));
    const diagnosis = await diagnosed(
      place,
      /FAILURE {2}StatefulSet mysql\n {2}It is scaled to 0/,
      /WAITING {2}pod ghost-blog-\S+, container ghost\n {2}Ghost runs, and its database does not answer/,
      /FAILURE {2}pod mailpit-\S+, container mailpit\n {2}Node sandbox cannot reach the registry of ghost-platform.local\/nothing:1/,
      /FAILURE {2}pod broken-claim, claim broken-claim\n {2}The claim asks for storage class nowhere/,
      /FAILURE {2}pod broken-crash, container main\n {2}It ended \d+ times, last with status 7/,
      /It says: ERROR cannot open the file/,
      /FAILURE {2}pod broken-memory, container main\n {2}The kernel killed it because it needed more memory than its limit, 16Mi/,
    );
    const { output: shown, status } = await place.ops("status");
    expect(status).to.equal(3);
    expect(shown)
      .to.contain("StatefulSet mysql is scaled to 0")
      .and.to.match(/waiting: (ImagePullBackOff|ErrImagePull)/);

    // What it says about the database is typed as it stands.
    const [, command = ""] = /→ (kubectl \S.* scale statefulset\/mysql .*)$/m.exec(diagnosis) ?? [];
    const terminal = new Terminal({ cwd: place.home, env: { ...process.env, ...place.variables } });
    expect(await terminal.type(command, 30).finally(() => terminal.close())).to.include({ status: 0 });
    await kubectl.run("delete", "pods,persistentvolumeclaims", "-l", "app.kubernetes.io/name=broken");
  });

  it("G10 mended as it says, nothing is left to say", async () => {
    await kubectl.run("set", "image", "deployment/mailpit", `mailpit=${imageNames.mailpit}`);
    await well(place);
  });

  it("G10 a stack that is not there, and a word that is no command, are told apart by the exit status", async () => {
    const none = await place.command("ops/main.ts", ["status", "--stack", "nowhere"]);
    expect(none).to.deep.include({ status: 1 });
    expect(none.output).to.contain('There is no stack "nowhere"');
    expect((await place.command("ops/main.ts", ["statu"])).status).to.equal(2);
  });

  async function logLines(...args: string[]): Promise<LogLine[]> {
    const { output } = await place.ops("logs", ...args, "--json");
    return output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine);
  }
});
