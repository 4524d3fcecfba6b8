import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { BackupJob } from "../../../../backup/create";
import { carryOutRestore, planRestore } from "../../../../backup/restore/restore";
import { FolderStore } from "../../../../backup/store/store";
import { swarmPlatform } from "../../../../backup/swarm/platform";
import { parseStackConfig } from "../../../../config/parse";
import type { SwarmStackConfig } from "../../../../config/schema";
import { UserError } from "../../../../errors";
import { isLong } from "../../../support/long";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { fakeDocker, type FakeDocker } from "./fake-docker";
import { madeBackup, newKey, siteFiles } from "../made-backup";
import { silently } from "../../../../terminal/progress";

/** Volumes are folders here, and containers are programs of this machine. */
describe("B5 C4 a restore", () => {
  const stack = "swarm";
  const volumes = ["ghost-swarm_a-content", "ghost-swarm_b-content"];
  const config = parseStackConfig({
    platform: "swarm",
    swarm: { host: "unix:///nowhere/docker.sock" },
    sites: { a: { url: "http://localhost:2368" } },
  }) as SwarmStackConfig;
  let docker: FakeDocker;
  let job: BackupJob;
  let place: string;
  const restored = (id?: string) =>
    silently(async () => carryOutRestore(job, await planRestore(job, id, { place: {} })));
  const made = async (sequence: number) => {
    const contents = volumes.map((name) => ({ ...siteFiles, volume: { ...siteFiles.volume, name } }));
    const files = { "post.html": `post ${sequence}\n` };
    return path.basename(await madeBackup(place, job.key, { sequence, contents, files }));
  };
  const filesOf = (name: string) => fs.readdirSync(docker.volume(name)).sort();
  const marker = (name: string) => path.join(docker.volume(name), ".ghost-platform-restore");
  const post = (name: string) => fs.readFileSync(path.join(docker.volume(name), "post.html"), "utf8");
  const remove = (name: string) => fs.rmSync(docker.volume(name), { recursive: true });

  beforeEach(async () => {
    docker = fakeDocker();
    const home = temporaryDirectory();
    place = path.join(home, "backups");
    const key = await newKey(home);
    const platform = swarmPlatform({ stack, config, cluster: undefined });
    job = { stack, platform, store: new FolderStore(path.join(place, stack), undefined), key };
  });
  afterEach(() => docker.remove());

  it("fills what is empty, and leaves nothing of its own there", async () => {
    await made(1);
    docker.owned(volumes[0] ?? "", `ghost-${stack}`);
    await restored();
    for (const name of volumes) {
      expect(filesOf(name)).to.deep.equal(["post.html"]);
      expect(post(name)).to.equal("post 1\n");
    }
  });

  it("is refused onto data, of which it changes nothing, and names all of it", async () => {
    await made(1);
    for (const name of volumes) {
      fs.mkdirSync(docker.volume(name));
      fs.writeFileSync(path.join(docker.volume(name), "post.html"), "newer\n");
    }
    const failure = await rejection(restored());
    expect(failure).to.be.instanceOf(UserError);
    for (const name of volumes) {
      expect(failure.message).to.contain(`volume ${name} is there already`);
      expect(post(name)).to.equal("newer\n");
    }
  });

  it("B1 is refused onto a volume of these names that the stack did not make, though it is empty", async () => {
    await made(1);
    for (const name of volumes) {
      fs.mkdirSync(docker.volume(name));
    }
    const failure = await rejection(restored());
    expect(failure).to.be.instanceOf(UserError);
    for (const name of volumes) {
      expect(failure.message).to.contain(`volume ${name} is there already, and stack ghost-swarm did not make it`);
      expect(fs.readdirSync(docker.volume(name))).to.deep.equal([]);
    }
  });

  it("is refused onto data that an earlier restore of the same backup brought, and that live since", async () => {
    await made(1);
    await restored();
    fs.writeFileSync(path.join(docker.volume(volumes[0] ?? ""), "post.html"), "written since\n");
    expect((await rejection(restored())).message).to.contain("is there already");
    expect(post(volumes[0] ?? "")).to.equal("written since\n");
  });

  it("skips no volume that is gone now, though an earlier one had filled it", async () => {
    await made(1);
    await restored();
    volumes.forEach(remove);
    await restored();
    expect(volumes.map(post)).to.deep.equal(["post 1\n", "post 1\n"]);
  });

  it("interrupted at any of its commands goes on where it was: what it filled stays, what was half filled is filled anew", async function () {
    this.timeout(240_000);
    await made(1);
    await restored();
    const steps = docker.calls().length;
    // What comes before only looks.
    const first = docker.calls().findIndex((call) => call.startsWith("volume create")) + 1;
    expect(first).to.be.greaterThan(1);
    // Otherwise at some of them: those of the two volumes are the same.
    for (let call = first; call <= steps; call += isLong ? 1 : 3) {
      volumes.filter((name) => fs.existsSync(docker.volume(name))).forEach(remove);
      // Its work is done, and nobody learns it.
      docker.failAt(call, "after");
      await rejection(restored());
      docker.failAt(undefined);
      const inState = (state: string) =>
        volumes.filter((name) => fs.existsSync(marker(name)) && read(marker(name)).startsWith(`${state} `));
      const [filled, half] = [inState("filled"), inState("begun")];
      // What is filled may live already; of what is half filled nothing does.
      filled.forEach((name) => fs.writeFileSync(path.join(docker.volume(name), "post.html"), "lives\n"));
      half.forEach((name) => fs.writeFileSync(path.join(docker.volume(name), "half.html"), "half\n"));
      const isThrough = volumes.some(
        (name) => fs.existsSync(path.join(docker.volume(name), "post.html")) && !fs.existsSync(marker(name)),
      );
      const where = `after command ${call}`;
      if (isThrough) {
        // Cut off while it took its own notes away: it says what is there.
        expect((await rejection(restored())).message, where).to.contain("is there already");
      } else {
        await restored();
        for (const name of volumes) {
          expect(filesOf(name), where).to.deep.equal(["post.html"]);
          expect(post(name), where).to.equal(filled.includes(name) ? "lives\n" : "post 1\n");
        }
      }
    }
  });

  it("does not go on in what a restore of another backup has begun", async () => {
    const [first] = [await made(1), await made(2)];
    docker.failAt(7);
    await rejection(restored(first));
    docker.failAt(undefined);
    const begun = volumes.filter((name) => fs.existsSync(marker(name)));
    expect(begun).to.have.length(1);
    const failure = await rejection(restored());
    expect(failure.message).to.contain(`by a restore of backup ${first}, which is not through`);
    await restored(first);
    expect(volumes.map(post)).to.deep.equal(["post 1\n", "post 1\n"]);
  });

  it("changes nothing where it cannot be known what a volume holds", async () => {
    await made(1);
    volumes.forEach((name) => fs.mkdirSync(docker.volume(name)));
    // The look into the first of them.
    docker.failAt(4);
    expect((await rejection(restored())).message).to.contain("cannot be known");
    expect(volumes.map(filesOf)).to.deep.equal([[], []]);
  });
});

function read(file: string): string {
  return fs.readFileSync(file, "utf8");
}
