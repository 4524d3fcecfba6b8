import type { ClosedPaths } from "../edge/settings";
import { healthRequests } from "./health";
import type { SiteSettings } from "./settings";

/**
 * The admin of a Ghost as the edge closes it to strangers: all below `/ghost`, but for what readers' browsers and other servers ask there. The content API has
 * a key of its own, and the keys below `.well-known` are public; two questions of the admin API tell how the site is, and nothing else.
 *
 * @param networks who may come, as CIDR
 */
export function closedAdmin(
  site: Pick<SiteSettings, "adminUrl" | "settings" | "url">,
  networks: readonly string[],
): ClosedPaths {
  const admin = `${new URL(site.url).pathname.replace(/\/+$/, "")}/ghost`;
  return {
    paths: [admin, `${admin}/*`],
    open: [`${admin}/api/content/*`, `${admin}/.well-known/*`],
    readable: Object.values(healthRequests(site)).map(({ path }) => path),
    networks,
  };
}
