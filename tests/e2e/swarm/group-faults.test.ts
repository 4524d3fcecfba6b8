import { groupCuts } from "../support/group-cuts";
import { groupRoom, smallVolumeSize } from "../support/group-room";
import { MySqlGroup } from "../support/mysql-group";
import { succeeded, type Place } from "../support/place";
import type { ReachedGroup } from "../support/reached-group";
import { SmallEngineVolume } from "../support/small-volume";
import { GroupMembers } from "../support/swarm-members";
import { swarmPlace, type Engine } from "../support/swarm-place";
import { serviceWriter } from "../support/swarm-writer";
import { Writer } from "../support/writer";

/** Networks that fail, proxies that are killed, volumes that run full: `npm run e2e -- swarm --long`. */
const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;

const stack = "ghost-swarm";

describeLong("a group of MySQL servers on Docker Swarm whose network fails, or whose volumes run full", () => {
  let place: Place;
  let engine: Engine;
  let reached: ReachedGroup;
  let volumes: [SmallEngineVolume, SmallEngineVolume];

  before(async () => {
    ({ engine, place } = await swarmPlace("swarm", ["busybox", "mysql", "ghost", "haproxy"]));
    place.configure({ mailpit: { enabled: false }, mysql: { topology: "group" } });
    const members = new GroupMembers([engine], stack);
    const writer = new Writer(serviceWriter(engine, stack, `${stack}_mysql-db-blog`, "mysql-primary"), "ghost_blog");
    volumes = [
      new SmallEngineVolume(engine, stack, members.volume(0), smallVolumeSize),
      new SmallEngineVolume(engine, stack, members.volume(1), smallVolumeSize),
    ];
    await Promise.all(volumes.map((volume) => volume.declare()));
    reached = {
      group: new MySqlGroup(members.root, () => writer),
      place,
      serverOf: (member) => members.serverOf(member),
      proxies: () => members.proxies(),
    };
  });

  after(async () => {
    await engine.docker("service", "rm", `${stack}_writer`).catch(() => undefined);
    succeeded(await place.destroy("--data"));
    await Promise.all(volumes.map((volume) => volume.remove()));
  });

  it("S5 D2 comes up", async () => {
    succeeded(await place.start());
    await reached.group.whole();
  });

  groupRoom(
    "S5 D2",
    () => reached,
    () => volumes,
  );
  groupCuts("S5 D2", () => reached);
});
