import * as path from "node:path";
import { Command } from "commander";
import { addressOf } from "../config/backups/backup-target";
import { defaults } from "../config/defaults";
import { runCommand } from "../terminal/command";
import { lockStack } from "../home/deployment-lock";
import { interruption } from "../terminal/interruption";
import { say, step } from "../terminal/progress";
import { mustHaveOwnDatabases } from "../config/mysql/own-databases";
import { projectDirectory } from "../home/project";
import { stackConfiguration } from "../home/stack-configuration";
import { UserError } from "../errors";
import { writeContent } from "../files/files";
import { exitStatus } from "../terminal/exit-status";
import { defaultStack } from "../home/stack";
import type { Wanted } from "./binlog/chain";
import { untilGtidOption, untilOption, wantedOf } from "./binlog/words";
import type { TryInContainer } from "./contents/container";
import { create } from "./create";
import { makeKey, readKey, writerFile, writerText } from "./format/key";
import { behindLines, listedBackups, listingLines, retentionLines, sizeOf } from "./listing";
import { leftOut } from "./format/manifest";
import { count, placement, rate } from "./options";
import { backupSettings, placeOf, withArchive, withStore, type Place } from "./store/place";
import type { Placing } from "./platform";
import { noteFailure, noteGood, noteVerified, notingFailure } from "./known/note";
import { preparedRemote, type Use } from "./store/remote/open";
import { readBack } from "./read-back";
import { restore } from "./restore/restore";
import { prune, type Retention } from "./retention";
import { scheduledUnits } from "./schedule";
import { keyIfThere, keyPath, settingOf, tellMade, type Setting, type SettingOptions } from "./setting";
import type { Store } from "./store/store";

/** For what speaks to a cluster. */
const onCluster = [
  "--context <name>",
  "on Kubernetes: the cluster, by its context in the kubeconfig. Default: that of npm start",
] as const;

interface Options extends SettingOptions {
  bwlimit?: string;
  json?: boolean;
  yes?: boolean;
  keep?: number;
}

interface RestoreArguments extends Options {
  to?: string;
  place: Placing["place"];
  until?: Wanted;
  untilGtid?: Wanted;
}

/** What `--keep` says. */
const keeping = "how many good backups to keep. Default: backup.keep of the stack file, else 7";

/** For what sends or fetches data. */
const bandwidth = [
  "--bwlimit <rate>",
  "of remote storage: how fast at most, as rclone has it, for example 2M (bytes a second). Default: no limit",
  rate,
] as const;

/** `npm run backup`: what a stack is, sealed and kept. */
const program = new Command("npm run backup --")
  .description(
    "Makes, checks and restores backups of a stack: its databases and files, what this machine knows, and a swarm's state.",
  )
  .exitOverride();

backupCommand("create", "make one, read it back, and let go what is older than the newest good ones")
  .option("--keep <count>", keeping, count)
  .option("--data-only", "on Swarm: leave the swarm's state out, for which an engine stops for a moment")
  .option("--with-outage", "on Swarm: save the swarm's state although that stops the only manager and what runs there")
  .option("--yes", "nothing is asked; for timers")
  .option(...bandwidth)
  .option(...onCluster)
  .action(async (options: Options & { dataOnly?: boolean; withOutage?: boolean }) => {
    interruption.listen();
    mustHaveOwnDatabases(options.stack, stackConfiguration(options.stack), "A backup");
    const setting = await settingOf(options, true);
    const { key, platform, stack } = setting;
    lockStack(stack);
    const keep = keepOf(options);
    const made = async (store: Store) => {
      const manifest = await create(
        { ...setting, store },
        { dataOnly: options.dataOnly ?? false, outage: options.withOutage ?? false },
      );
      const isNoted = await noteGood(platform, store, manifest);
      say(
        `Backup ${manifest.id}: ${manifest.parts.length} parts, ${sizeOf(manifest.parts)}, in ${store.place}/${manifest.id}`,
      );
      if (manifest.without.length > 0) {
        say(`Not in it: ${manifest.without.map((one) => leftOut[one]).join("; ")}.`);
      }
      tellRetention(await step("Let go what is older", () => prune(store, stack, keep, key)), store);
      if (!isNoted) {
        process.exitCode = exitStatus.notWell;
      }
    };
    await notingFailure(platform, "failed", () => onStore(options, "create", "make", made));
  });

