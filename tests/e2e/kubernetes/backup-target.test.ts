import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../support/temporary-directory";
import { GhostClient } from "../support/ghost-client";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { RemoteStorage } from "../support/remote-storage";
import { timed } from "../support/until";

/** Two starts of a stack more: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** What goes wrong on the way to a store and back, tests/e2e/swarm/backup-target.test.ts tries: nothing of it is the platform's. */
long("a backup in remote storage of a stack on Kubernetes", () => {
  let storage: RemoteStorage;
  let place: Place;
  let kubectl: Kubectl;

  const backup = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", "dev"]);
  const reached = async () => {
    const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 120);
    return blog;
  };

  before(async () => {
    storage = await RemoteStorage.start("s3", path.join(temporaryDirectory(), "s3"));
    const settings = { kubernetes: { namespace: "ghost-remote" }, backup: { target: "offsite:backups" } };
    ({ kubectl, place } = await kubernetesPlace("dev", { ...settings, mailpit: { enabled: false } }));
    place.add(storage.variables);
    succeeded(await timed("npm start", () => place.start()));
  });
  after(() => storage.stop());

  it("B2 B1 is made, tried in the cluster, and restored into an empty namespace", async () => {
    const blog = await reached();
    await blog.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" });
    const post = await blog.publish("Before the fire", "<p>…</p>");
    const output = succeeded(await timed("create", () => backup("create")));
    expect(output).to.match(/\d+ tables in a server that was thrown away/);
    succeeded(await timed("verify", () => backup("verify")));
    await timed("namespace deleted", () => kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s"));
    succeeded(await timed("restore", () => backup("restore", "--yes")));
    succeeded(await timed("npm start on what was restored", () => place.start()));
    expect(await (await reached()).page(post)).to.contain("Before the fire");
    await kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s");
  });
});
