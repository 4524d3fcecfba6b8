import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { writeStackFile } from "../../../config/files/edit-stack-file";
import { projectDirectory } from "../../../home/project";
import { imageNames } from "../../../sandbox/images";
import { GhostClient } from "../support/ghost-client";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { timed } from "../support/until";

const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;

interface Claim {
  metadata: { name: string; uid: string; labels?: Record<string, string> };
}

/**
 * A whole stack on claims that somebody else has made, with containers of a person's own beside the app's: deployed, saved, a password rotated, deleted
 * with its data, and restored onto others.
 */
describeLong("K1 a stack on claims that are there", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  const names = ["their-content", "their-data", "their-mail"];
  let place: Place;
  let kubectl: Kubectl;
  let post: string;

  /** A container that has the app's own volume and could write there. */
  const beside = (volume: string) => ({
    containers: [
      {
        name: "beside",
        image: imageNames.busybox,
        command: ["sh", "-c", "trap 'exit 0' TERM; echo beside; while :; do sleep 1; done"],
        volumeMounts: [{ name: volume, mountPath: "/theirs" }],
      },
    ],
  });
  const backup = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", place.stack]);
  const claims = async () => (await kubectl.get<{ items: Claim[] }>("persistentvolumeclaims")).items;
  const make = () =>
    kubectl.apply(
      ...names.map((name) => ({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name, namespace: kubectl.namespace },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } } },
      })),
    );
  const reached = async () => {
    const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 60);
    return blog;
  };

  const file = path.join(projectDirectory, "Pulumi.dev.yaml");
  const text = fs.readFileSync(file, "utf8");

  before(async () => {
    // The sizes of claims that are not made.
    writeStackFile(projectDirectory, "dev", [
      { keys: ["mysql", "storage", "size"], value: undefined },
      { keys: ["sites", "blog", "storage", "size"], value: undefined },
    ]);
    ({ kubectl, place } = await kubernetesPlace("dev", {
      mysql: { storage: { existingClaim: "their-data" }, pod: beside("data") },
      mailpit: { storage: { existingClaim: "their-mail" } },
      sites: { blog: { storage: { existingClaim: "their-content" }, pod: beside("content") } },
    }));
  });
  after(async () => {
    fs.writeFileSync(file, text);
    await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
  });

  it("K1 is not begun before they are there", async () => {
    const { output, status } = await place.start();
    expect([status, output]).to.satisfy(
      ([code, text]: [number, string]) =>
        code === 1 &&
        names.every((name) => text.includes(`there is no claim ${name} in namespace ${kubectl.namespace}`)),
    );
    expect(await kubectl.run("get", "namespace", kubectl.namespace, "--ignore-not-found")).to.equal("");
  });

  it("K1 B1 comes up on them, is saved, and has nothing else to keep", async () => {
    await kubectl.run("create", "namespace", kubectl.namespace);
    await kubectl.run("label", "namespace", kubectl.namespace, "ghost-platform/stack=dev");
    await make();
    succeeded(await timed("npm start", () => place.start()));
    const blog = await reached();
    await blog.setUp(owner);
    post = await blog.publish("On other people's disks", "<p>written here</p>");
    succeeded(await timed("backup create", () => backup("create")));
    succeeded(await place.ops("diagnose"));
    expect(succeeded(await place.ops("logs", "--container", "beside"))).to.contain("beside");
    succeeded(await timed("secrets rotate", () => place.ops("secrets rotate", "blog")));
    expect((await claims()).map(({ metadata }) => metadata.name)).to.have.members(names);
  });

  it("K1 leaves them as they were when it goes with its data, and finds what they hold when it comes again", async () => {
    const before = await claims();
    const output = succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
    expect(output).to.contain(`Namespace ${kubectl.namespace} stays`);
    expect((await claims()).map(({ metadata: { labels, uid } }) => ({ labels, uid }))).to.deep.equal(
      before.map(({ metadata: { labels, uid } }) => ({ labels, uid })),
    );
    expect(await kubectl.run("get", "all,secrets", "--output", "name")).to.equal("");
    succeeded(await timed("npm start again", () => place.start()));
    expect(await (await reached()).page(post)).to.contain("written here");
  });

  it("K1 B1 is restored onto new ones of their names", async () => {
    succeeded(await place.destroy("--data"));
    const onto = await backup("restore", "--yes");
    expect([onto.status, onto.output.includes("claim their-data is there already and holds data")]).to.deep.equal([
      1,
      true,
    ]);
    await kubectl.run("delete", "persistentvolumeclaims", "--all");
    await make();
    succeeded(await timed("restore", () => backup("restore", "--yes")));
    succeeded(await place.start());
    expect(await (await reached()).page(post)).to.contain("written here");
  });
});