backupCommand("list", "which there are; without the key nothing of it is proven")
  .option("--json", "for programs: JSON instead of a table")
  .action(async (options: Options) => {
    await onStore(options, "list", "look", (store) => list(store, options));
  });

backupCommand("verify", "read one back as a whole, and load its databases into a server that is thrown away")
  .argument("[backup]", "its name. Default: the newest")
  .option("--files-only", "load no database: needs no engine or cluster, for a copy at another place")
  .option(...bandwidth)
  .option(...onCluster)
  .action(async (id: string | undefined, options: Options & { filesOnly?: boolean }) => {
    const setting = await settingOf(options, false);
    const { platform, stack } = setting;
    // What the stack file promises is the newest, with its databases.
    const isPromised = id === undefined && !options.filesOnly && backupSettings(stack).verify !== undefined;
    const work = () =>
      onStore(options, "verify", "read", async (store) => {
        const { trial, why } = options.filesOnly ? {} : await trialPlace(setting);
        const backup = await readBack({ ...setting, store }, id, trial);
        if (why !== undefined) {
          const words = `Its databases were not loaded now: ${why}`;
          say(words);
          if (isPromised) {
            await noteFailure(platform, "notVerified", words);
          }
          process.exitCode = exitStatus.notWell;
        } else if (isPromised && !(await noteVerified(platform, backup))) {
          process.exitCode = exitStatus.notWell;
        }
      });
    await (isPromised ? notingFailure(platform, "notVerified", work) : work());
  });

backupCommand("prune", "let go what is older than the newest good ones; the last good one stays whatever its age")
  .option("--keep <count>", keeping, count)
  .action(async (options: Options) => {
    const { stack } = options;
    const keep = keepOf(options);
    const key = await readKey(keyPath(options));
    await onStore(options, "prune", "change", async (store) =>
      tellRetention(await prune(store, stack, keep, key), store),
    );
  });

backupCommand("restore", "bring one back on machines that are empty, or into an empty namespace")
  .argument("[backup]", "its name. Default: the newest that was verified")
  .option(
    "--to <node>",
    "on Swarm: machine that takes the swarm's state. Default: the manager at its address, else the one it is from, else the first",
  )
  .option(
    "--place <old=new>",
    "on Swarm: machine that takes the place of one in the backup; may be given again",
    placement,
    {},
  )
  .option(
    "--until <moment>",
    "with an archive of binary logs: databases as they were at that moment (UTC), or `latest` for all that is archived",
    untilOption,
  )
  .option("--until-gtid <transaction>", "the same, as they were before a transaction, UUID:NUMBER", untilGtidOption)
  .option("--yes", "do not ask")
  .option(...bandwidth)
  .option(...onCluster)
  .action(async (id: string | undefined, options: RestoreArguments) => {
    interruption.listen();
    const until = wantedOf(options);
    mustHaveOwnDatabases(options.stack, stackConfiguration(options.stack), "A restore");
    const setting = await settingOf(options, false);
    lockStack(setting.stack);
    const { bwlimit: bandwidth, place, to, yes = false } = options;
    await onStore(options, "restore", "read", (store) =>
      until === undefined
        ? restore({ ...setting, store }, id, { to, place, yes })
        : withArchive(store, setting.stack, { bandwidth, command: "restore" }, (archive) =>
            restore({ ...setting, store }, id, { to, place, yes, until: { wanted: until, archive } }),
          ),
    );
  });

backupCommand("key", "for a stack that saves something by itself: what it seals for and signs with, and no more")
  .option("--out <file>", "file with what it signs with. Default: .ghost-platform/backup-keys/STACK-writer.pem")
  .action(async (options: Options & { out?: string }) => {
    const { stack } = options;
    const file = keyPath(options);
    const out = path.resolve(options.out ?? writerFile(stack));
    const relative = path.relative(projectDirectory, out);
    if (await makeKey(file)) {
      tellMade(file);
    }
    const key = await readKey(file);
    writeContent(out, writerText(stack, key), 0o600);
    say(
      `Wrote ${out}: what signs backups of stack ${stack}, and opens none.`,
      `Both belong together; in Pulumi.${stack}.yaml below ghost-platform:backup:`,
      `  recipient: ${key.recipient}`,
      `  signingKeyFile: ${relative.startsWith("..") ? out : relative}`,
    );
  });

