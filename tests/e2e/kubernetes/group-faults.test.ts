import { GhostClient } from "../support/ghost-client";
import { groupCuts } from "../support/group-cuts";
import { groupRoom, smallVolumeSize } from "../support/group-room";
import { groupStrangers } from "../support/group-strangers";
import { Members } from "../support/kubernetes-members";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { podWriter } from "../support/kubernetes-writer";
import { MySqlGroup } from "../support/mysql-group";
import { succeeded, type Place } from "../support/place";
import type { ReachedGroup } from "../support/reached-group";
import { keepStackFile } from "../support/rotation";
import { SmallClaim } from "../support/small-volume";
import { Writer } from "../support/writer";

/** Networks that fail, proxies that are killed, volumes that run full: `npm run e2e -- kubernetes --long`. */
const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;

describeLong("a group of MySQL servers on Kubernetes whose network fails, or whose volumes run full", () => {
  let place: Place;
  let kubectl: Kubectl;
  let members: Members;
  let reached: ReachedGroup;
  let volumes: [SmallClaim, SmallClaim];
  let blog: GhostClient;

  before(async () => {
    const settings = {
      kubernetes: { namespace: "group-faults" },
      mailpit: { enabled: false },
      mysql: { topology: "group", storage: { size: "5Gi" } },
    };
    ({ kubectl, place } = await kubernetesPlace("dev", settings, ["haproxy"]));
    members = new Members(kubectl);
    const writer = new Writer(podWriter(kubectl, "mysql-db-blog", "mysql-primary"), "ghost_blog");
    volumes = [
      new SmallClaim(kubectl, "data-mysql-0", smallVolumeSize),
      new SmallClaim(kubectl, "data-mysql-1", smallVolumeSize),
    ];
    await Promise.all(volumes.map((volume) => volume.declare()));
    reached = {
      group: new MySqlGroup(members.root, () => writer),
      place,
      log: (member) => members.log(member, "mysql"),
      serverOf: (member) => members.serverOf(member),
      proxies: () => members.proxies(),
    };
  });

  keepStackFile("dev");

  after(async () => {
    await place.destroy("--data");
    await Promise.all(volumes.map((volume) => volume.remove()));
  });

  it("D2 comes up", async () => {
    succeeded(await place.start());
    await reached.group.whole();
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
  });

  groupRoom(
    "D2",
    () => reached,
    () => volumes,
  );
  groupStrangers(
    "D2 D4",
    () => reached,
    (member, program) => members.inside(member, program),
    { ask: () => blog.status("/") },
  );
  groupCuts("D2", () => reached);
});
