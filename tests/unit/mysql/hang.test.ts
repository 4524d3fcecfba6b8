import { expect } from "chai";
import { container, manifestsOf, podSpecs } from "../../support/kubernetes";

/** Longest time from a hang to the kill: the first try begins a period later, and each takes its whole time. */
function secondsToKill(probe: Record<string, number>): number {
  const { failureThreshold = 0, periodSeconds = 0, terminationGracePeriodSeconds = 0, timeoutSeconds = 0 } = probe;
  return periodSeconds + failureThreshold * Math.max(periodSeconds, timeoutSeconds) + terminationGracePeriodSeconds;
}

describe("a database server that hangs", () => {
  for (const topology of ["single", "replicated"]) {
    it(`M7 E4 ${topology}, on Kubernetes: is killed in time for writes within a minute, and never while it starts`, async () => {
      const pod = podSpecs(await manifestsOf({ mysql: { topology } }))["mysql"];
      const { livenessProbe, startupProbe } = container(pod as never, "mysql") as unknown as Record<
        "livenessProbe" | "startupProbe",
        Record<string, number>
      >;
      expect(secondsToKill(livenessProbe)).to.be.at.most(45);
      expect(livenessProbe["terminationGracePeriodSeconds"], "a server that is slow can end by itself").to.be.at.least(
        10,
      );
      expect(startupProbe).to.not.have.property("terminationGracePeriodSeconds");
      expect((startupProbe["failureThreshold"] ?? 0) * (startupProbe["periodSeconds"] ?? 0)).to.be.at.least(3600);
    });
  }
});
