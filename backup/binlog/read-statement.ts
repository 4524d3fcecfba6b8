import { z } from "zod";
import { UserError } from "../../errors";
import type { BackupKey } from "../format/key";
import { plainName, sha256Hex } from "../format/plausible";
import { blockBytes } from "../format/seal";
import { opened } from "../format/signature";
import { GtidSet } from "../format/gtid";
import { archiveFormat, type Statement } from "../format/statement";

/** A segment whose statement the key proves. */
export interface Segment extends Omit<Statement, "after" | "holds"> {
  after: GtidSet;
  holds: GtidSet;
}

/** Name of a segment: when it was cut, its number, and who cut it. */
export const segmentName = /^\d{8}T\d{6}Z-\d{1,9}-[0-9a-f]{8}$/;

const set = z.string().transform((text, context) => {
  try {
    return GtidSet.parse(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});
const moment = z.int().min(0);

const schema = z
  .strictObject({
    format: z.literal(archiveFormat),
    version: z.literal(1),
    stack: plainName,
    id: z.string().regex(segmentName),
    sequence: z.int().min(1),
    after: set,
    holds: set,
    earliest: moment.optional(),
    latest: moment.optional(),
    until: moment,
    sealed: z
      .strictObject({ sha256: sha256Hex, bytes: z.int().min(1), blocks: z.array(sha256Hex) })
      .refine(({ blocks, bytes }) => blocks.length === Math.ceil(bytes / blockBytes), "must have a hash for each block")
      .optional(),
  })
  .refine(
    ({ earliest, holds, latest, sealed }) =>
      [earliest, latest, sealed].every((one) => (one === undefined) === holds.isEmpty),
    "must say of transactions when they were, and where",
  );

/**
 * Reads what stands beside a segment.
 *
 * @param id the name under which it lies
 * @throws UserError where it is not what this key has signed under this name for this stack
 */
export function readStatement(note: string, id: string, stack: string, key: BackupKey): Segment {
  const found = opened(note, key.writer, key.signer);
  if (found?.trust !== "proven") {
    throw new UserError(
      found
        ? `is not signed by what belongs to the key in ${key.file}, or has changed since`
        : "is no signed statement, or it is cut off",
    );
  }
  const result = schema.safeParse(parsedJson(found.text));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new UserError(
      `says what no archive of this program says: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    );
  }
  const { format: _format, version: _version, ...statement } = result.data;
  if (statement.id !== id || statement.stack !== stack) {
    throw new UserError(`is that of segment ${statement.id} of stack ${statement.stack}: it was copied or renamed`);
  }
  return statement;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
