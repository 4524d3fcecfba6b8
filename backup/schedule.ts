import * as path from "node:path";
import { calendarText } from "../config/backups/schedule";
import type { StackConfig } from "../config/schema";
import { UserError } from "../errors";
import { commandWords } from "../home/program";
import { projectDirectory } from "../home/project";

/** What this machine is to do with a stack's backups at given times, and how. */
export interface Schedule {
  stack: string;
  /** Of the stack file. */
  settings: NonNullable<StackConfig["backup"]> | undefined;
  /** Whether the platform makes backups by itself. */
  byCluster: boolean;
  /** When backups are made, as in `systemd.time(7)`, for example `*-*-* 03:30`. Default: the stack file's, else daily. */
  onCalendar?: string | undefined;
  /** How many good ones are kept. */
  keep: number;
  /** Options of every command: where the backups are, and the key. */
  options: readonly string[];
  /** Those of the commands that send or fetch. */
  moving?: readonly string[];
  /** Variables of the environment, which is not this process's. */
  variables?: Readonly<Record<string, string>>;
}

/**
 * Units of systemd for this machine: a timer and a service for making a backup, and for reading one back. Not a service of the swarm: a backup stops a
 * manager's engine, needs a way to every machine, and must run when the swarm is what is broken. Where the cluster makes backups by itself, this machine
 * has them read back, which the cluster cannot, and lets go of what is too old.
 *
 * @returns texts by the units' names
 * @throws UserError where there is nothing that this machine would do
 */
export function scheduledUnits({
  byCluster,
  keep,
  moving = [],
  onCalendar,
  options,
  settings,
  stack,
  variables,
}: Schedule): Record<string, string> {
  const keeping = ["--keep", String(keep)];
  const when = onCalendar ?? (byCluster ? undefined : calendarText(settings?.schedule ?? "daily"));
  if (when === undefined && settings?.verify === undefined) {
    throw new UserError(
      `The cluster makes the backups of stack ${stack} by itself, so there is nothing for a timer of this machine. To have them read back at given times, say when: backup.verify in Pulumi.${stack}.yaml`,
    );
  }
  const command = (name: string, ...more: string[]) => [name, "--stack", stack, ...more, ...options];
  return {
    ...(when === undefined
      ? {}
      : timerUnits(stack, { unit: "", what: "Backup", when, variables }, [
          command("create", "--yes", ...keeping, ...moving),
        ])),
    ...(settings?.verify === undefined
      ? {}
      : timerUnits(
          stack,
          { unit: "-verify", what: "Reading back the newest backup", when: calendarText(settings.verify), variables },
          [command("verify", ...moving), ...(byCluster ? [command("prune", ...keeping)] : [])],
        )),
  };
}

/** @param commands of `npm run backup`, one after the other while each ends well */
function timerUnits(
  stack: string,
  { unit, variables = {}, what, when }: { unit: string; what: string; when: string } & Pick<Schedule, "variables">,
  commands: readonly (readonly string[])[],
): Record<string, string> {
  const name = `ghost-platform-backup-${stack}`;
  const program = [
    // Two that are due at once: the second waits, where the lock on the backups would end it.
    ...["/usr/bin/flock", `/run/lock/${name}.lock`],
    ...commandWords("backup"),
  ];
  const home = process.env["GHOST_PLATFORM_HOME"];
  const environment = { ...(home === undefined ? {} : { GHOST_PLATFORM_HOME: path.resolve(home) }), ...variables };
  const lines = [
    ...Object.entries(environment).map(([name, value]) => `Environment=${word(`${name}=${value}`)}`),
    ...commands.map((command) => `ExecStart=${[...program, ...command].map(commandWord).join(" ")}`),
  ];
  return {
    [`${name}${unit}.service`]: `[Unit]
Description=${what} of stack ${stack} (ghost-platform)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory=${plain(projectDirectory)}
${lines.join("\n")}
`,
    [`${name}${unit}.timer`]: `[Unit]
Description=When: ${what} of stack ${stack} (ghost-platform)

[Timer]
OnCalendar=${when}
Persistent=true
RandomizedDelaySec=5min

[Install]
WantedBy=timers.target
`,
  };
}

/** Text as a unit takes it: a percent sign begins what systemd replaces. */
function plain(text: string): string {
  return text.replaceAll("%", "%%");
}

/** One word of a unit, whatever is in it. */
function word(text: string): string {
  const escaped = plain(text).replace(/["\\]/g, "\\$&");
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** One word of a command: there a dollar sign begins a variable, too. */
function commandWord(text: string): string {
  return word(text).replaceAll("$", "$$$$");
}
