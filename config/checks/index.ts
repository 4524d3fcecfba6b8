import { readAppFiles } from "../app-files";
import { sitesOf } from "../apps";
import type { ParsedStack } from "../schema";
import { appMistakes } from "./apps";
import { capacityMistakes } from "./capacity";
import { kubernetesMistakes } from "./kubernetes";
import { mailMistakes } from "./mail";
import { monitoringMistakes } from "./monitoring";
import { mysqlMistakes } from "./mysql";
import { platformMistakes } from "./platform";
import { duplicateUrls, siteMistakes } from "./sites";
import { swarmMistakes } from "./swarm";

/**
 * Mistakes that no single key shows: pairs that cannot work together. Each begins with the key to change.
 */
export function crossKeyMistakes(config: ParsedStack): string[] {
  return [
    ...platformMistakes(config),
    ...(config.platform === "swarm" ? swarmMistakes(config) : kubernetesMistakes(config)),
    ...mysqlMistakes(config),
    ...capacityMistakes(config),
    ...appMistakes(config),
    ...mailMistakes(config),
    ...monitoringMistakes(config),
    ...sitesOf(config).flatMap(
      ([key, site]) => readAppFiles(key, site, new URL(site.url).hostname, process.cwd()).mistakes,
    ),
    ...Object.entries(config.sites).flatMap(([name, site]) => siteMistakes(`sites.${name}`, site)),
    ...duplicateUrls(config),
  ];
}
