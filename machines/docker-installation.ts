import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { defaultDockerHost } from "../config/swarm/swarm-nodes";
import { UserError, CommandError } from "../errors";
import { attempted, readText } from "../files/files";
import { DockerEngine } from "../engines/docker-engine";
import { interruption } from "../terminal/interruption";
import { run, succeeds } from "../engines/process";
import { step } from "../terminal/progress";

const engineLog = "/var/log/dockerd.log";
/** The engine answers after 1 to 5 s; a first start on a slow disk takes longer. */
const startLimitSeconds = 90;

/** Whether we can install and start the distribution's engine. */
export function canInstallDocker(): boolean {
  return fs.existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

/** Installs the distribution's Docker Engine where there is none, and starts it. */
export async function installAndStartDocker(): Promise<void> {
  if (!(await succeeds("dockerd", ["--version"])) || !(await succeeds("docker", ["--version"]))) {
    await step("Install Docker Engine from the distribution's packages", async (report) => {
      report("apt-get update");
      await apt(["update"], report);
      report("apt-get install docker.io iptables");
      await apt(["install", "--yes", "--no-install-recommends", "docker.io", "iptables"], report);
      if (!(await succeeds("docker", ["--version"]))) {
        // Debian 13 has the command in a package of its own.
        await apt(["install", "--yes", "--no-install-recommends", "docker-cli"], report);
      }
    });
  }
  await step("Start Docker Engine", startEngine);
}

async function apt(args: readonly string[], report: (text: string) => void): Promise<void> {
  try {
    // Right after a machine's start, its own updates may hold the lock for some minutes.
    await run("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
      timeout: 900,
      env: { DEBIAN_FRONTEND: "noninteractive" },
      onLine: (line) => report(line.trim()),
    });
  } catch (error) {
    if (error instanceof CommandError) {
      throw new UserError(`Docker Engine cannot be installed from the distribution's packages. ${error.message}`);
    }
    throw error;
  }
}

async function startEngine(): Promise<void> {
  const bySystemd = fs.existsSync("/run/systemd/system");
  if (bySystemd) {
    await run("systemctl", ["enable", "--now", "docker"], { timeout: startLimitSeconds });
  } else {
    // It must outlive this command.
    const log = attempted("written", engineLog, () => fs.openSync(engineLog, "a"));
    spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] }).unref();
    fs.closeSync(log);
  }
  const engine = new DockerEngine(defaultDockerHost);
  const deadline = Date.now() + startLimitSeconds * 1000;
  while (await engine.trouble()) {
    interruption.throwIfInterrupted();
    if (Date.now() > deadline) {
      throw new UserError(
        bySystemd
          ? "Docker Engine does not start. See `journalctl -u docker`, mend it, and run this again"
          : `Docker Engine does not start. The last lines of ${engineLog}:\n${lastLines(engineLog)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function lastLines(file: string): string {
  return (readText(file) ?? "").trimEnd().split("\n").slice(-10).join("\n");
}
