import { z } from "zod";
import { senderPattern } from "../mail-sender";
import { quantityPattern } from "../quantity";

/** Kinds of values that several apps have. */

export const quantity = (what: string) =>
  z.string().regex(quantityPattern, `must be a size such as 512Mi or 20Gi: ${what} in Ki, Mi, Gi or Ti`);

export const image = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._:/-]*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$/,
    "must name an image with a tag or a digest, for example docker.io/library/mysql:9.7.4",
  );

export const port = z
  .number()
  .int()
  .min(1, "must be a port from 1 to 65535")
  .max(65535, "must be a port from 1 to 65535");

export const memory = (fallback: string, what: string) => quantity("memory").default(fallback).describe(what);

export const placement = z
  .array(
    z
      .string()
      .regex(
        /^(node|engine)\.[A-Za-z0-9_.-]+\s*(==|!=)\s*\S+$/,
        'must be a Swarm placement constraint such as "node.hostname==worker1"',
      ),
  )
  .describe("Swarm placement constraints, all of which a node must meet. Swarm only.");

export const siteUrl = (example: string) =>
  z
    .string()
    .regex(/^https?:\/\/[^\s/?#]+[^\s?#]*$/, {
      error: `must be the address readers use, for example ${example}`,
      abort: true,
    })
    .refine((url) => URL.canParse(url), "is not an address: check host name and port");

export const mailAddress = z
  .string()
  .regex(/^[^\s@]+@[^\s@]+$/, "must be a mail address, for example ghost@example.com");

export const mailFrom = z
  .string()
  .regex(
    senderPattern,
    'must be a mail address, alone or behind a name, for example ghost@example.com or Notes <ghost@example.com>; the name without " \\ < > { }',
  );

export const duration = z
  .string()
  .regex(/^[1-9][0-9]*(s|m|h|d)$/, "must be a duration such as 30s, 5m, 12h or 15d: a number of s, m, h or d");
