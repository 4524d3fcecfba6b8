import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { Manifest } from "../../../backup/manifest";
import { temporaryDirectory } from "../../support/temporary-directory";
import { GhostClient } from "../support/ghost-client";
import { Place, succeeded } from "../support/place";
import { RemoteStorage } from "../support/remote-storage";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** A stack is saved into object storage, all of it removed, and made again of what is there. */
describe("backup into remote storage", () => {
  const stack = "swarm";
  const target = "offsite:backups/ghost";
  let storage: RemoteStorage;
  let place: Place;
  let engine: Engine;
  let blog: GhostClient;
  let post: string;

  const backup = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", stack]);
  const list = async () => {
    const { output } = await backup("list", "--json");
    return JSON.parse(output.slice(output.indexOf("{"))) as {
      backups: (Manifest & { good: boolean })[];
      incomplete: { id: string }[];
    };
  };

  before(async () => {
    storage = await RemoteStorage.start("s3", path.join(temporaryDirectory(), "s3"));
    const found = await swarmPlace(stack);
    engine = found.engine;
    place = new Place(stack, found.place.home, storage.variables);
    place.configure({ backup: { target }, mailpit: { enabled: false }, swarm: { host: engine.host } });
    succeeded(await timed("npm start", () => place.start()));
    blog = new GhostClient(`http://${found.address}:2368`, "http://localhost:2368");
    await blog.answers("/ghost/api/admin/site/", 120);
    await blog.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" });
    post = await blog.publish("Before the fire", "<p>…</p>");
  });
  after(async () => {
    await storage.stop();
  });

  it("B2 is made there", async () => {
    const output = succeeded(await timed("create", () => backup("create")));
    console.log(output);
    console.log(storage.files());
    console.log(succeeded(await backup("list")));
    console.log(succeeded(await timed("verify", () => backup("verify"))));
    console.log(succeeded(await timed("prune", () => backup("prune"))));
    console.log(storage.files());
  });

  it("B2 and restored from there", async () => {
    succeeded(await place.destroy("--data"));
    expect(await engine.holdings(`ghost-${stack}`)).to.deep.equal(nothing);
    console.log(succeeded(await timed("restore", () => backup("restore", "--yes"))));
    succeeded(await timed("npm start on what was restored", () => place.start()));
    await blog.answers("/", 120);
    expect(await blog.page(post)).to.contain("Before the fire");
  });
});
