import { GhostClient } from "../support/ghost-client";
import { groupCuts } from "../support/group-cuts";
import { groupRoom, smallVolumeSize } from "../support/group-room";
import { groupStrangers } from "../support/group-strangers";
import { succeeded } from "../support/place";
import { keepStackFile } from "../support/rotation";
import { SmallEngineVolume } from "../support/small-volume";
import { groupStack, removeSwarmGroup, swarmGroup, type SwarmGroup } from "../support/swarm-group";

/** Networks that fail, proxies that are killed, volumes that run full: `npm run e2e -- swarm --long`. */
const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;

describeLong("a group of MySQL servers on Docker Swarm whose network fails, or whose volumes run full", () => {
  let reached: SwarmGroup;
  let volumes: [SmallEngineVolume, SmallEngineVolume];

  before(async () => {
    reached = await swarmGroup();
    const { engine, members } = reached;
    volumes = [
      new SmallEngineVolume(engine, groupStack, members.volume(0), smallVolumeSize),
      new SmallEngineVolume(engine, groupStack, members.volume(1), smallVolumeSize),
    ];
    await Promise.all(volumes.map((volume) => volume.declare()));
  });

  keepStackFile("swarm");

  after(async () => {
    await removeSwarmGroup(reached);
    await Promise.all(volumes.map((volume) => volume.remove()));
  });

  it("S5 D2 comes up", async () => {
    succeeded(await reached.place.start());
    await reached.group.whole();
  });

  groupRoom(
    "S5 D2",
    () => reached,
    () => volumes,
  );
  groupStrangers(
    "S5 D2 D4",
    () => reached,
    (member, program) => reached.members.inside(member, program),
    {
      ask: () => new GhostClient(`http://${reached.address}:2368`, "http://localhost:2368").status("/"),
      isAwayMeanwhile: true,
    },
  );
  groupCuts("S5 D2", () => reached);
});
