import { readAppFiles } from "../files/app-files";
import { sendsMail, sitesOf } from "../apps";
import { filePlaceMistakes } from "../container-paths";
import { ownAppMistakes } from "../own-apps";
import type { ParsedStack } from "../schema";
import { analyticsMistakes } from "./analytics";
import { appMistakes } from "./apps";
import { backupMistakes } from "./backup";
import { capacityMistakes } from "./capacity";
import { claimMistakes } from "./claims";
import { namedSecretMistakes } from "./credentials";
import { existingSecretMistakes } from "./existing-secrets";
import { edgeMistakes, hostMistakes } from "./edge";
import { kubernetesMistakes } from "./kubernetes";
import { mailMistakes } from "./mail";
import { monitoringMistakes } from "./monitoring";
import { mysqlMistakes } from "./mysql";
import { podPartMistakes } from "./pod-parts";
import { podMistakes } from "./pods";
import { serviceMistakes } from "./services";
import { duplicateUrls, siteMistakes, wordpressMistakes } from "./sites";
import { swarmMistakes } from "./swarm";

/**
 * Mistakes that no single key shows: pairs that cannot work together. Each begins with the key to change.
 *
 * @param isUnknown whether a key has a mistake of its own, so that nothing can be said of what it may mean. Default: none has
 */
export function crossKeyMistakes(config: ParsedStack, isUnknown: (key: string) => boolean = () => false): string[] {
  const hasMail = sendsMail(config);
  return [
    ...(config.platform === "swarm" ? swarmMistakes(config) : kubernetesMistakes(config)),
    ...mysqlMistakes(config),
    ...capacityMistakes(config),
    ...appMistakes(config, isUnknown),
    ...ownAppMistakes(config),
    ...podMistakes(config),
    ...podPartMistakes(config),
    ...claimMistakes(config),
    ...existingSecretMistakes(config),
    ...serviceMistakes(config),
    ...namedSecretMistakes(config),
    ...mailMistakes(config),
    ...monitoringMistakes(config, isUnknown),
    ...backupMistakes(config),
    ...edgeMistakes(config),
    ...analyticsMistakes(config),
    ...hostMistakes(config),
    ...sitesOf(config).flatMap(([key, site]) => filePlaceMistakes(key, site)),
    ...sitesOf(config).flatMap(
      ([key, site]) => readAppFiles(key, site, new URL(site.url).hostname, process.cwd()).mistakes,
    ),
    ...Object.entries(config.sites).flatMap(([name, site]) => siteMistakes(`sites.${name}`, site, hasMail, config)),
    ...Object.entries(config.wordpress).flatMap(([name, site]) => wordpressMistakes(`wordpress.${name}`, site)),
    ...duplicateUrls(config),
  ];
}
