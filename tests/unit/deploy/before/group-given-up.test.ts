import { expect } from "chai";
import { parseStackConfig } from "../../../../config/parse";
import { groupOnCluster, groupOnSwarm, refuseGroupGivenUp } from "../../../../deploy/before/group-given-up";
import { DockerEngine } from "../../../../engines/docker-engine";
import { CommandError, UserError } from "../../../../errors";
import type { LabelledObject } from "../../../../platforms/kubernetes/ownership";
import { FakeCluster } from "../../../support/fake-cluster";
import { rejection } from "../../../support/rejection";
import { manifestsOf } from "../../../support/kubernetes";
import { declared, ofKind } from "../../../support/swarm";

const sites = { blog: { url: "http://localhost:2368" } };
const topologies = ["single", "replicated", "group"] as const;

/** An engine with services of these names; absent: it does not answer. */
class Services extends DockerEngine {
  constructor(private readonly names?: readonly string[]) {
    super("unix:///test");
  }

  override lines(): Promise<string[]> {
    return this.names ? Promise.resolve([...this.names]) : Promise.reject(new CommandError("no answer", 1, "timeout"));
  }
}

describe("a group that another topology is to be made of", () => {
  const wanted = (topology: (typeof topologies)[number]) =>
    parseStackConfig({ platform: "swarm", mysql: { topology }, sites });

  for (const topology of ["single", "replicated"] as const) {
    it(`D2 is refused for ${topology} before anything is touched, with the way by a backup`, () => {
      expect(() => refuseGroupGivenUp("press", wanted(topology), true))
        .to.throw(UserError, `mysql.topology: is ${topology}, and the database of stack press is a group`)
        .with.property("message")
        .that.contains("npm run backup -- create --data-only --stack press");
      refuseGroupGivenUp("press", wanted(topology), false);
    });
  }

  it("D2 may become a group again", () => {
    refuseGroupGivenUp("press", wanted("group"), true);
  });

  it("D2 is refused although this machine remembers that the group has been up", () => {
    expect(
      parseStackConfig({ platform: "swarm", mysql: { topology: "single", installed: true }, sites }).mysql.topology,
    ).to.equal("single");
  });

  for (const topology of topologies) {
    const isGroup = topology === "group";
    it(`D2 is ${isGroup ? "" : "not "}seen in what a stack of topology ${topology} is made of`, async () => {
      const { resources } = await declared({ mysql: { topology } });
      const services = ofKind(resources, "Service").map(({ name }) => `ghost-test_${name}`);
      expect(await groupOnSwarm(new Services(services), "ghost-test")).to.equal(isGroup);
      const objects = (await manifestsOf({ mysql: { topology } })).map((manifest) => manifest as LabelledObject);
      expect(await groupOnCluster(new FakeCluster(objects))).to.equal(isGroup);
    });
  }

  it("D2 is not taken for gone where nobody says", async () => {
    expect(await rejection(groupOnSwarm(new Services(), "ghost-test"))).to.be.instanceOf(CommandError);
    expect(await rejection(groupOnCluster(new FakeCluster([], ["deployments"])))).to.be.instanceOf(CommandError);
  });
});
