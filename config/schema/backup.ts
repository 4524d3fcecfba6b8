import { z } from "zod";
import { isTarget, targetForm } from "../backups/backup-target";
import { defaults } from "../defaults";
import { scheduleMistake } from "../backups/schedule";
import { only, onlyEach } from "./only";
import { duration, placement, wholeNumber } from "./values";

/** Times that come again. */
const times = z.string().superRefine((text, context) => {
  const mistake = scheduleMistake(text);
  if (mistake !== undefined) {
    context.addIssue({ code: "custom", message: mistake });
  }
});

export const backup = z
  .strictObject({
    target: z
      .string()
      .refine(isTarget, targetForm)
      .optional()
      .describe(
        "Remote storage for backups, as `remote:path` of an rclone.conf, in which the credentials stay (docs/backup.md). Absent: a folder of the machine that makes them.",
      ),
    keep: wholeNumber(1, 9999)
      .default(defaults.backup.keep)
      .describe("How many good backups `create` and `prune` keep."),
    schedule: times
      .optional()
      .describe(
        "When backups are made: hourly, daily, weekly, monthly, or the five fields of cron in numbers; UTC. With it, one that is overdue or has failed is told (docs/backup.md). Absent: nothing is promised.",
      ),
    overdueAfter: only(
      "schedule",
      duration
        .optional()
        .describe(
          "How old the newest good backup may be. Default: the longest time between two of `schedule`, and a quarter of it more, at least an hour.",
        ),
    ),
    verify: only(
      "schedule",
      times
        .optional()
        .describe(
          "When the newest backup is read back and its databases are loaded into a server that is thrown away, by a machine with the key; as `schedule`. With it, one that failed or is overdue is told (docs/backup.md). Absent: nothing is promised.",
        ),
    ),
    recipient: only(
      "ownBackups",
      z
        .string()
        .regex(/^age1[02-9ac-hj-np-z]{58}$/, "must be the public half of a key of age, `age1…`: npm run backup -- key")
        .optional()
        .describe(
          "Whom the stack seals for what it saves by itself: on Kubernetes its backups, and on either platform the archive of `pointInTime` (docs/backup.md). Absent: a machine outside makes them.",
        ),
    ),
    ...onlyEach("recipient", {
      signingKeyFile: z
        .string()
        .min(1)
        .optional()
        .describe("File with what the stack signs it with, relative to the project; `npm run backup -- key` makes it."),
      pointInTime: z
        .boolean()
        .optional()
        .describe(
          "Whether the stack archives MySQL's binary logs, at most a minute behind, so that `restore --until` brings databases back as they were at any moment. Default: false.",
        ),
      rcloneFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          "The rclone.conf with the remote of `target`, relative to the project. Of the remote's section the stack gets a copy: let it write there and not delete.",
        ),
    }),
    placement: only(
      "pointInTime",
      placement
        .optional()
        .describe(
          "Placement constraints of the archive of `pointInTime`, whose two services share a local volume. Default: swarm.placement. Swarm only.",
        ),
    ),
  })
  .describe("Where `npm run backup` keeps the stack's backups, and when they are made.");
