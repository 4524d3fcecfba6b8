import { groupCuts } from "../support/group-cuts";
import { Members } from "../support/kubernetes-members";
import { kubernetesPlace } from "../support/kubernetes-place";
import { podWriter } from "../support/kubernetes-writer";
import { MySqlGroup } from "../support/mysql-group";
import { succeeded, type Place } from "../support/place";
import type { ReachedGroup } from "../support/reached-group";
import { keepStackFile } from "../support/rotation";
import { Writer } from "../support/writer";

/** Networks that fail, and proxies: `npm run e2e -- kubernetes --long`. */
const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;

describeLong("a group of MySQL servers on Kubernetes whose network fails", () => {
  let place: Place;
  let reached: ReachedGroup;

  before(async () => {
    const settings = {
      kubernetes: { namespace: "group-faults" },
      mailpit: { enabled: false },
      mysql: { topology: "group", storage: { size: "5Gi" } },
    };
    const found = await kubernetesPlace("dev", settings, ["haproxy"]);
    ({ place } = found);
    const members = new Members(found.kubectl);
    const writer = new Writer(podWriter(found.kubectl, "mysql-db-blog", "mysql-primary"), "ghost_blog");
    reached = {
      group: new MySqlGroup(members.root, () => writer),
      place,
      serverOf: (member) => members.serverOf(member),
      proxies: () => members.proxies(),
    };
  });

  keepStackFile("dev");

  after(async () => {
    await place.destroy("--data");
  });

  it("D2 comes up", async () => {
    succeeded(await place.start());
    await reached.group.whole();
  });

  groupCuts("D2", () => reached);
});
