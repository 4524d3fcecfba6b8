import { expect } from "chai";
import { GhostClient } from "../support/ghost-client";
import { kubernetesPlace } from "../support/kubernetes-place";
import type { Kubectl } from "../support/kubectl";
import { ghostImage, otherGhosts, putIntoNode, removeFromNode } from "../support/other-ghosts";
import { succeeded, type Place } from "../support/place";
import { keepStackFile } from "../support/rotation";
import { kubernetesImages } from "../support/stack-images";
import { Engine, startedEngine } from "../support/swarm-place";
import { timed } from "../support/until";
import { DockerEngine } from "../../../engines/docker-engine";
import { loadIntoDocker } from "../../../sandbox/images";
import { startNode } from "../../../sandbox/kubernetes";

/** What takes minutes: `npm run e2e -- kubernetes --long`. */
const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;

/** A site gets another Ghost on a real node, and the one of before again, with its data. */
describeLong("upgrade and rollback on Kubernetes", () => {
  const versions = ["6.65.0", "6.66.0", "6.67.0"] as const;
  let place: Place;
  let kubectl: Kubectl;
  let removeImages: () => Promise<void>;

  keepStackFile("dev");

  const sql = (statement: string) =>
    kubectl.run("exec", "mysql-0", "--", "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", statement);
  const runs = async (version: (typeof versions)[number]) => {
    const image = "jsonpath={.spec.template.spec.containers[0].image}";
    expect(await kubectl.run("get", "deployment/ghost-blog", "--output", image)).to.equal(ghostImage(version));
  };
  const expectBefore = async (members: string) => {
    await runs("6.65.0");
    expect(await sql("SELECT GROUP_CONCAT(email ORDER BY email) FROM ghost_blog.members")).to.equal(members);
    expect(
      await sql(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='ghost_blog' AND table_name='upgrade_marks'",
      ),
    ).to.equal("0");
    expect(await sql("SHOW DATABASES LIKE '%undone'")).to.equal("");
  };
  const blog = async () => {
    const client = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await client.answers("/", 60);
    return client;
  };

  before(async () => {
    const kubernetes = { context: (await startNode()).context, namespace: "upgrade" };
    ({ kubectl, place } = await kubernetesPlace("dev", { kubernetes }));
    // All of its images but Ghost's: what this machine's settings name is not upgraded.
    const { ghost: _, haproxy: __, ...images } = kubernetesImages;
    place.reset();
    place.configure({ kubernetes, images });
    const sandbox = await startedEngine();
    await loadIntoDocker(sandbox.host, ["ghost"]);
    const engine = new Engine(new DockerEngine(sandbox.host));
    removeImages = await otherGhosts(engine, versions);
    await putIntoNode(engine, versions);
    succeeded(await timed("npm start", () => place.start()));
  });
  after(async () => {
    await place.destroy("--data");
    await removeImages();
    await removeFromNode(versions);
  });

  it("B7 goes up, and back with its data", async () => {
    const site = await blog();
    await site.setUp({ name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" });
    await site.addMember("before@example.com");
    succeeded(await timed("upgrade", () => place.ops("upgrade", "--to", "ghost=6.66.0", "--yes")));
    await runs("6.66.0");
    const output = succeeded(await timed("rollback", () => place.ops("rollback", "--yes")));
    expect(output).to.contain("with the databases as they were before the upgrade of: blog");
    await expectBefore("before@example.com");
  });

  it("B7 a migration that fails leads back, and nothing is lost", async () => {
    const { output, status } = await timed("failing migration", () =>
      place.ops("upgrade", "--to", "ghost=6.67.0", "--yes"),
    );
    expect(status, output).to.equal(1);
    expect(output).to.contain("with the databases as they were before the upgrade of: blog");
    await expectBefore("before@example.com");
    await blog();
  });
});
