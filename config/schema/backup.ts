import { z } from "zod";
import { isTarget, targetForm } from "../backup-target";
import { defaults } from "../defaults";
import { scheduleMistake } from "../schedule";
import { only } from "./only";
import { duration, wholeNumber } from "./values";

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
    schedule: z
      .string()
      .superRefine((text, context) => {
        const mistake = scheduleMistake(text);
        if (mistake !== undefined) {
          context.addIssue({ code: "custom", message: mistake });
        }
      })
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
  })
  .describe("Where `npm run backup` keeps the stack's backups, and when they are made.");
