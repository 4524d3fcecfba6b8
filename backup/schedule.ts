import * as path from "node:path";
import { projectDirectory } from "../home/project";

/**
 * Units of systemd that make a backup at given times, for this machine. Not a service of the swarm: a backup stops a manager's engine, needs a
 * way to every machine, and must run when the swarm is what is broken.
 *
 * @param when as in `systemd.time(7)`, for example `daily` or `*-*-* 03:30`
 * @param variables of its environment, which is not this process's
 */
export function timerUnits(
  stack: string,
  when: string,
  options: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const unit = `ghost-platform-backup-${stack}`;
  const command = [
    process.execPath,
    path.join(projectDirectory, "runtime", "bootstrap.mjs"),
    "backup/main.ts",
    "create",
  ];
  const home = process.env["GHOST_PLATFORM_HOME"];
  const environment = { ...(home === undefined ? {} : { GHOST_PLATFORM_HOME: path.resolve(home) }), ...variables };
  const lines = Object.entries(environment).map(([name, value]) => `Environment=${word(`${name}=${value}`)}\n`);
  return {
    [`${unit}.service`]: `[Unit]
Description=Backup of stack ${stack} of ghost-platform
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory=${plain(projectDirectory)}
${lines.join("")}ExecStart=${[...command, "--stack", stack, "--yes", ...options].map(commandWord).join(" ")}
`,
    [`${unit}.timer`]: `[Unit]
Description=When stack ${stack} of ghost-platform is backed up

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