backupCommand("schedule", "write units of systemd that make one at given times")
  .option(
    "--on-calendar <when>",
    "when, as systemd.time(7) has it. Default: backup.schedule of the stack file, else daily",
  )
  .option("--keep <count>", keeping, count)
  .option("--out <folder>", "where to write them", "/etc/systemd/system")
  .option(...bandwidth)
  .action(async (options: Options & { onCalendar?: string; out: string }) => {
    const { bwlimit, out, stack } = options;
    const config = stackConfiguration(stack);
    mustHaveOwnDatabases(stack, config, "A backup");
    const place = placeOf(stack, options);
    // What it lacks is told now, not in the night.
    const rclone = "target" in place ? await preparedRemote(place.target, bwlimit) : undefined;
    const units = scheduledUnits({
      stack,
      settings: config.backup,
      byCluster: config.platform === "kubernetes" && config.backup?.recipient !== undefined,
      onCalendar: options.onCalendar,
      keep: keepOf(options),
      options: [...placeArguments(place), "--key", keyPath(options)],
      moving: bwlimit === undefined ? [] : ["--bwlimit", bwlimit],
      variables: rclone ? { RCLONE_CONFIG: rclone.configuration } : {},
    });
    for (const [name, content] of Object.entries(units)) {
      writeContent(path.join(out, name), content, 0o644);
      say(`Wrote ${path.join(out, name)}`);
    }
    if (config.backup?.schedule === undefined) {
      say(
        `backup.schedule is not in Pulumi.${stack}.yaml, so nobody is told when a backup is overdue. Say it there, too.`,
      );
    }
    const timers = Object.keys(units).filter((name) => name.endsWith(".timer"));
    say("To begin:", "  systemctl daemon-reload", `  systemctl enable --now ${timers.join(" ")}`);
  });

/** A command on the backups of one stack. */
function backupCommand(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--stack <name>", "the stack", defaultStack)
    .option(
      "--directory <folder>",
      "folder of the backups, in which each stack has its own. Default: .ghost-platform/backups",
    )
    .option(
      "--target <remote:path>",
      "remote storage in place of the folder: a remote of rclone.conf and a path in it. Default: backup.target of the stack file",
    )
    .option(
      "--key <file>",
      "what opens and proves them. Default: .ghost-platform/backup-keys/STACK.txt, made at the first backup",
    );
}

/** Does a command's work where the options say that the backups are. */
function onStore(options: Options, command: string, use: Use, work: (store: Store) => Promise<void>): Promise<void> {
  const { bwlimit, stack } = options;
  return withStore(placeOf(stack, options), stack, { bandwidth: bwlimit, command, use }, work);
}

/** A place, for a command line. */
function placeArguments(place: Place): string[] {
  return "target" in place ? ["--target", addressOf(place.target)] : ["--directory", place.directory];
}

/** How many good backups are kept. */
function keepOf({ keep, stack }: Options): number {
  return keep ?? backupSettings(stack).keep ?? defaults.backup.keep;
}

/** Where databases can be loaded; where that is nowhere at the moment, why. */
async function trialPlace({ platform }: Setting): Promise<{ trial?: TryInContainer; why?: string }> {
  try {
    return { trial: await platform.trialPlace() };
  } catch (error) {
    if (error instanceof UserError) {
      return { why: error.message };
    }
    throw error;
  }
}

/** Tells which there are, in a table or as JSON. */
async function list(store: Store, options: Options): Promise<void> {
  const key = await keyIfThere(options);
  const listed = await listedBackups(store, options.stack, key);
  if (options.json) {
    say(JSON.stringify(listed, undefined, 2));
    return;
  }
  say(`Backups of stack ${options.stack} in ${store.place}:`, ...listingLines(listed));
  if (!key) {
    say(
      "",
      `Nothing of this is proven: the key is not here (${keyPath(options)}), and anybody who may write in the folder may have written it. Name the key with --key.`,
    );
  }
  say(...behindLines(listed));
}

function tellRetention(retention: Retention, store: Store): void {
  const { notGood, notProven } = retention;
  say(...retentionLines(retention, store));
  process.exitCode = notGood.length > 0 || notProven.length > 0 ? exitStatus.notWell : exitStatus.well;
}

void runCommand("npm run backup", program);
