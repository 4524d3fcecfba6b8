import { scriptDirectory } from "../../platforms/scripts";
import type { HealthRequest } from "../health-request";
import { ghostPort, type SiteSettings } from "./settings";

/**
 * The two questions that can be asked of a Ghost. Everybody who wants to know how a site is asks one of them: probes, health checks, `npm start`,
 * `npm run ops`, the monitoring.
 *
 * - `alive`: 503 while Ghost boots, 200 from then on, even with the database gone.
 * - `serving`: whether the site has an owner. Ghost asks the database each time, so the answer is an error while that is away.
 *
 * Both belong to Ghost's admin API. No post, theme, `routes.yaml`, `redirects.yaml` or setting of the owner's changes their answers, as it
 * changes those of the home page: a private site sends its readers elsewhere, a headless one has none.
 *
 * They are asked at the host of the admin (`adminUrl`, `admin__url`), which alone has the API where that is another one than the site's. With an https address Ghost
 * sends plain requests there, so they say that TLS ended before them. In maintenance (`maintenance__enabled`) Ghost answers everything with 503.
 */
export function healthRequests({ adminUrl, settings = {}, url }: Pick<SiteSettings, "adminUrl" | "settings" | "url">): {
  alive: HealthRequest;
  serving: HealthRequest;
} {
  const admin = adminUrl ?? settings["admin__url"] ?? url;
  const isSecure = [url, admin].some((address) => /^https:/i.test(address));
  const base = new URL(url).pathname.replace(/\/*$/, "/");
  const request = (probe: string, path: string): HealthRequest => ({
    path: `${base}ghost/api/admin/${path}`,
    headers: { Host: hostOf(admin), "X-Probe": probe, ...(isSecure ? { "X-Forwarded-Proto": "https" } : {}) },
    statuses: [isOn(settings["maintenance__enabled"]) ? 503 : 200],
  });
  return { alive: request("alive", "site/"), serving: request("serving", "authentication/setup/") };
}

/** Host and port as they stand there: Ghost compares them as text, and takes a port for named that `URL` leaves out. */
function hostOf(address: string): string {
  return (/^https?:\/\/([^/?#]+)/i.exec(address)?.[1] ?? new URL(address).host).toLowerCase();
}

/** Whether Ghost takes a setting for switched on: it reads the text as JSON where it can. */
function isOn(text = ""): boolean {
  try {
    return Boolean(JSON.parse(text));
  } catch {
    return text !== "";
  }
}

/**
 * When a Ghost that does not answer `alive` is given up, in seconds: a reader is to wait a minute at most until another one serves, whose start takes some
 * ten of them. A longer silence that is none of a hang is not known: with its database away, and while it migrates, Ghost answers.
 */
export const hang = {
  /** Between two questions. */
  period: 10,
  /** For an answer. */
  timeout: 8,
  /** Questions in a row without one. */
  failures: 3,
  /** For its stop: who does not answer does not hear that either. */
  killAfter: 5,
} as const;

/** A command for inside the container that asks a question: exit status 0 where the answer is well, 3 where there is none in time, 1 otherwise. */
export function healthCommand({ headers, path, statuses }: HealthRequest): string[] {
  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
  return ["bash", `${scriptDirectory}/healthy.sh`, statuses.join(), `http://127.0.0.1:${ghostPort}${path}`, ...lines];
}
