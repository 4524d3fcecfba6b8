import { analyticsSettings, countedSites, readAnalytics } from "../config/analytics";
import { readSecretSettings, type SecretSettingValue } from "../config/secret-settings";
import type { SiteConfig, StackConfig } from "../config/schema";

/** What the component that takes page hits gets from the stack's configuration; undefined where nobody is counted. */
export function analyticsArgs(config: StackConfig) {
  const { analytics } = config;
  if (!analytics || countedSites(config).length === 0) {
    return undefined;
  }
  const { endpoint, memory, placement, pod, service } = analytics;
  const { trackerToken } = readAnalytics(analytics, process.cwd());
  if (trackerToken === undefined) {
    throw new Error("the checks let analytics through without a token");
  }
  return { endpoint, memory, placement, pod, service, trackerToken };
}

/** The settings of a Ghost site, those of its analytics among them. */
export function siteSettings(
  config: StackConfig,
  name: string,
  site: Pick<SiteConfig, "secretSettings" | "settings">,
): { settings: Record<string, string>; secretSettings: Record<string, SecretSettingValue> } {
  const analytics = analyticsSettings(config, name, process.cwd());
  const { values } = readSecretSettings(`sites.${name}`, site, process.cwd());
  return {
    settings: { ...site.settings, ...analytics.settings },
    secretSettings: { ...values, ...analytics.secretSettings },
  };
}
