import { countedSites, readAnalytics } from "../analytics";
import type { ParsedStack } from "../schema";

/** What cannot be with web analytics. */
export function analyticsMistakes(config: ParsedStack): string[] {
  const { analytics } = config;
  if (!analytics) {
    return [];
  }
  const counted = countedSites(config);
  return [
    ...readAnalytics(analytics, process.cwd()).mistakes,
    ...(counted.length === 0
      ? [
          "analytics: without effect: the stack has no Ghost site whose readers are counted. Remove the key, or add a site, or set sites.<name>.analytics to true",
        ]
      : []),
    ...counted.flatMap(([name, { secretSettings, settings }]) =>
      [
        ...settingsIn(`sites.${name}.settings`, settings),
        ...settingsIn(`sites.${name}.secretSettings`, secretSettings),
      ].map((at) => `${at}: this program sets it for analytics. Remove it, or set sites.${name}.analytics to false`),
    ),
  ];
}

/** The keys of settings about Tinybird. */
function settingsIn(key: string, settings: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(settings)
    .filter((name) => /^tinybird(__|$)/.test(name))
    .map((name) => `${key}.${name}`);
}
