import { isIP } from "node:net";
import { z } from "zod";
import { isImageReference } from "../values/image-reference";
import { senderPattern } from "../values/mail-sender";
import { isSubdomain } from "../values/names";
import { isNetwork } from "../values/networks";
import { placementMistake } from "../swarm/placement";
import { cpuPattern, quantityPattern, quantityToBytes } from "../values/quantity";
import { only } from "./only";

/** Kinds of values that several apps have. Each says in words what is allowed, whatever it got. */

/** @param why ends the message: what speaks against less or more */
export const wholeNumber = (least: number, most: number, why?: string) => {
  const words = `must be a whole number from ${least} to ${most}${why === undefined ? "" : `: ${why}`}`;
  return z.int(words).min(least, words).max(most, words);
};

/** Sizes that nothing has: whoever writes one has mistaken the unit. */
const most = { memory: "64Ti", "disk space": "4096Ti" } as const;

/** @param why what speaks against less than the least */
export const quantity = (what: keyof typeof most, least: string, why: string) =>
  z
    .string()
    .regex(quantityPattern, {
      error: `must be a size such as 512Mi or 20Gi: ${what} in Ki, Mi, Gi or Ti`,
      abort: true,
    })
    .refine((size) => quantityToBytes(size) >= quantityToBytes(least), `must be ${least} or more: ${why}`)
    .refine(
      (size) => quantityToBytes(size) <= quantityToBytes(most[what]),
      `must be ${most[what]} or less: no machine has more ${what}`,
    );

export const image = z
  .string()
  .refine(isImageReference, "must name an image with a tag or a digest, for example docker.io/library/mysql:8.4.11");

/** Addresses of a network. */
export const network = z
  .string()
  .refine(isNetwork, { error: "must be a network such as 10.20.0.0/16 or fd12::/48", abort: true });

export const port = wholeNumber(1, 65535, "a port");

export const cpu = z
  .string()
  .regex(cpuPattern, 'must be an amount of processor time in quotation marks, such as "250m" or "2"');

/** Name of a volume or log driver of Docker, a plugin's with its registry among them. */
export const driverPattern = /^[A-Za-z0-9][A-Za-z0-9_.:/@-]*$/;

/** Options of such a driver. */
export const driverOptions = z.record(
  z.string().regex(/^[!-~]+$/, "must be the name of an option, without spaces"),
  z.string(),
);

/** For a list in which nothing may stand twice. */
export function noneTwice(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

/** @param what documents the key @param why what speaks against less than the least */
export const memory = (fallback: string, what: string, least: string, why: string) =>
  quantity("memory", least, why).default(fallback).describe(what);

const words = 'must be a Swarm placement constraint such as "node.hostname==worker1"';
export const placement = only(
  "swarm",
  z
    .array(
      z.string(words).superRefine((constraint, context) => {
        const mistake = placementMistake(constraint);
        if (mistake !== undefined) {
          context.addIssue({ code: "custom", message: `${words}. ${mistake}` });
        }
      }),
    )
    .describe("Placement constraints, all of which a node must meet."),
);

/** What of an address may stand after the host: parts of letters, digits, hyphens, dots, underscores and tildes. */
const sitePath = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*\/?$/;

export const siteUrl = (example: string) =>
  z
    .string()
    .regex(/^https?:\/\/[^\s/?#\\]+[^\s?#\\]*$/i, {
      error: `must be the address readers use, for example ${example}`,
      abort: true,
    })
    .refine(isUrl, {
      error: `is not an address: must be one such as ${example}. Check host name and port`,
      abort: true,
    })
    .refine((url) => isHost(new URL(url).hostname), {
      error:
        "must have a host name of letters, digits and hyphens between dots, without a dot at its end, or an IP address",
      abort: true,
    })
    .refine((url) => new URL(url).port !== "0", "must have a port from 1 to 65535")
    .refine(
      (url) => sitePath.test(url.replace(/^https?:\/\/[^/]*/i, "")),
      "must have a path of letters, digits, hyphens, dots, underscores and tildes, such as /news: routers and caches read others in different ways",
    );

/** `URL.canParse` of Node.js 20 reads letters such as ü in another encoding once it has been called often, and refuses them. */
function isUrl(text: string): boolean {
  try {
    return new URL(text).hostname !== "";
  } catch {
    return false;
  }
}

/** Whether a text is a host name or an IP address. */
export function isHost(host: string): boolean {
  return isSubdomain(host) || isIP(host.replace(/^\[(.*)\]$/, "$1")) !== 0;
}

export const mailAddress = z
  .string()
  .regex(/^[^\s@]+@[^\s@]+$/, "must be a mail address, for example ghost@example.com");

/** An address with which somebody signs in to a site; Ghost and WordPress ask for a public host. */
export const accountAddress = mailAddress
  .regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$/,
    "must be a mail address at a public host, for example jane@example.com: sites take no other",
  )
  .max(191, "must have 191 characters at most");

/** @param what it is, for example `a name` */
export const line = (what: string, most: number) =>
  z
    .string()
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*[^\p{C}\p{Z}][^\p{Cc}\p{Zl}\p{Zp}]*$/u, `must be ${what} in one line`)
    .max(most, `must have ${most} characters at most`);

export const mailFrom = z
  .string()
  .regex(
    senderPattern,
    'must be a mail address, alone or behind a name, for example ghost@example.com or Notes <ghost@example.com>; the name without " \\ < > { }',
  );

/** The sender of a site. */
export const siteMailFrom = only(
  "mail",
  mailFrom
    .optional()
    .describe(
      "Sender of the site's mail: an address, alone or as `Name <address>`. Default: noreply@ the host of `url`, without a leading `www.`.",
    ),
);

/** @param words what is allowed beyond the form, for the message */
export const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,8}(s|m|h|d)$/, "must be a duration such as 30s, 5m, 12h or 15d: a number of s, m, h or d");
