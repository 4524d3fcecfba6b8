import * as path from "node:path";
import { expect } from "chai";
import type { Diagnosis } from "../../../ops/diagnose";
import type { StackStatus } from "../../../ops/stack-status";
import type { Manifest } from "../../../backup/format/manifest";
import { startNode } from "../../../sandbox/kubernetes";
import { temporaryDirectory } from "../../support/temporary-directory";
import { GhostClient, onePixel } from "../support/ghost-client";
import { GuestbookClient, guestbookApp } from "../support/guestbook";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { RemoteStorage } from "../support/remote-storage";
import { timed, until } from "../support/until";

/** A start of a stack more, and three where the database has several members: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

interface Job {
  status?: { conditions?: { type: string; status: string }[] };
}

type Listed = Manifest & { good: boolean; proven: boolean };

long("backups that a cluster makes by itself", () => {
  let storage: RemoteStorage;
  let place: Place;
  let kubectl: Kubectl;

  const backup = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", "dev"]);
  const listed = async () => {
    const { output } = await backup("list", "--json");
    return (JSON.parse(output.slice(output.indexOf("{"))) as { backups: Listed[] }).backups;
  };
  const status = async () => (await place.opsJson<StackStatus>("status")).backups;
  const findings = async () => (await place.opsJson<Diagnosis>("diagnose")).findings;
  const reached = async () => {
    const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 120);
    return blog;
  };
  const begin = (name: string) => kubectl.run("create", "job", "--from=cronjob/backup", name);
  const ended = (name: string) =>
    until(`Job ${name} to end`, 300, async () => {
      const { status: of } = await kubectl.get<Job>("job", name);
      return of?.conditions?.find(({ status: is, type }) => is === "True" && /^(Complete|Failed)$/.test(type))?.type;
    });
  const logs = (name: string) => kubectl.run("logs", `job/${name}`, "--all-containers", "--prefix");
  const made = async (name: string) => {
    await begin(name);
    const how = await ended(name);
    expect(how, await logs(name)).to.equal("Complete");
  };
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };

  async function started(namespace: string, more: object) {
    await startNode();
    // The pods' own network, which this machine is on.
    storage = await RemoteStorage.start("s3", path.join(temporaryDirectory(), "s3"), "10.244.0.1");
    ({ kubectl, place } = await kubernetesPlace("dev", { kubernetes: { namespace }, ...more }, [
      "haproxy",
      "rclone",
      "wordpress",
    ]));
    place.add(storage.variables);
    const said = succeeded(await backup("key"));
    const [, recipient] = /recipient: (age1\S+)/.exec(said) ?? [];
    const [, signingKeyFile] = /signingKeyFile: (\S+)/.exec(said) ?? [];
    const rcloneFile = storage.configuration;
    place.configure({
      backup: {
        target: "offsite:backups",
        schedule: "30 3 * * *",
        verify: "weekly",
        recipient,
        signingKeyFile,
        rcloneFile,
      },
    });
    succeeded(await timed("npm start", () => place.start()));
  }
  async function gone() {
    await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
    await storage.stop();
  }
  async function deletedAndRestored(post: string) {
    await timed("namespace deleted", () => kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s"));
    succeeded(await timed("restore", () => backup("restore", "--yes")));
    succeeded(await timed("npm start on what was restored", () => place.start()));
    const blog = await reached();
    expect(await blog.page(post)).to.contain("Before the fire");
    return blog;
  }

  describe("with one database server", () => {
    let blog: GhostClient;
    let guestbook: GuestbookClient;
    let post: string;
    let image: string;

    before(async () => {
      await started("ghost-scheduled", { apps: guestbookApp });
      guestbook = new GuestbookClient(await kubectl.serviceUrl("app-guestbook", "http"));
      await guestbook.write("Ada was here");
      blog = await reached();
      await blog.setUp(owner);
      image = await blog.uploadImage("pixel.png", onePixel);
      post = await blog.publish("Before the fire", `<p><img src="${image}"></p>`);
    });
    after(gone);

    it("B3 are none yet, and that is no trouble before the first is overdue", async () => {
      expect(await status()).to.include({ state: "none", promised: true });
      succeeded(await place.ops("status"));
    });

    it("B3 A6 are made, proven, opened and loaded", async () => {
      await timed("a backup", () => made("first"));
      const [one, ...others] = await listed();
      expect([others.length, one?.proven, one?.good]).to.deep.equal([0, true, false]);
      expect(
        one?.parts.map((part) => ("volume" in part ? `${part.kind} ${part.volume.name}` : part.kind)),
      ).to.deep.equal([
        "mysql data-mysql-0",
        "files ghost-blog-content",
        "files mailpit-mail",
        "files app-guestbook-data",
      ]);
      expect(succeeded(await timed("verify", () => backup("verify")))).to.contain("can be restored");
      expect((await status()).verification?.last?.backup).to.equal(one?.id);
      expect((await status()).last).to.include({ by: "CronJob backup", place: "offsite:backups" });
      succeeded(await place.ops("status"));
    });

    it("B3 that fail are told, with what to do, until one is made", async () => {
      await storage.stop();
      await begin("away");
      expect(await timed("a store that is away", () => ended("away"))).to.equal("Failed");
      expect(await status()).to.include({ state: "failed" });
      expect((await place.ops("status")).status).to.equal(3);
      const told = (await findings()).find(({ scenario }) => scenario === "backup-failed");
      expect(told?.mend.join("\n")).to.contain("logs job/away").and.contain("create job --from cronjob/backup");
      await storage.resume();
      await made("back");
      expect((await status()).state).to.equal("good");
    });

    it("B3 whose pod is evicted in the middle are made by another, and half a backup is none", async () => {
      await begin("evicted");
      await until("it to be at work", 60, async () =>
        /Running|Init/.test(await kubectl.run("get", "pods", "-l", "job-name=evicted", "--no-headers")),
      );
      await kubectl.run("delete", "pods", "-l", "job-name=evicted", "--now");
      expect(await ended("evicted"), await logs("evicted")).to.equal("Complete");
      expect((await listed()).every(({ proven }) => proven)).to.equal(true);
    });

    it("B3 are made two at once, each of them whole", async () => {
      const before = (await listed()).length;
      await Promise.all([begin("left"), begin("right")]);
      const ends = await Promise.all([ended("left"), ended("right")]);
      // In the same second, one gives way.
      expect(ends).to.include("Complete");
      const after = await listed();
      expect(after.length - before).to.equal(ends.filter((end) => end === "Complete").length);
      succeeded(await backup("verify", after[0]?.id ?? "", "--files-only"));
    });

    it("B3 stay the stack's: a second start changes nothing of them", async () => {
      succeeded(await place.start());
      expect(await kubectl.run("get", "jobs", "-o", "name")).to.contain("job.batch/left");
      expect((await status()).state).to.equal("good");
    });

    it("B3 A6 are restored like any other", async () => {
      // The newest that was verified holds it, too.
      succeeded(await backup("verify"));
      blog = await deletedAndRestored(post);
      expect((await fetch(`${blog.base}${image}`)).status).to.equal(200);
      guestbook = new GuestbookClient(await kubectl.serviceUrl("app-guestbook", "http"));
      expect(await guestbook.entries()).to.equal("Ada was here");
      expect(await guestbook.hasPicture()).to.equal(true);
      await made("after");
    });

    it("B3 end with the stack, which leaves nothing that works", async () => {
      succeeded(await place.destroy());
      expect(await kubectl.run("get", "cronjobs,jobs,serviceaccounts,pods", "-o", "name")).to.equal(
        "serviceaccount/default",
      );
    });
  });

  for (const mysql of [{ topology: "replicated", replicas: 2 }, { topology: "group" }]) {
    describe(`with a ${mysql.topology} database`, () => {
      before(() => started("ghost-scheduled", { mysql, mailpit: { enabled: false } }));
      after(gone);

      it("B3 hold the posts, of whoever takes writes", async () => {
        const blog = await reached();
        await blog.setUp(owner);
        const post = await blog.publish("Before the fire", "<p>…</p>");
        await timed("a backup", () => made("first"));
        succeeded(await backup("verify"));
        await deletedAndRestored(post);
      });
    });
  }
});
