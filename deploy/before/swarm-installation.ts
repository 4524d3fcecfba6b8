import { type RawConfig, readMachineSettings, writeMachineSettings } from "../../config/files/machine";
import type { StackConfig, SwarmStackConfig } from "../../config/schema";
import { setLabels } from "../../components/mysql/replicated-swarm";
import type { DockerEngine } from "../../engines/docker-engine";
import { CommandError } from "../../errors";
import { projectDirectory } from "../../home/project";

/** Settings that say that a database of several members has been up. */
export const installed: RawConfig = { mysql: { installed: true } };

/** Whether a stack has a database of several members that, as far as its configuration tells, has never been up. */
export function databaseIsNew({ mysql }: SwarmStackConfig): boolean {
  return mysql.topology !== "single" && !mysql.installed;
}

/** Whether the swarm knows that the database of a stack has been up: another machine may have deployed it. */
export async function knowsInstallation(engine: DockerEngine, swarmName: string): Promise<boolean> {
  const format = `{{index .Spec.Labels "${setLabels.installed}"}}`;
  try {
    const { stdout } = await engine.docker(["service", "inspect", "--format", format, `${swarmName}_mysql`]);
    return stdout.trim() === "yes";
  } catch (error) {
    if (error instanceof CommandError && /no such service/i.test(error.output)) {
      return false;
    }
    throw error;
  }
}

/** Forgets on this machine that a database has been up: its data has gone. */
export function forgetInstallation(stack: string, { platform }: StackConfig): void {
  const known = readMachineSettings(projectDirectory, stack)["mysql"] as { installed?: boolean } | undefined;
  if (platform === "swarm" && known?.installed) {
    writeMachineSettings(projectDirectory, stack, { mysql: { installed: false } });
  }
}
