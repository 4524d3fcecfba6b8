import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { makeKey } from "../../../backup/format/key";
import type { Manifest } from "../../../backup/format/manifest";
import type { DatabaseStatus } from "../../../ops/mysql";
import type { StackStatus } from "../../../ops/stack-status";
import { describePage } from "../support/doc-page";
import { GhostClient, onePixel } from "../support/ghost-client";
import { newestTo } from "../support/inbox";
import { GuestbookClient, guestbookApp } from "../support/guestbook";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { readersDuring } from "../support/readers";
import { keepStackFile } from "../support/rotation";
import { timed, until } from "../support/until";

/** What takes minutes more: two starts of a set, and copies of the source. `npm run e2e -- kubernetes --long`. */
const [long, describeLong] = process.env["E2E_LONG"] ? [it, describe] : [it.skip, describe.skip];

type Listed = Manifest & { good: boolean };

/** The commands on the backups of a stack. */
function backupsOf(place: Place) {
  const command = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", place.stack]);
  const list = async (): Promise<Listed[]> => {
    const { output } = await command("list", "--json");
    return (JSON.parse(output.slice(output.indexOf("{"))) as { backups: Listed[] }).backups;
  };
  return { command, list };
}

/** A stack on a real node is saved, its namespace deleted with all that is in it, and the same post is read again. */
describe("backup and restore on Kubernetes", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  let place: Place;
  let kubectl: Kubectl;
  let blog: GhostClient;
  let guestbook: GuestbookClient;
  let post: string;
  let image: string;
  let picture: Buffer;
  let backup: ReturnType<typeof backupsOf>["command"];
  let list: ReturnType<typeof backupsOf>["list"];

  const workers = async () =>
    (await kubectl.run("get", "jobs,pods", "-l", "ghost-platform/backup-of", "-o", "name")) || "none";
  const bytesOf = async (at: string) => Buffer.from(await (await fetch(`${blog.base}${at}`)).arrayBuffer());
  const reached = async () => {
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 60);
    guestbook = new GuestbookClient(await kubectl.serviceUrl("app-guestbook", "http"));
  };
  const mail = async (to = "grace@example.com") =>
    newestTo(await kubectl.serviceUrl("mailpit", "http"), to, await place.inboxReader());
  /** As another machine has it. */
  const known = async () => (await place.elsewhere().opsJson<StackStatus>("status")).backups;
  const folder = () => path.join(place.home, "backups", "dev");

  keepStackFile("dev");

  before(async () => {
    const settings = { apps: guestbookApp, backup: { schedule: "daily" } };
    ({ kubectl, place } = await kubernetesPlace("dev", settings, ["wordpress"]));
    ({ command: backup, list } = backupsOf(place));
    succeeded(await timed("npm start", () => place.start()));
    await reached();
    await blog.setUp(owner);
    image = await blog.uploadImage("pixel.png", onePixel);
    picture = await bytesOf(image);
    post = await blog.publish("Before the fire", `<p><img src="${image}"></p>`);
    await blog.addMember("reader@example.com");
    await blog.invite("grace@example.com");
    await until("the invitation", 30, () => mail());
  });
  after(async () => {
    await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
  });

  it("A6 S7 an app that is no part of this program gets another password, and fails no reader", async () => {
    await guestbook.write("Ada was here");
    expect(succeeded(await place.ops("status")))
      .to.contain("app-guestbook")
      .and.contain("All is well.");
    expect(succeeded(await place.ops("logs", "app-guestbook"))).to.match(/app-guestbook-\S+\/guestbook\b.* Accepted/);
    const answers = await readersDuring(
      () => guestbook.status(),
      async () => {
        const output = succeeded(await timed("secrets rotate", () => place.ops("secrets rotate", "guestbook")));
        expect(output).to.contain("app_guestbook has password 2 now, and no other.");
      },
      10,
    );
    expect(answers.filter(({ status }) => status !== "200")).to.deep.equal([]);
    expect(await guestbook.entries()).to.equal("Ada was here");
  });

  it("B1 B3 a pod that is not there is named, nothing is begun, and that it failed is known", async () => {
    await kubectl.run("scale", "deployment/mailpit", "--replicas=0");
    await until("the inbox to be gone", 60, async () => (await kubectl.pod("mailpit")) === undefined);
    const { output, status } = await backup("create");
    expect(status).to.equal(1);
    expect(output).to.contain("mailpit: no pod of it runs, so what it keeps in claim mailpit-mail cannot be read");
    expect(fs.readdirSync(folder())).to.deep.equal([]);
    expect(await known()).to.include({ state: "failed", promised: true });
    await kubectl.run("scale", "deployment/mailpit", "--replicas=1");
    await until("the inbox", 60, () => kubectl.readyPod("mailpit"));
  });

  const typed = {
    environment: () => place.variables,
    replace: { "--stack press": "--stack dev" },
    rows: { "Make one": "B1", "Restore into an empty namespace": "B1" },
  };
  describePage("docs/backup.md", { ...typed, sections: ["Make one"] });

  describe("what was made", () => {
    it("B3 is known to every machine that asks", async () => {
      const [made] = await list();
      const { last, state } = await known();
      expect([state, last?.backup, last?.at]).to.deep.equal(["good", made?.id, made?.createdAt]);
      succeeded(await place.ops("status"));
    });

    it("B1 holds what runs, and its database was loaded into a server that is gone", async () => {
      const [made, ...others] = await list();
      expect([others.length, made?.good, made?.platform]).to.deep.equal([0, true, "kubernetes"]);
      expect(
        made?.parts.map((part) => ("volume" in part ? `${part.kind} ${part.volume.name}` : part.kind)),
      ).to.have.members([
        "deployment",
        "mysql data-mysql-0",
        "files app-guestbook-data",
        "files ghost-blog-content",
        "files mailpit-mail",
      ]);
      expect(await workers()).to.equal("none");
    });

    it("B1 is not restored over what is there, nor with another key, nor as another stack's", async () => {
      const onto = await backup("restore", "--yes");
      expect([onto.status, onto.output.includes("stack dev is deployed in namespace")]).to.deep.equal([1, true]);
      const wrong = path.join(place.home, "wrong.txt");
      await makeKey(wrong);
      const withWrong = await backup("restore", "--yes", "--key", wrong);
      expect(withWrong.status).to.equal(1);
      expect(withWrong.output).to.contain(`The key in ${wrong} does not open`);
      const others = path.join(place.home, "others");
      fs.cpSync(folder(), path.join(others, "prod"), { recursive: true });
      const key = path.join(place.home, "backup-keys", "dev.txt");
      const another = await place.command("backup/main.ts", [
        ...["verify", "--files-only", "--stack", "prod", "--directory", others, "--key", key],
      ]);
      expect(another.status).to.equal(1);
      expect(another.output).to.contain("is a backup of stack dev, not of prod");
      expect(await blog.page(post)).to.contain("Before the fire");
    });

    it("B1 is known to be whole without its namespace, and a restore that is killed in the middle begins", async () => {
      await timed("namespace deleted", () => kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s"));
      for (const name of ["deployments.json", "passphrase", "rendered", "state"]) {
        fs.rmSync(path.join(place.home, name), { recursive: true, force: true });
      }
      const verified = await backup("verify");
      expect(verified.status).to.equal(3);
      expect(verified.output).to.contain("there is no namespace ghost-dev in which a server could run");
      // Killed while it works on the first claim: what is half there goes.
      const killed = place.begin("backup/main.ts", ["restore", "--yes", "--stack", "dev"]);
      await until("a claim to be filled", 180, async () => (await workers()) !== "none");
      await killed.kill();
    });
  });

  describePage("docs/backup.md", { ...typed, sections: ["Restore into an empty namespace"] });

  describe("what was restored", () => {
    it("B1 is the same post, picture, member, mail and login", async () => {
      expect(await workers()).to.equal("none");
      await reached();
      expect(await blog.page(post)).to.contain("Before the fire");
      expect((await bytesOf(image)).equals(picture)).to.equal(true);
      // From a browser that the restored site has never seen: it sends a code by mail.
      await blog.signInFromNewDevice(owner.email, owner.password, () =>
        until("the mail with the code", 60, async () => /\d{6}/.exec((await mail(owner.email))?.Subject ?? "")?.[0]),
      );
      expect(await blog.members()).to.deep.equal(["reader@example.com"]);
      expect((await until("the mail", 30, () => mail())).Subject).to.contain("Ada has invited you");
      expect(await kubectl.run("get", "pods", "-o", "name")).to.not.contain("backup-");
    });

    it("A6 B1 is what the app that is no part of this program had, too", async () => {
      expect(await guestbook.entries()).to.equal("Ada was here");
      expect(await guestbook.hasPicture()).to.equal(true);
    });

    long("B1 is not restored over, though nothing of the stack runs any more", async () => {
      succeeded(await place.command("deploy/destroy.ts", ["--stack", "dev", "--yes"]));
      const { output, status } = await backup("restore", "--yes");
      expect(status).to.equal(1);
      for (const claim of ["data-mysql-0", "ghost-blog-content", "mailpit-mail", "app-guestbook-data"]) {
        expect(output).to.contain(`claim ${claim} is there already and holds data`);
      }
      expect(await workers()).to.equal("none");
    });

    it("A1 A6 goes with destroy --data, which leaves nothing", async () => {
      succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
      expect(await kubectl.run("get", "namespaces", "-o", "name")).to.not.match(
        new RegExp(`^namespace/${kubectl.namespace}$`, "m"),
      );
    });
  });
});

