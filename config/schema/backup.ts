import { z } from "zod";
import { isTarget, targetForm } from "../backup-target";

export const backup = z
  .strictObject({
    target: z
      .string()
      .refine(isTarget, targetForm)
      .describe(
        "Remote storage for backups, as `remote:path` of an rclone.conf, in which the credentials stay (docs/backup.md).",
      ),
  })
  .describe("Where `npm run backup` keeps the stack's backups. Absent: in a folder of the machine that makes them.");
