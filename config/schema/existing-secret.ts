import { z } from "zod";
import { serverUsers } from "../mysql/existing-secret";
import { objectName } from "../values/names";

/** A key of a Secret. */
export const secretKey = z
  .string()
  .regex(/^[-._a-zA-Z0-9]{1,253}$/, "must be a key of a Secret: letters, digits, hyphens, dots and underscores");

const name = objectName("a Secret").describe("Name of the Secret.");

/** A Secret of the namespace that is there. */
export const existingSecret = (what: string, key = "password") =>
  z
    .strictObject({ name, key: secretKey.default(key).describe("Its key with that.") })
    .describe(
      `A Secret of the stack's namespace that somebody else fills, such as an External Secret, with ${what}. It is read, and never made, changed or deleted.`,
    );

/** The same for the database server's own users. */
export const existingServerSecret = z
  .strictObject({
    name,
    keys: z
      .strictObject(
        Object.fromEntries(
          serverUsers.map((user) => [user, secretKey.optional().describe(`Key with the password of ${user}.`)]),
        ) as Record<(typeof serverUsers)[number], z.ZodOptional<typeof secretKey>>,
      )
      .refine((keys) => Object.keys(keys).length > 0, "must name the key of at least one user")
      .describe(
        "The key with the password of each user that is in it: root, monitor, backup; replication and clone of a replicated set; group and clone of a group; archive with `backup.pointInTime`. The others stay random.",
      ),
  })
  .describe(
    "A Secret of the stack's namespace that somebody else fills, with passwords of the server's own users. It is read, and never made, changed or deleted.",
  );
