import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { Manifest } from "../../../backup/format/manifest";
import { run } from "../../../engines/process";
import { projectDirectory } from "../../../home/project";
import { imageNames } from "../../../sandbox/images";
import { temporaryDirectory } from "../../support/temporary-directory";
import { describePage } from "../support/doc-page";
import { GhostClient } from "../support/ghost-client";
import { succeeded, type Place } from "../support/place";
import { RemoteStorage, type StorageKind } from "../support/remote-storage";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** What takes minutes more: `npm run e2e -- swarm --long`. */
const [long, longTest] = process.env["E2E_LONG"] ? [describe, it] : [describe.skip, it.skip];

interface Listed {
  backups: (Manifest & { good: boolean })[];
  notProven: { id: string; why: string }[];
  incomplete: { id: string }[];
}

/** The commands on the backups of a stack, which its stack file keeps in a remote storage. */
function backupsOf(place: Place) {
  const command = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", place.stack]);
  const list = async () => {
    const output = succeeded(await command("list", "--json"));
    return JSON.parse(output.slice(output.indexOf("{"))) as Listed;
  };
  return { command, list };
}

/** A stack of the smallest app is saved in object storage, all of it removed, and made again of what is there. */
describe("backups in remote storage", () => {
  const stack = "notes";
  const target = "offsite:backups/ghost";
  const stackFile = path.join(projectDirectory, `Pulumi.${stack}.yaml`);
  /** More than an upload at the pace of these tests brings away in a moment. */
  const note = randomBytes(2 * 2 ** 20);
  const slowly = ["--bwlimit", "128K"];
  let storage: RemoteStorage;
  let place: Place;
  let engine: Engine;
  let volume: string;
  let backup: ReturnType<typeof backupsOf>["command"];
  let list: ReturnType<typeof backupsOf>["list"];

  const noted = async () =>
    fs.readFileSync(path.join(await engine.docker("volume", "inspect", "--format", "{{.Mountpoint}}", volume), "note"));
  const newest = async () => {
    const { backups } = await list();
    expect(backups.map(({ good }) => good)).to.deep.equal([true]);
    return backups[0]?.id ?? "";
  };
  const stored = (id: string, file: string) => path.join(storage.bucket, "ghost", stack, id, file);
  /** Begins a backup, and comes back in the middle of its way to the store. */
  const sending = async () => {
    const before = storage.files();
    const running = place.begin("backup/main.ts", ["create", "--stack", stack, ...slowly]);
    await until("parts to come", 90, () =>
      Promise.resolve(storage.files().some((file) => file.endsWith(".age") && !before.includes(file))),
    );
    return running;
  };

  before(async () => {
    storage = await RemoteStorage.start("s3", path.join(temporaryDirectory(), "s3"));
    ({ engine, place } = await swarmPlace(stack, ["mailpit"]));
    place.add(storage.variables);
    ({ command: backup, list } = backupsOf(place));
    const settings = { image: imageNames.mailpit };
    fs.writeFileSync(
      stackFile,
      `config:\n  ghost-platform:platform: swarm\n  ghost-platform:apps: ${JSON.stringify({ notes: { module: "./tests/apps/notes/app.ts", settings } })}\n`,
    );
    succeeded(await timed("npm start", () => place.start()));
    volume = `ghost-${stack}_app-notes-data`;
    const { id } = await engine.current(`ghost-${stack}_app-notes`);
    const file = path.join(temporaryDirectory(), "note");
    fs.writeFileSync(file, note);
    await engine.docker("cp", file, `${id}:/notes/note`);
  });
  after(async () => {
    fs.rmSync(stackFile, { force: true });
    await storage.stop();
  });

  describePage("docs/backup.md", {
    environment: () => place.variables,
    sections: ["Into object storage, SFTP or WebDAV"],
    rows: { "Into object storage, SFTP or WebDAV": "B2" },
    replace: { "--stack press": `--stack ${stack}` },
  });

  describe("once one is there", () => {
    it("B2 the stack file says where they are; nothing of them stays here, and no password is on a command line", async () => {
      place.configure({ backup: { target } });
      const id = await newest();
      expect(storage.files().filter((file) => !file.endsWith(".age"))).to.deep.equal(
        ["manifest.signed", "verified.signed"].map((name) => `ghost/${stack}/${id}/${name}`),
      );
      expect(fs.readdirSync(path.join(place.home, "backup-work", stack, id)).sort()).to.deep.equal([
        "manifest.signed",
        "verified.signed",
      ]);
    });

    it("B2 what cannot keep a secret is refused, and wrong credentials change nothing", async () => {
      const before = storage.files();
      const refused = async (words: string, ...args: string[]) => {
        const { output, status } = await backup(...args);
        expect(status, output).to.equal(1);
        expect(output).to.contain(words);
      };
      await refused("show the credentials", "create", "--target", ":s3,access_key_id=a,secret_access_key=b:backups");
      fs.chmodSync(storage.configuration, 0o644);
      await refused("Others can read", "list");
      fs.chmodSync(storage.configuration, 0o600);
      await refused("offsite:no-such-bucket does not exist", "create", "--target", "offsite:no-such-bucket");
      const configuration = fs.readFileSync(storage.configuration, "utf8");
      fs.writeFileSync(storage.configuration, configuration.replace(/(secret_access_key = ).*/, "$1wrong"));
      for (const command of [["create"], ["prune", "--keep", "1"]]) {
        await refused("403", ...command);
      }
      fs.writeFileSync(storage.configuration, configuration);
      expect(storage.files()).to.deep.equal(before);
    });

    it("B2 B5 a part or manifest that somebody changed there is told, and counts for nothing", async () => {
      const id = await newest();
      const changed = async (file: string, act: () => Promise<void>) => {
        const good = fs.readFileSync(file);
        fs.writeFileSync(file, Buffer.concat([good.subarray(0, 300), Buffer.from("!"), good.subarray(301)]));
        await act();
        fs.writeFileSync(file, good);
      };
      const [part = ""] =
        fs.readdirSync(path.dirname(stored(id, ""))).length > 0
          ? fs.readdirSync(stored(id, "")).filter((name) => name.startsWith("2-"))
          : [];
      await changed(stored(id, part), async () => {
        const { output, status } = await backup("verify", "--files-only");
        expect(status, output).to.equal(1);
        expect(output).to.contain(`${target}/${stack}/${id}/${part} has changed since it was written`);
      });
      await changed(stored(id, "manifest.signed"), async () => {
        const { backups, notProven } = await list();
        expect(backups).to.deep.equal([]);
        expect(notProven[0]?.why).to.contain(
          `${target}/${stack}/${id}/manifest.signed has changed since it was signed`,
        );
      });
    });

    it("B2 killed on the way: what came is no backup, the lock is nobody's, and the one before is whole", async () => {
      const id = await newest();
      const running = await sending();
      const { output, status } = await backup("prune", "--keep", "1");
      expect([status, output.includes("in use by `create`")], output).to.deep.equal([1, true]);
      await running.kill();
      // Something may be on its way yet, so not even who has the lock removes it today.
      expect(succeeded(await backup("prune", "--keep", "1"))).to.contain("Without a manifest, so no backup");
      const { backups, incomplete } = await list();
      expect([backups.map((one) => one.id), incomplete.length]).to.deep.equal([[id], 1]);
      expect(storage.files().filter((file) => file.includes("/.locks/"))).to.deep.equal([]);
    });

    longTest("B2 stopped by Ctrl-C on the way: nothing of it is left there, and the lock is nobody's", async () => {
      const before = storage.files();
      const running = await sending();
      await running.interrupt();
      expect(storage.files(), running.output).to.deep.equal(before);
    });

    longTest(
      "B2 the server goes away on the way: it is told, and the backup before is whole once it is back",
      async () => {
        const id = await newest();
        const running = await sending();
        await storage.stop();
        await timed("until create gives up", () =>
          until("create to give up", 300, () => Promise.resolve(running.hasEnded)),
        );
        expect(running.output).to.contain("Without a manifest it is no backup");
        const { status } = await backup("list");
        expect(status).to.equal(1);
        await storage.resume();
        expect(await newest()).to.equal(id);
      },
    );

    it("B2 all of the stack is removed, and made again of what is there", async () => {
      succeeded(await place.destroy("--data"));
      expect(await engine.holdings(`ghost-${stack}`)).to.deep.equal(nothing);
      succeeded(await timed("restore", () => backup("restore", "--yes")));
      expect((await noted()).equals(note)).to.equal(true);
      succeeded(await place.destroy("--data"));
    });
  });
});

