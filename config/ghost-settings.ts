import { isHarmless, isSecretName, secretsInJson } from "./values/credentials";

/** Settings of Ghost that this program makes, as variables of its container (`__` nests keys). Nobody else may set them. */
export const ownSettings = [
  "NODE_ENV",
  "url",
  "server__host",
  "server__port",
  "server__shutdownTimeout",
  "paths__contentPath",
  "logging__path",
  "logging__filename",
  "logging__transports",
  "logging__rotation__enabled",
  "logging__rotation__period",
  "logging__rotation__count",
  "privacy__useUpdateCheck",
  "database__client",
  "database__pool__max",
  "database__connection__host",
  "database__connection__port",
  "database__connection__user",
  "database__connection__password_FILE",
  "database__connection__database",
  "database__connection__ssl__rejectUnauthorized",
  "database__connection__ssl__verifyIdentity",
  "database__connection__ssl__ca_FILE",
] as const;

/** Those that it makes where something takes the site's mail: the inbox or a relay. */
export const ownMailSettings = [
  "mail__transport",
  "mail__from",
  "mail__options__host",
  "mail__options__port",
  "mail__options__secure",
  "mail__options__requireTLS",
  "mail__options__auth__user",
  "mail__options__auth__pass_FILE",
] as const;

/** The key of the stack file that says what a setting says. */
const instead: Record<string, string> = { url: "url", mail__from: "mailFrom" };

/**
 * What is wrong with settings that a person gives. Each mistake begins with the key.
 *
 * @param key of the site, for example `sites.blog`
 * @param hasMail whether something takes the site's mail
 */
export function settingMistakes(key: string, settings: Record<string, unknown>, hasMail: boolean): string[] {
  const own: readonly string[] = hasMail ? [...ownSettings, ...ownMailSettings] : ownSettings;
  return Object.keys(settings).flatMap((name) => {
    const at = `${key}.settings.${name}`;
    const plain = name.replace(/_FILE$/, "");
    const other = instead[plain];
    const clash = own.find((setting) => setting === name || setting.replace(/_FILE$/, "") === plain);
    if (clash !== undefined || plain === "database" || plain.startsWith("database__")) {
      return [`${at}: this program sets it. Remove it${other === undefined ? "" : `, and use ${key}.${other}`}`];
    }
    // Ghost reads JSON there, which would replace the whole map, or be lost.
    const below = own.find((setting) => setting.startsWith(`${plain}__`));
    return below === undefined
      ? secretMistakes(at, name, settings[name])
      : [`${at}: holds ${below}, which this program sets. Name single settings below it, such as ${plain}__name`];
  });
}

/** A setting that is a secret by its name, or holds some as JSON: in plain text it is read by everybody who may look at the container. */
function secretMistakes(at: string, name: string, value: unknown): string[] {
  const secrets =
    isSecretName(name) && !isHarmless(value) ? [""] : secretsInJson(String(value)).map((key) => ` (${key})`);
  return secrets.map(
    (key) =>
      `${at}${key === "" ? ":" : `: as JSON${key}`} is a secret by its name, and a setting is read by everybody who may look at the container. ${secretInstead(name)}`,
  );
}

/** How a setting of a site is given that nobody but the container is to read. */
export function secretInstead(name: string): string {
  return `Give it under secretSettings: ${name}: { file: PATH }`;
}

/** What the name of a setting ends with that names a file; Ghost takes it in any letters. */
const fileSuffix = /_FILE$/i;

/** What is wrong with the names of secret settings; see `settingMistakes`. */
export function secretSettingMistakes(
  key: string,
  { secretSettings, settings }: { secretSettings: Record<string, unknown>; settings: Record<string, unknown> },
  hasMail: boolean,
): string[] {
  return Object.keys(secretSettings).flatMap((name) => {
    const at = `${key}.secretSettings.${name}`;
    if (fileSuffix.test(name)) {
      return [
        `${at}: Ghost reads the value from a file in any case. Name the setting: ${name.replace(fileSuffix, "")}`,
      ];
    }
    const twice = Object.keys(settings).find((other) => other.replace(fileSuffix, "") === name);
    return twice === undefined
      ? settingMistakes(key, { [`${name}_FILE`]: "" }, hasMail).map((mistake) =>
          mistake.replace(`${key}.settings.${name}_FILE`, at),
        )
      : [`${at}: ${key}.settings.${twice} says it, too. Keep one of the two`];
  });
}
