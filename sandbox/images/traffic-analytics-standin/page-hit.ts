import { createHash, randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";

const uuid = z.guid();
const text = z.string().nullable().optional();

/** What a browser posts, as far as the makers' proxy refuses it otherwise. */
const posted = z.object({
  timestamp: z.iso.datetime({ precision: 3 }),
  action: z.literal("page_hit"),
  version: z.literal("1"),
  payload: z.looseObject({
    "user-agent": z.string().min(1),
    locale: z.string().min(1),
    location: z.string().min(1).nullable(),
    pathname: z.string().min(1),
    href: z.string(),
    site_uuid: uuid,
    post_uuid: z.union([uuid, z.literal("undefined")]),
    post_type: z.enum(["null", "post", "page"]),
    member_uuid: z.union([uuid, z.literal("undefined")]),
    member_status: z.string().min(1),
    utm_source: text,
    utm_medium: text,
    utm_campaign: text,
  }),
});

const told = z.object({ "x-site-uuid": uuid, "user-agent": z.string().min(1) });

/** Who comes for no reader, by what he calls himself. */
export const bots = /wget|ahrefsbot|curl|bot|crawler|spider|urllib|bitdiscovery|\+https:\/\/|googlebot/i;

/** By day and site; a former day's is of no use. */
const salts = new Map<string, string>();

function saltOf(site: string): string {
  const today = new Date().toISOString().slice(0, 10);
  for (const key of salts.keys()) {
    if (!key.startsWith(today)) {
      salts.delete(key);
    }
  }
  const key = `${today} ${site}`;
  const salt = salts.get(key) ?? randomBytes(32).toString("hex");
  salts.set(key, salt);
  return salt;
}

/** Request headers by name in small letters. */
export type Headers = Record<string, string | string[] | undefined>;

/**
 * What Tinybird is told of a page hit: no address of the reader, and an id that is another one each day.
 *
 * @param body JSON
 * @param address the reader's
 * @returns what is wrong with the request, as text
 */
export function processed(body: string, headers: Headers, address: string): object | string {
  const head = told.safeParse(headers);
  const parsed = posted.safeParse(json(body));
  if (!head.success || !parsed.success) {
    const [issue] = [...(head.error?.issues ?? []), ...(parsed.error?.issues ?? [])];
    return `${head.success ? "body" : "headers"}/${issue?.path.join("/") ?? ""} ${issue?.message ?? ""}`;
  }
  const { "user-agent": agent, "x-site-uuid": site } = head.data;
  const { action, payload, version } = parsed.data;
  return {
    timestamp: new Date().toISOString(),
    action,
    version,
    site_uuid: site,
    session_id: createHash("sha256")
      .update(`${saltOf(site)}:${site}:${address}:${agent}`)
      .digest("hex"),
    payload: { event_id: randomUUID(), ...payload, site_uuid: site, "user-agent": agent },
  };
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
