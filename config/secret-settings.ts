import * as path from "node:path";
import { readSecretText } from "./files/secret-text";
import type { SiteConfig } from "./schema";

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
  const mistakes: string[] = [];
  const values: Record<string, SecretSettingValue> = {};
  for (const [name, setting] of Object.entries(secretSettings)) {
    if ("file" in setting) {
      const read = readSecretText(path.resolve(directory, setting.file));
      if (read.text === undefined) {
        mistakes.push(`${key}.secretSettings.${name}.file: ${setting.file} ${read.trouble}`);
      } else {
        values[name] = read.text;
      }
    } else {
      values[name] = "secure" in setting ? setting.secure : setting;
    }
  }
  return { values, mistakes };
}
