import { expect } from "chai";
import { wordpressUser } from "../../../components/wordpress/settings";
import type { RawConfig } from "../../../config/files/machine";
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
long("WordPress on several machines", () => {
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
      succeeded(await cluster.place.command("machines/main.ts", ["up", "--yes", "--stack", stack]));
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

  describe("whose managers are lost but one", () => {
    const destroy = (...args: string[]) => cluster.place.destroy(...args);

    it("S2 is not removed, and not forgotten by halves: the refusal has the arithmetic, and what to do", async () => {
      for (const name of ["manager2", "manager3"] as const) {
        await cluster.stop(name);
      }
      const { output, status } = await until("the managers to be missed", 90, async () => {
        const outcome = await destroy("--data", "--without-quorum");
        return outcome.status === 1 && outcome;
      });
      expect(output)
        .to.contain("has no quorum: 3 managers, quorum 2 (3/2 + 1), tolerates the loss of 1;")
        .and.to.contain("Leave out --data");
      const refused = await destroy();
      expect([status, refused.status]).to.deep.equal([1, 1]);
      expect(refused.output)
        .to.contain("has no quorum: 3 managers, quorum 2 (3/2 + 1), tolerates the loss of 1;")
        .and.to.contain("npm run cluster -- recover --from NODE")
        .and.to.contain(`npm run destroy -- --stack ${stack} --without-quorum`);
      expect(await site.status(post)).to.equal(200);
    });

    it("S2 is forgotten here when the person says so, goes on there, and says what is left", async () => {
      const output = succeeded(await timed("a stack without a quorum is forgotten", () => destroy("--without-quorum")));
      expect(output)
        .to.contain(`Stack ${stack} is forgotten here.`)
        .and.to.contain("docker volume ls --quiet --filter");
      expect(await site.status(post)).to.equal(200);
      succeeded(await destroy("--without-quorum"));
    });

    it("S2 S6 is removed once a new swarm has been made, and comes back with the post and the upload", async () => {
      await timed("two of three managers lost → a new swarm", async () =>
        succeeded(
          await cluster.place.command("machines/main.ts", ["recover", "--from", "manager1", "--yes", "--stack", stack]),
        ),
      );
      for (const name of ["manager2", "manager3"] as const) {
        await cluster.start(name);
        await cluster.machines[name].docker("swarm", "leave", "--force");
      }
      expect(succeeded(await destroy("--without-quorum")))
        .to.contain("so --without-quorum changes nothing")
        .and.to.contain("is gone");
      const { manager1, worker1 } = cluster.machines;
      expect(await manager1.lines("service", "ls", "--quiet")).to.deep.equal([]);
      expect(await manager1.lines("secret", "ls", "--quiet")).to.deep.equal([]);
      await until(
        "its containers to end",
        60,
        async () => (await worker1.lines("ps", "--all", "--quiet")).length === 0,
      );
      succeeded(await timed("removed → the site again", () => cluster.place.start()));
      expect(await site.page(post)).to.contain("Hello from anywhere");
      expect(Buffer.from(await site.file(picture))).to.deep.equal(Buffer.from(onePixel));
    });
  });
});
