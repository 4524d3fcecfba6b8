import { expect } from "chai";
import { DockerEngine } from "../../../engines/docker-engine";
import { wordpressUser } from "../../../components/wordpress/settings";
import { SteadyLoad } from "../../../drills/steady-load";
import { startEngine, stopEngines, type SandboxEngine } from "../../../sandbox/engine";
import { imageNames, loadIntoDocker } from "../../../sandbox/images";
import { powerCut } from "../support/power-cut";
import { swarmImages } from "../support/stack-images";
import { temporaryDirectory } from "../../support/temporary-directory";
import { Balancer } from "../support/balancer";
import { GlusterMachines } from "../support/gluster-machines";
import { onePixel } from "../support/ghost-client";
import { Place, succeeded } from "../support/place";
import { Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";
import { WordPressClient } from "../support/wordpress-client";

/** Three machines with GlusterFS and a WordPress on them: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** Engines by the name of the machine they stand for. MySQL is on the first, with its data; the site's tasks are on the others. */
const numbers = { data: 2, web1: 3, web2: 4 } as const;
type Machine = keyof typeof numbers;
const machines = Object.keys(numbers) as Machine[];

long("GlusterFS as the storage of a swarm", () => {
  const stack = "wordpress";
  const service = "ghost-wordpress_wordpress-magazine";
  const owner = { name: "ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Magazine" };
  const mountPoint = "/mnt/ghost-platform-shared";
  const device = `${mountPoint}/magazine`;
  const driverOptions = { type: "none", o: "bind", device };
  const pingTimeout = 10;
  const place = new Place(stack, temporaryDirectory(), {});
  const sandbox = {} as Record<Machine, SandboxEngine>;
  const engines = {} as Record<Machine, Engine>;
  let gluster: GlusterMachines;
  let balancer: Balancer;
  let site: WordPressClient;
  let post: string;
  let picture: string;

  const tasksOn = (machine: Machine) => engines[machine].tasks(service);
  const cluster = (...args: string[]) => place.command("machines/main.ts", [...args, "--stack", stack]);
  const configure = (drained?: Machine) => {
    const availability = (machine: Machine) => (machine === drained ? "drain" : "active");
    const node = (machine: Machine, web: string) => ({
      host: sandbox[machine].host,
      address: sandbox[machine].address,
      role: "manager",
      labels: { web },
      availability: availability(machine),
    });
    place.configure({
      images: { ...swarmImages },
      swarm: {
        encryptBackend: false,
        placement: ["node.labels.ghost-platform.node==data"],
        nodes: { data: node("data", "no"), web1: node("web1", "yes"), web2: node("web2", "yes") },
      },
      mailpit: { enabled: false },
      wordpress: {
        magazine: {
          url: site.base,
          port: 8080,
          placement: ["node.labels.web==yes"],
          storage: { driverOptions, shared: true },
        },
      },
    });
  };
  /** A file of the site as it lies on the brick of a machine. */
  const onBrick = (machine: Machine, path: string) =>
    gluster.onBrick(numbers[machine], path.replace("/wp-content", "magazine"));
  /** A reader gives up after some seconds; a connection to a machine without power would wait for minutes. */
  const underLoad = async (work: () => Promise<void>) => {
    const load = new SteadyLoad(async () => {
      const signal = AbortSignal.timeout(5000);
      const response = await fetch(`${site.base}${post}`, { headers: { Connection: "close" }, signal });
      await response.arrayBuffer();
      return response.status;
    });
    await work();
    const { failed, longestGap, requests, statuses } = await load.stop();
    const gap = (longestGap / 1000).toFixed(1);
    console.log(
      `      ⏱ ${failed} of ${requests} requests lost, no answer for ${gap} s at most: ${JSON.stringify(statuses)}`,
    );
  };
  const answeringOn = (machine: Machine, former?: Machine) =>
    until(`three tasks on ${machine}, and the post`, 300, async () => {
      const [there, left] = [await tasksOn(machine), former ? await tasksOn(former) : []];
      return there.length === 3 && left.length === 0 && (await site.status(post)) === 200;
    });

  before(async () => {
    await stopEngines({ data: true, only: Object.values(numbers) });
    for (const machine of machines) {
      sandbox[machine] = await startEngine(numbers[machine]);
      engines[machine] = new Engine(new DockerEngine(sandbox[machine].host));
      await loadIntoDocker(sandbox[machine].host, ["mysql", "wordpress", "nginx"]);
    }
    balancer = await Balancer.start("10.99.0.254", [sandbox.web1.address, sandbox.web2.address], 8080);
    site = new WordPressClient(`http://${balancer.address}`);
    gluster = await timed("three machines → one replicated volume", () =>
      GlusterMachines.make(Object.values(numbers), mountPoint, pingTimeout),
    );
    for (const machine of machines) {
      await gluster.ownDisk(numbers[machine]);
    }
    configure();
  });
  after(async () => {
    balancer.stop();
    await stopEngines({ data: true, only: Object.values(numbers) });
    gluster.remove();
  });

  it("S12 refuses a directory that is not the same on each machine, or that its user cannot write to: nothing is deployed", async () => {
    const refused = async () => {
      const { output, status } = await place.start();
      expect(status, output).to.equal(1);
      return output;
    };
    const user = String(wordpressUser);
    // web1 has the volume, and nobody has made the directory on it; web2 has one on its own disk.
    await gluster.mount(numbers.web1);
    await gluster.on(numbers.web2, "install", "-d", "-o", user, "-g", user, device);
    expect(await refused()).to.contain(`there is no ${device} on web1. Mount the storage there`);
    await gluster.on(numbers.web1, "mkdir", device);
    expect(await refused()).to.contain(
      `user 33 may not write to ${device} on web1 (fuse.glusterfs 10.99.0.3:/shared). On one machine, as root: chown 33:33 ${device}`,
    );
    await gluster.on(numbers.web1, "chown", `${user}:${user}`, device);
    expect(await refused()).to.contain(
      `${device} is not the same storage on the machines that may run it (web1 has fuse.glusterfs 10.99.0.3:/shared and sees what no other wrote; web2 has tmpfs tmpfs and sees what no other wrote)`,
    );
    expect(await engines.data.lines("service", "ls", "--quiet")).to.deep.equal([]);
    expect(await engines.data.lines("secret", "ls", "--quiet")).to.deep.equal([]);
    await gluster.mount(numbers.web2);
    await gluster.mount(numbers.data);
  });

  it("S12 S6 the site comes up on it, as a user without rights, and every machine has a copy of an upload", async () => {
    succeeded(await timed("three machines in a swarm → WordPress on GlusterFS", () => place.start()));
    await site.install(owner);
    picture = (await timed("an upload", () => site.upload("pixel.png", onePixel))).path;
    post = await site.publish("Hello from three disks", `<img src="${picture}">`);
    for (const machine of machines) {
      const { content, owner: user } = onBrick(machine, picture) ?? {};
      expect(content, machine).to.deep.equal(onePixel);
      expect(user, machine).to.equal(wordpressUser);
    }
    expect(await gluster.on(numbers.web1, "ls", "-A", device)).to.not.contain("ghost-platform-try");
  });

  it("S12 S1 the machine with the tasks is drained: they go on on the other one, and the post and its upload are there", async () => {
    configure("web1");
    await underLoad(() =>
      timed("drain → all three tasks answer on the other machine", async () => {
        succeeded(await cluster("up", "--yes"));
        await answeringOn("web2", "web1");
      }),
    );
    expect(await site.page(post)).to.contain(picture);
    expect(Buffer.from(await site.file(picture))).to.deep.equal(onePixel);
    configure();
    succeeded(await cluster("up", "--yes"));
  });

  it("S12 the machine with the tasks loses its power, and its brick: the others serve, and take an upload", async () => {
    await underLoad(() =>
      timed("power cut → all three tasks answer on the other machine", async () => {
        await powerCut(numbers.web2);
        await answeringOn("web1");
      }),
    );
    expect(await gluster.toHeal(numbers.web1)).to.include(undefined);
    expect(await site.page(post)).to.contain("Hello from three disks");
    expect(Buffer.from(await site.file(picture))).to.deep.equal(onePixel);
    const { path } = await timed("an upload with two of three bricks", () => site.upload("second.png", onePixel));
    picture = path;
    expect(onBrick("web1", picture)?.content).to.deep.equal(onePixel);
    expect(onBrick("web2", picture)).to.equal(undefined);
  });

  it("S12 back without its mount it takes no task: nobody writes to its own disk instead", async () => {
    await gluster.powerOn(numbers.web2);
    const [volume = ""] = await engines.web2.lines("volume", "ls", "--quiet", "--filter", "name=magazine-content");
    const writing = engines.web2
      .docker(
        "run",
        "--rm",
        "--volume",
        `${volume}:/content`,
        "--entrypoint",
        "touch",
        imageNames.wordpress,
        "/content/x",
      )
      .then(
        () => "it was written",
        (error: unknown) => String(error),
      );
    expect(await writing).to.match(/failed to mount local volume.*no such file or directory/);
    expect(await gluster.on(numbers.web2, "ls", "-A", mountPoint)).to.equal("");
  });

  it("S12 its brick is healed by itself, and it takes tasks again", async () => {
    await timed("the machine is back → nothing left to heal", () =>
      until("every brick to be whole", 300, async () =>
        (await gluster.toHeal(numbers.data)).every((files) => files === 0),
      ),
    );
    const healed = onBrick("web2", picture);
    expect(healed?.content).to.deep.equal(onePixel);
    expect(healed?.owner).to.equal(wordpressUser);
    await gluster.mount(numbers.web2);
    configure("web1");
    await timed("drain → back on the machine that had no power", async () => {
      succeeded(await cluster("up", "--yes"));
      await answeringOn("web2", "web1");
    });
    expect(Buffer.from(await site.file(picture))).to.deep.equal(onePixel);
  });

  it("S12 a machine with nothing but a brick loses its power: pages wait until it is given up, and tasks stay", async () => {
    const tasks = await tasksOn("web2");
    await underLoad(() =>
      timed("power cut → the post is served again", async () => {
        await powerCut(numbers.web1);
        await until(
          "the post",
          120,
          async () => (await gluster.toHeal(numbers.web2)).includes(undefined) && (await site.status(post)) === 200,
        );
      }),
    );
    expect(await tasksOn("web2")).to.deep.equal(tasks);
    await gluster.powerOn(numbers.web1);
    await gluster.mount(numbers.web1);
    await until("every brick to be whole", 300, async () =>
      (await gluster.toHeal(numbers.data)).every((files) => files === 0),
    );
  });

  it("S12 A1 a second start changes nothing", async () => {
    configure();
    const tasks = await tasksOn("web2");
    succeeded(await place.start());
    expect(await tasksOn("web2")).to.deep.equal(tasks);
    expect(await site.status(post)).to.equal(200);
  });
});
