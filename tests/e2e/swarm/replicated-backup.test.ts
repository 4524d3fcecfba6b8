import { expect } from "chai";
import type { Manifest } from "../../../backup/format/manifest";
import { GhostClient } from "../support/ghost-client";
import { succeeded, type Place } from "../support/place";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** Two starts of a set, and a copy of the source: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

const sets = {
  replicated: { mysql: { topology: "replicated", replicas: 2 }, images: undefined, rows: "S9 M6", back: "S9 M3" },
  group: {
    mysql: { topology: "group" },
    images: ["busybox", "mysql", "ghost", "haproxy", "mailpit"],
    rows: "S9 D2",
    back: "S9 D2",
  },
} as const;

/** A set of members is saved, all of it removed, and made again of what was saved. */
for (const [topology, { back, images, mysql, rows }] of Object.entries(sets)) {
  long(`backup and restore of a MySQL of topology ${topology}`, () => {
    const stack = "swarm";
    let place: Place;
    let engine: Engine;
    let blog: GhostClient;
    let post: string;
    const backup = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", stack]);
    const well = () =>
      until("all members to be well", 240, async () => {
        const { well } = await place.opsJson<{ well: boolean }>("mysql status");
        return well;
      });

    before(async () => {
      const found = await swarmPlace(stack, images);
      ({ engine, place } = found);
      place.configure({ mysql });
      succeeded(await timed("npm start", () => place.start()));
      blog = new GhostClient(`http://${found.address}:2368`, "http://localhost:2368");
      await blog.answers("/ghost/api/admin/site/", 120);
      await blog.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" });
      post = await blog.publish("Before the fire", "<p>…</p>");
      await well();
    });

    it(`${rows} holds one member alone: the others have nothing that it lacks`, async () => {
      succeeded(await timed("backup without the swarm's state", () => backup("create", "--data-only")));
      const { output } = await backup("list", "--json");
      const { backups } = JSON.parse(output.slice(output.indexOf("{"))) as { backups: Manifest[] };
      const volumes = (backups[0]?.parts ?? []).flatMap((part) =>
        "volume" in part ? [`${part.kind} ${part.volume.name}`] : [],
      );
      expect(volumes.filter((volume) => volume.includes("mysql"))).to.deep.equal(["mysql ghost-swarm_mysql-data"]);
    });

    it(`${back} restored, that member has the post, and the others copy it again`, async () => {
      succeeded(await place.destroy("--data"));
      expect(await engine.holdings(`ghost-${stack}`)).to.deep.equal(nothing);
      // As a machine that is new finds it in the backup, and one remembers whose volumes alone were lost.
      place.configure({ mysql: { installed: true } });
      succeeded(await timed("restore", () => backup("restore", "--yes")));
      succeeded(await timed("npm start on what was restored", () => place.start()));
      await blog.answers("/", 120);
      expect(await blog.page(post)).to.contain("Before the fire");
      await timed("the others have copied it", well);
    });

    if (topology === "group") {
      it("S9 D2 a group becomes a single server by a backup, as npm start says that refuses it", async () => {
        place.configure({ mysql: { topology: "single" } });
        const { output, status } = await place.start();
        expect(status).to.not.equal(0);
        expect(output).to.contain("is a group");
        place.configure({ mysql: { topology: "group" } });
        succeeded(await place.destroy("--data"));
        place.configure({ mysql: { topology: "single" } });
        succeeded(await backup("restore", "--yes"));
        succeeded(await timed("npm start of a single server on what was restored", () => place.start()));
        await blog.answers("/", 120);
        expect(await blog.page(post)).to.contain("Before the fire");
      });
    }

    it("A1 destroy --data removes everything", async () => {
      succeeded(await place.destroy("--data"));
      expect(await engine.holdings(`ghost-${stack}`)).to.deep.equal(nothing);
    });
  });
}
