import { expect } from "chai";
import { wordpressUser } from "../../../components/wordpress/settings";
import type { RawConfig } from "../../../config/machine";
import { SteadyLoad } from "../../../drills/steady-load";
import { Balancer } from "../support/balancer";
import { clusterPlace, type ClusterPlace, type MachineName } from "../support/cluster-place";
import { onePixel } from "../support/ghost-client";
import { succeeded } from "../support/place";
import { timed, until } from "../support/until";
import { SharedStorage, sharedDriver } from "../support/volume-plugin";
import { WordPressClient } from "../support/wordpress-client";

/** Five machines with a WordPress on two of them: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** Uploads on a volume that every machine reaches by a volume plugin, and tasks that move from one machine to the other. */
long("WordPress on storage that machines share", () => {
  const stack = "wordpress";
  const service = "ghost-wordpress_wordpress-magazine";
  const owner = { name: "ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Magazine" };
  const options = { size: "1GiB", tier: "standard" };
  let cluster: ClusterPlace;
  let storage: SharedStorage;
  let balancer: Balancer;
  let site: WordPressClient;
  let post: string;
  let picture: string;

  const tasksOn = (machine: MachineName) => cluster.machines[machine].tasks(service);
  /** MySQL stays on worker1, with its data; the site's tasks go where the label `web` is. */
  const configure = (worker1: RawConfig, worker2: RawConfig, driver = sharedDriver) => {
    cluster.configure({ worker1, worker2 });
    cluster.place.configure({
      mailpit: { enabled: false },
      wordpress: {
        magazine: {
          url: site.base,
          port: 8080,
          placement: ["node.labels.web==yes"],
          storage: { driver, driverOptions: options },
        },
      },
    });
  };
  const web = { labels: { web: "yes" } };

  before(async () => {
    cluster = await clusterPlace(stack, ["mysql", "wordpress", "nginx"], { second: ["wordpress", "nginx"] });
    const { worker1, worker2 } = cluster.machines;
    storage = await SharedStorage.install([worker1, worker2], wordpressUser);
    balancer = await Balancer.start("10.99.0.254", [cluster.address("worker1"), cluster.address("worker2")], 8080);
    site = new WordPressClient(`http://${balancer.address}`);
  });
  after(async () => {
    balancer.stop();
    await cluster.erase();
    await storage.remove();
    await cluster.remove();
  });

  it("S4 refuses a driver that no machine has which may run the tasks, before anything is made", async () => {
    configure({}, web, "ghost-platform-shared");
    const { output, status } = await cluster.place.start();
    expect(status).to.equal(1);
    expect(output).to.contain(
      `wordpress.magazine.storage.driver: ghost-platform-shared is no volume driver of any machine that may run it (worker2 has local, ${sharedDriver})`,
    );
    expect(await cluster.machines.manager1.docker("info", "--format", "{{.Swarm.LocalNodeState}}")).to.equal(
      "inactive",
    );
  });

  it("S4 S6 the plugin makes the volume with its options, and the site takes a post with an upload", async () => {
    configure({}, web);
    succeeded(await timed("five machines → one swarm with WordPress on it", () => cluster.place.start()));
    expect(await tasksOn("worker2")).to.have.length(3);
    expect(storage.options()).to.deep.equal([options]);
    await site.install(owner);
    picture = (await site.upload("pixel.png", onePixel)).path;
    post = await site.publish("Hello from anywhere", `<img src="${picture}">`);
    expect(storage.files()).to.include(picture.replace("/wp-content", ""));
  });

  it("S1 S4 S6 S10 its machine is drained: all tasks move to the other one, and the post and its upload are there", async () => {
    configure(web, { ...web, availability: "drain" });
    const load = new SteadyLoad(() => site.status(post));
    await timed("drain → all three tasks answer on the other machine", async () => {
      succeeded(await cluster.place.command("cluster/main.ts", ["up", "--yes", "--stack", stack]));
      await until("three tasks on worker1, and the post", 240, async () => {
        const [moved, left] = [await tasksOn("worker1"), await tasksOn("worker2")];
        return moved.length === 3 && left.length === 0 && (await site.status(post)) === 200;
      });
    });
    const { failed, longestGap, requests } = await load.stop();
    console.log(
      `      ⏱ ${failed} of ${requests} requests lost, no answer for ${(longestGap / 1000).toFixed(1)} s at most`,
    );
    expect(await site.page(post))
      .to.contain("Hello from anywhere")
      .and.to.contain(picture);
    expect(Buffer.from(await site.file(picture))).to.deep.equal(Buffer.from(onePixel));
  });

  it("S4 S6 the tasks there write to the same volume, and a second start changes nothing", async () => {
    const second = (await site.upload("second.png", onePixel)).path;
    expect(storage.files()).to.include(second.replace("/wp-content", ""));
    expect(storage.options()).to.have.length(1);
    const tasks = await tasksOn("worker1");
    succeeded(await cluster.place.start());
    expect(await tasksOn("worker1")).to.deep.equal(tasks);
  });
});
