import { expect } from "chai";
import { mountPoint } from "../../../../backup/format/plausible";
import { declared, ofKind } from "../../../support/swarm";

describe("where a backup says that a volume is mounted", () => {
  it("B5 may be every place at which a stack mounts one", async () => {
    const { resources } = await declared({
      wordpress: { magazine: { url: "http://localhost:8081" } },
      shop: {},
      monitoring: { dashboards: true, alerts: { to: ["ada@example.com"] } },
    });
    const places = ofKind(resources, "Service").flatMap(({ inputs }) =>
      (
        inputs as { taskSpec: { containerSpec: { mounts: { type: string; target: string }[] } } }
      ).taskSpec.containerSpec.mounts
        .filter(({ type }) => type === "volume")
        .map(({ target }) => target),
    );
    expect(places).to.include("/tmp").and.to.include("/var/lib/mysql");
    expect(places.filter((place) => !mountPoint.safeParse(place).success)).to.deep.equal([]);
  });

  it("B5 hides no program of the container", () => {
    for (const place of ["/", "/usr/bin", "/etc", "/proc/1", "/var/../etc", "data", "/a//b", "/dev"]) {
      expect(mountPoint.safeParse(place).success, place).to.equal(false);
    }
  });
});