describeLong("backup and restore of MySQL with several members on Kubernetes", () => {
  for (const [mysql, id] of [
    [{ topology: "replicated", replicas: 2 }, "M6"],
    [{ topology: "group" }, "D2"],
  ] as const) {
    it(`B1 ${id} ${mysql.topology}: holds the first member alone; restored, it has the post, and the others copy it again`, async () => {
      await roundTrip(mysql);
    });
  }

  async function roundTrip(mysql: { topology: string; replicas?: number }) {
    const { kubectl, place } = await kubernetesPlace("dev", { apps: guestbookApp, mysql }, ["haproxy", "wordpress"]);
    const { command: backup, list } = backupsOf(place);
    const blogOf = async () => {
      const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
      await blog.answers("/", 60);
      return blog;
    };
    const guestbook = async () => new GuestbookClient(await kubectl.serviceUrl("app-guestbook", "http"));
    const well = () =>
      until("all members to be well", 240, async () => (await place.opsJson<DatabaseStatus>("mysql status")).well);
    succeeded(await timed("npm start", () => place.start()));
    const blog = await blogOf();
    await blog.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" });
    const post = await blog.publish("Before the fire", "<p>…</p>");
    await (await guestbook()).write("Ada was here");
    await well();
    succeeded(await timed("backup", () => backup("create")));
    const [made] = await list();
    expect(JSON.stringify(made?.parts)).to.not.contain("data-mysql-1");
    await kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s");
    succeeded(await timed("restore", () => backup("restore", "--yes")));
    succeeded(await timed("npm start on what was restored", () => place.start()));
    expect(await (await blogOf()).page(post)).to.contain("Before the fire");
    expect(await (await guestbook()).entries(), "A6").to.equal("Ada was here");
    await timed("the others have copied it", well);
    await kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s");
  }
});
