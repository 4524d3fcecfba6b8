import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { container, manifestsOf, podSpecs } from "../../../support/kubernetes";
import { declared, service } from "../../../support/swarm";

/** Longest time from a hang to the kill: the first try begins a period later, and each takes its whole time. */
function secondsToKill(probe: Record<string, number>): number {
  const { failureThreshold = 0, periodSeconds = 0, terminationGracePeriodSeconds = 0, timeoutSeconds = 0 } = probe;
  return periodSeconds + failureThreshold * Math.max(periodSeconds, timeoutSeconds) + terminationGracePeriodSeconds;
}

describe("a database server that hangs", () => {
  for (const topology of ["single", "replicated", "group"]) {
    it(`M7 E4 ${topology}, on Kubernetes: is killed in time for writes within a minute, and never while it starts`, async () => {
      const pod = podSpecs(await manifestsOf({ mysql: { topology } }))["mysql"];
      const { livenessProbe, startupProbe } = container(pod as never, "mysql") as unknown as Record<
        "livenessProbe" | "startupProbe",
        Record<string, number>
      >;
      expect(secondsToKill(livenessProbe)).to.be.at.most(35);
      expect(startupProbe).to.not.have.property("terminationGracePeriodSeconds");
      expect((startupProbe["failureThreshold"] ?? 0) * (startupProbe["periodSeconds"] ?? 0)).to.be.at.least(3600);
    });
  }

  for (const topology of ["single", "replicated", "group"]) {
    it(`M7 E4 ${topology}, on Swarm: the health check has the time to prove a hang, and does not judge a start`, async () => {
      const { healthcheck } = service((await declared({ mysql: { topology } })).resources, "mysql").container;
      expect(Number.parseInt(healthcheck?.timeout ?? "")).to.be.at.least(3 * 8 + 10);
      expect(healthcheck?.interval).to.equal("2s");
      expect(healthcheck?.startPeriod).to.match(/h$/);
    });
  }
});

describe("alive.sh, which a platform with one health check asks", () => {
  const script = path.join(__dirname, "..", "..", "..", "..", "components/mysql/scripts/alive.sh");
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "mysql-alive-"));
    const program = (name: string, text: string) =>
      fs.writeFileSync(path.join(folder, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    program(
      "mysqladmin",
      'echo asked >>"$RUN/asked"; case "$STATE" in answers) ;; silent) exec sleep 60 ;; *) exit 1 ;; esac',
    );
    program("timeout", 'exec "$(PATH=${PATH#*:} command -v timeout)" "$1" 0.2 "${@:3}"');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** Asks a server in that state; returns whether it is told to be well, and what became of it. */
  const ask = async (state: "answers" | "refuses" | "silent") => {
    const server = spawn("sleep", ["60"]);
    const ended = new Promise<NodeJS.Signals | null>((resolve) => server.on("exit", (_, signal) => resolve(signal)));
    fs.writeFileSync(path.join(folder, "mysqld.pid"), `${server.pid ?? 0}\n`);
    fs.writeFileSync(path.join(folder, "asked"), "");
    const { status } = spawnSync("bash", [script], {
      env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, RUN: folder, SECRETS: folder, STATE: state },
    });
    // A child that was not killed by the script ends by another signal.
    server.kill("SIGTERM");
    const asked = fs.readFileSync(path.join(folder, "asked"), "utf8").split("\n").length - 1;
    return { well: status === 0, asked, signal: await ended };
  };

  it("M7 E4 kills a server that has answered before and then says nothing, three times over", async () => {
    expect(await ask("answers")).to.deep.equal({ well: true, asked: 1, signal: "SIGTERM" });
    expect(await ask("silent")).to.deep.equal({ well: false, asked: 3, signal: "SIGKILL" });
  });

  it("M7 E4 kills none that has not answered yet: it starts, recovers, or is being cloned", async () => {
    expect(await ask("silent")).to.deep.equal({ well: false, asked: 1, signal: "SIGTERM" });
    expect(await ask("refuses")).to.deep.equal({ well: false, asked: 1, signal: "SIGTERM" });
  });

  it("M7 E4 kills none that does not listen any more: it stops", async () => {
    await ask("answers");
    expect(await ask("refuses")).to.deep.equal({ well: false, asked: 1, signal: "SIGTERM" });
  });
});
