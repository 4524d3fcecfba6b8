import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../support/temporary-directory";
import { GhostClient, onePixel } from "../support/ghost-client";
import { kubernetesPlace } from "../support/kubernetes-place";
import type { Kubectl } from "../support/kubectl";
import { succeeded, type Place } from "../support/place";
import { timed } from "../support/until";

/** What takes minutes: `npm run e2e -- kubernetes --long`. */
const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;

/** A site of a stack on a real node goes out, and comes into another one of it; in a group, by a primary that is not the first member. */
for (const topology of ["single", "group"] as const) {
  describeLong(`import and export on Kubernetes, with a ${topology} database`, () => {
    let place: Place;
    let kubectl: Kubectl;

    before(async () => {
      ({ kubectl, place } = await kubernetesPlace(
        "dev",
        {
          kubernetes: { namespace: `import-${topology}` },
          mailpit: { enabled: false },
          mysql: { topology, storage: { size: "5Gi" } },
          sites: { blog: {}, moved: { url: "http://localhost:2370" }, news: undefined },
        },
        ["haproxy"],
      ));
      succeeded(await timed("npm start", () => place.start()));
    });
    after(async () => {
      await place.destroy("--data");
    });

    it("B6 a site goes out, and comes into a new one: post, image, member, login", async () => {
      const client = async (site: string, url: string) => {
        const found = new GhostClient(await kubectl.serviceUrl(`ghost-${site}`, "http"), url);
        await found.answers("/", 60);
        return found;
      };
      const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
      const blog = await client("blog", "http://localhost:2368");
      await blog.setUp(owner);
      const image = await blog.uploadImage("pixel.png", onePixel);
      const post = await blog.publish("From before", `<p>Straße 😀 <img src="${image}"></p>`);
      await blog.addMember("reader@example.com");
      if (topology === "group") {
        succeeded(await place.ops("mysql switchover", "mysql-1"));
      }

      const out = path.join(temporaryDirectory(), "source");
      const site = (name: string) => ["--stack", "dev", "--site", name];
      succeeded(await timed("export", () => place.command("import/export-main.ts", [...site("blog"), "--to", out])));
      const said = succeeded(
        await timed("import", () => place.command("import/main.ts", [...site("moved"), "--from", out, "--yes"])),
      );
      expect(said).to.contain("1 member");

      const moved = await client("moved", "http://localhost:2370");
      expect(await moved.page(post)).to.contain("Straße 😀");
      await moved.answers(image, 10);
      await moved.signIn(owner.email, owner.password);
      expect(await moved.members()).to.deep.equal(["reader@example.com"]);
      expect(await blog.status("/")).to.equal(200);
    });
  });
}
