import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";
import { swarmPlace } from "../../../machines/swarm-place";
import { fakePrograms } from "../../support/fake-programs";
import { rejection } from "../../support/rejection";

describe("J7 a Docker Engine that is in no swarm, without a terminal", () => {
  const isTerminal = process.stdin.isTTY;
  before(() => {
    process.stdin.isTTY = false;
  });
  after(() => {
    process.stdin.isTTY = isTerminal;
  });

  const config = parseStackConfig({
    platform: "swarm",
    sites: { blog: { url: "http://localhost:2368" } },
  }) as SwarmStackConfig;
  /** Stands for an engine with these containers, and says whether it was made a swarm. */
  const engineWith = (...containers: string[]) => {
    const calls = fakePrograms({
      docker: `case "$*" in
  *version*) echo 29 ;;
  *info*) echo '{"LocalNodeState":"inactive","ControlAvailable":false,"RemoteManagers":null,"NodeAddr":""}' ;;
  *"ps "*) printf '%s\\n' ${containers.join(" ")} ;;
esac`,
    });
    return () => calls().some((call) => call.includes("swarm init"));
  };

  it("is left as it is where others use it, with what shows that, and made a swarm with --yes", async () => {
    const initialised = engineWith("shop", "mail");
    expect((await rejection(swarmPlace(config, false))).message)
      .to.contain("There is no terminal to ask at, and others seem to use it. Nothing was changed")
      .and.contain("--yes")
      .and.contain("its container shop runs")
      .and.contain("its container mail runs");
    expect(initialised()).to.equal(false);
    await swarmPlace(config, true);
    expect(initialised()).to.equal(true);
  });

  it("names five signs and counts the others", async () => {
    engineWith("a", "b", "c", "d", "e", "f", "g");
    expect((await rejection(swarmPlace(config, false))).message)
      .to.contain("its container e runs")
      .and.contain("and 2 more")
      .and.not.contain("its container f runs");
  });

  it("becomes a swarm of one node where nothing shows that others use it", async () => {
    const initialised = engineWith();
    await swarmPlace(config, false);
    expect(initialised()).to.equal(true);
  });
});