/** A site with its database goes the same way, into each kind of storage. */
for (const kind of ["s3", "sftp", "webdav"] as const satisfies readonly StorageKind[]) {
  long(`a site's backup in ${kind}`, () => {
    const stack = "swarm";
    let storage: RemoteStorage;
    let place: Place;
    let engine: Engine;
    let blog: GhostClient;
    let post: string;

    before(async () => {
      storage = await RemoteStorage.start(kind, path.join(temporaryDirectory(), kind));
      // rclone's servers do not look again for minutes what there is in a folder.
      fs.mkdirSync(path.join(storage.bucket, "full"));
      let address: string;
      ({ address, engine, place } = await swarmPlace(stack));
      place.add(storage.variables);
      place.configure({ backup: { target: "offsite:backups" }, mailpit: { enabled: false } });
      succeeded(await timed("npm start", () => place.start()));
      blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
      await blog.answers("/ghost/api/admin/site/", 120);
      await blog.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" });
      post = await blog.publish("Before the fire", "<p>…</p>");
    });
    after(() => storage.stop());

    it("B2 is made, tried, let go of and restored", async () => {
      const { command, list } = backupsOf(place);
      succeeded(await timed("create", () => command("create")));
      succeeded(await timed("create", () => command("create", "--keep", "1")));
      const { backups } = await list();
      expect(backups.map(({ good, sequence }) => [good, sequence])).to.deep.equal([[true, 2]]);
      expect(new Set(storage.files().map((file) => file.split("/")[1]))).to.deep.equal(new Set([backups[0]?.id]));
      succeeded(await command("verify"));
      succeeded(await place.destroy("--data"));
      expect(await engine.holdings(`ghost-${stack}`)).to.deep.equal(nothing);
      succeeded(await timed("restore", () => command("restore", "--yes")));
      succeeded(await place.start());
      await blog.answers("/", 120);
      expect(await blog.page(post)).to.contain("Before the fire");
    });

    it("B2 a store that is full is told, and what came there is no backup", async () => {
      const { command } = backupsOf(place);
      const before = storage.files();
      const full = path.join(storage.bucket, "full");
      await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", full]);
      try {
        const { output, status } = await command("create", "--target", "offsite:backups/full");
        expect(status, output).to.equal(1);
        expect(output).to.contain("offsite:backups/full/swarm");
        expect(storage.files().filter((file) => /^full\/.*manifest\.signed/.test(file))).to.deep.equal([]);
      } finally {
        await storage.stop();
        await run("umount", [full]);
      }
      expect(storage.files()).to.deep.equal(before);
      succeeded(await place.destroy("--data"));
    });
  });
}
