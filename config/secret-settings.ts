import * as path from "node:path";
import { analyticsTokens } from "./encrypted-values";
import { readSecretText } from "./files/secret-text";
import type { ParsedStack, SiteConfig } from "./schema";
import type { SecretSetting } from "./schema/secret-settings";

/** The value of a secret setting: text, or where a cluster has it. */
export type SecretSettingValue = string | { secretName: string; key: string };

/**
 * Reads the secret settings of a site.
 *
 * @param key of the site, for example `sites.blog`
 * @param directory folder that a relative path is read from
 * @returns values by the name of the setting, and what is wrong, by key
 */
export function readSecretSettings(
  key: string,
  { secretSettings }: Pick<SiteConfig, "secretSettings">,
  directory: string,
): { values: Record<string, SecretSettingValue>; mistakes: string[] } {
  return readSecrets(`${key}.secretSettings`, secretSettings, directory);
}

/**
 * Reads secrets from where they are.
 *
 * @param key of the map that they stand in
 * @param directory folder that a relative path is read from
 * @returns values by name, and what is wrong, by key
 */
export function readSecrets<Name extends string>(
  key: string,
  secrets: Readonly<Record<Name, SecretSetting>>,
  directory: string,
): { values: Partial<Record<Name, SecretSettingValue>> & Record<string, SecretSettingValue>; mistakes: string[] } {
  const mistakes: string[] = [];
  const values: Record<string, SecretSettingValue> = {};
  for (const [name, setting] of Object.entries<SecretSetting>(secrets)) {
    if ("file" in setting) {
      const read = readSecretText(path.resolve(directory, setting.file));
      if (read.text === undefined) {
        mistakes.push(`${key}.${name}.file: ${setting.file} ${read.trouble}`);
      } else {
        values[name] = read.text;
      }
    } else {
      values[name] = "secure" in setting ? setting.secure : setting;
    }
  }
  return { values: values as Partial<Record<Name, SecretSettingValue>> & typeof values, mistakes };
}

/** Every secret of a stack that may come from a Secret of a cluster, by its key. */
export function secretsOf({ analytics, sites }: Pick<ParsedStack, "analytics" | "sites">): [string, SecretSetting][] {
  return [
    ...Object.entries(sites).flatMap(([site, { secretSettings }]) =>
      Object.entries(secretSettings).map(([name, setting]): [string, SecretSetting] => [
        `sites.${site}.secretSettings.${name}`,
        setting,
      ]),
    ),
    ...(analytics
      ? analyticsTokens.map((name): [string, SecretSetting] => [`analytics.${name}`, analytics[name]])
      : []),
  ];
}
