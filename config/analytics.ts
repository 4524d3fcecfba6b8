import type { AnalyticsConfig, ParsedStack, SiteConfig } from "./schema";
import { readSecrets, type SecretSettingValue } from "./secret-settings";

/** Where the tracker of a site sends its page hits, below the site's address. */
export const analyticsPath = "/.ghost/analytics/";

type Counted = Pick<ParsedStack, "analytics" | "sites">;

/** The sites whose readers are counted, by name. */
export function countedSites({ analytics, sites }: Counted): [name: string, site: SiteConfig][] {
  return analytics ? Object.entries(sites).filter(([, site]) => site.analytics) : [];
}

/** Where the proxy that takes page hits answers below the address of a site. */
export function proxyAddress({ url }: Pick<SiteConfig, "url">): string {
  return `${url.replace(/\/+$/, "")}${analyticsPath}`;
}

/** Address at which a page hit of a site is posted. */
export function trackerEndpoint(site: Pick<SiteConfig, "url">): string {
  return `${proxyAddress(site)}api/v1/page_hit`;
}

/** The tokens of a workspace, or what is wrong with them, by key. */
export interface ReadAnalytics {
  adminToken?: SecretSettingValue | undefined;
  trackerToken?: SecretSettingValue | undefined;
  mistakes: string[];
}

/**
 * Reads the tokens.
 *
 * @param directory folder that a relative path is read from
 */
export function readAnalytics(
  { adminToken, trackerToken }: Pick<AnalyticsConfig, "adminToken" | "trackerToken">,
  directory: string,
): ReadAnalytics {
  const { mistakes, values } = readSecrets("analytics", { adminToken, trackerToken }, directory);
  return { ...values, mistakes: [...mistakes, ...tokenMistakes(values)] };
}

/** What is wrong with tokens whose text is known. */
function tokenMistakes(tokens: Readonly<Record<string, SecretSettingValue>>): string[] {
  const { adminToken, trackerToken } = tokens;
  return [
    ...Object.entries(tokens).flatMap(([name, token]) =>
      typeof token === "string" && !/^[A-Za-z0-9._~+/=-]+$/.test(token)
        ? [
            `analytics.${name}: is no token of Tinybird, which is one line of letters, digits and the signs . _ - without spaces`,
          ]
        : [],
    ),
    ...(typeof adminToken === "string" && adminToken === trackerToken
      ? [
          "analytics.trackerToken: is the same as analytics.adminToken, with which everything in the workspace may be read and deleted. Take the token that is called tracker",
        ]
      : []),
  ];
}

/** The name of the setting of Ghost's that is the admin token. */
export const adminTokenSetting = "tinybird__adminToken";

/** What the Ghost of a site is told, as settings and secret settings; nothing where its readers are not counted. */
export function analyticsSettings(
  config: Counted,
  name: string,
  directory: string,
): { settings: Record<string, string>; secretSettings: Record<string, SecretSettingValue> } {
  const { analytics } = config;
  const [, site] = countedSites(config).find(([counted]) => counted === name) ?? [];
  if (!analytics || !site) {
    return { settings: {}, secretSettings: {} };
  }
  const { adminToken } = readAnalytics(analytics, directory);
  if (adminToken === undefined) {
    throw new Error("the checks let analytics through without a token");
  }
  return {
    settings: {
      tinybird__workspaceId: analytics.workspaceId,
      tinybird__tracker__endpoint: trackerEndpoint(site),
      tinybird__tracker__datasource: "analytics_events",
      tinybird__stats__endpoint: analytics.endpoint,
    },
    secretSettings: { [adminTokenSetting]: adminToken },
  };
}
