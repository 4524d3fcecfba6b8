import { hasInbox, runsDatabaseServer } from "../apps";
import type { ParsedStack, SiteConfig } from "../schema";
import { isHarmless, isSecretName } from "../values/credentials";
import { cpuToMillis } from "../values/quantity";

/** What is said of services on a swarm, and cannot be or should not. */
export function serviceMistakes(config: ParsedStack): string[] {
  return [
    ...Object.entries(config.sites).flatMap(([name, { service }]) => mistakesOf(`sites.${name}.service`, service)),
    ...(runsDatabaseServer(config) ? mistakesOf("mysql.service", config.mysql.service) : []),
    ...(hasInbox(config) ? mistakesOf("mailpit.service", config.mailpit.service) : []),
  ];
}

function mistakesOf(
  key: string,
  { cpu: { limit, reservation } = {}, logDriver }: SiteConfig["service"] = {},
): string[] {
  return [
    ...(limit !== undefined && reservation !== undefined && cpuToMillis(reservation) > cpuToMillis(limit)
      ? [`${key}.cpu.reservation: ${reservation} is more than the limit (${limit}). Ask for less, or raise that`]
      : []),
    ...Object.entries(logDriver?.options ?? {}).flatMap(([option, value]) =>
      isSecretName(option) && !isHarmless(value)
        ? [
            `${key}.logDriver.options.${option}: is a secret by its name, and everybody who may look at a service reads it. Have a collector on the node that has it`,
          ]
        : [],
    ),
  ];
}
