import { createHash } from "node:crypto";
import * as path from "node:path";
import { selfServedSites } from "./own-activitypub";
import { adminTokenSetting } from "./analytics";
import { hasDatabaseServer, runsDatabaseServer, sitesOf } from "./apps";
import { databaseCaFile } from "./container-paths";
import { ownApps, ownComponent, ownConnections } from "./own-apps";
import type { ParsedStack } from "./schema";

/** A name in a swarm, a namespace, and the value of a label have at most so many characters. */
export const longestName = 63;

const caFile = path.posix.basename(databaseCaFile);

/** What stands before a stack's name in an engine. */
const prefix = "ghost-";

/**
 * What an engine calls a stack: the default namespace on Kubernetes, the name of the stack in a swarm. It is the stack's name with something
 * before it and nothing left out, so no two stacks are called the same.
 */
export function engineName(stack: string): string {
  return `${prefix}${stack}`;
}

/** What is wrong with the name of a stack: an engine has to take it as it is. */
export function stackNameMistakes(stack: string): string[] {
  const longest = longestName - prefix.length;
  return stack.length <= longest && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(stack)
    ? []
    : [
        `the stack's name, "${stack}": must be 1 to ${longest} lower-case letters, digits or hyphens, beginning with a letter and not ending with a hyphen: what it owns is named after it. Call the stack, and its file Pulumi.<name>.yaml, otherwise`,
      ];
}

/** An object of a swarm whose name comes from the configuration. */
interface NamedObject {
  /** What a person changes to have it called otherwise. */
  key: string;
  /** `stack` where only the stack's name can be shorter. */
  of: "stack" | "site" | "file";
  kind: "service" | "secret" | "config";
  /** Without the stack's name before it and the version behind it. */
  name: string;
}

/** What stands behind the name of a secret or config: a hyphen, and a hash. */
const versionLength = 11;

/**
 * Names that a swarm would refuse for their length, and names that two objects would have. Kubernetes takes every name that comes from
 * names of sites.
 */
export function objectNameMistakes(stack: string, config: ParsedStack): string[] {
  if (config.platform !== "swarm") {
    return [];
  }
  const objects = [
    ...ownObjects(config),
    ...siteObjects(config),
    ...ownAppObjects(config),
    ...fileObjects(config),
    ...settingObjects(config),
  ];
  return [...tooLong(stack, objects), ...twice(objects)];
}

function tooLong(stack: string, objects: readonly NamedObject[]): string[] {
  const worst = new Map<string, { object: NamedObject; excess: number; full: string }>();
  for (const object of objects) {
    const full = `${engineName(stack)}_${object.name}`;
    const excess = full.length + (object.kind === "service" ? 0 : versionLength) - longestName;
    if (excess > (worst.get(object.key)?.excess ?? 0)) {
      worst.set(object.key, { object, excess, full });
    }
  }
  return [...worst.values()].map(({ excess, full, object: { key, kind, of } }) => {
    const version = kind === "service" ? "" : " and a version of 11";
    const remedies = {
      stack: `Take ${excess} off the stack's name, "${stack}"`,
      site: `Take ${excess} off the site's name, or off the stack's, "${stack}"`,
      file: `Take ${excess} off the file's name in the container, or off the name of the site or the stack, "${stack}"`,
    };
    return `${key}: its ${kind} would be called ${full}${version}; a swarm takes ${longestName} characters. ${remedies[of]}`;
  });
}

function twice(objects: readonly NamedObject[]): string[] {
  const owners = new Map<string, NamedObject>();
  const mistakes = new Set<string>();
  for (const object of objects) {
    const id = `${object.kind} ${object.name}`;
    const owner = owners.get(id) ?? object;
    owners.set(id, owner);
    if (siteOf(owner.key) !== siteOf(object.key)) {
      mistakes.add(
        `${object.key}: its ${object.kind} ${object.name} is also one of ${owner.key}. Rename one of the two`,
      );
    }
  }
  return [...mistakes];
}

/** The first two parts of a key: `sites.blog` of `sites.blog.secrets./run/key`. */
function siteOf(key: string): string {
  return key.split(".").slice(0, 2).join(".");
}

/** The longest names of what a stack has whatever its sites are called. */
function ownObjects(config: ParsedStack): NamedObject[] {
  const { analytics, edge, mailpit, monitoring, mysql, shop } = config;
  const server = hasDatabaseServer(config);
  const names = [
    ...(runsDatabaseServer(config) ? ["mysql-data-options.sh"] : server ? ["logins-mysql-database-ca.pem"] : []),
    ...(server && mysql.topology === "replicated" ? ["mysql-replication-password"] : []),
    ...(server && mailpit.enabled && mailpit.authentication ? ["mailpit-sender-password"] : []),
    ...(edge ? ["edge-external-account"] : []),
    ...(analytics ? ["analytics-tracker-token"] : []),
    ...(selfServedSites(config).length > 0 ? [`activitypub-migrations-${caFile}`] : []),
    ...(shop ? ["shop-postgres-operator"] : []),
    ...(monitoring ? ["blackbox-exporter-blackbox.yml"] : []),
  ];
  return names.map((name) => ({ key: "the stack's name", of: "stack", kind: "config", name }));
}

/** The services of each site, and of its secrets and configs those that another site might have, too, and the longest. */
function siteObjects({ edge, sites, swarm, wordpress }: ParsedStack): NamedObject[] {
  const of = "site" as const;
  const published = edge === undefined && (swarm?.publishMode ?? "host") === "host";
  return [
    ...Object.keys(sites).flatMap((site): NamedObject[] => {
      const key = `sites.${site}`;
      const app = `ghost-${site}`;
      return [
        { key, of, kind: "service", name: app },
        ...["migrate.js", "session.js", "healthy.sh", "on-stop.sh", "init-then.sh", caFile].map((file) =>
          configOf(key, app, file),
        ),
        { key, of, kind: "secret", name: `mysql-db-${site}` },
      ];
    }),
    ...Object.keys(wordpress).flatMap((site): NamedObject[] => {
      const key = `wordpress.${site}`;
      const app = `wordpress-${site}`;
      const front = `${app}-front`;
      return [
        { key, of, kind: "service", name: app },
        { key, of, kind: "secret", name: `${app}-secure-salt` },
        ...["database.php", "healthy.php", "mail.php", "serve.sh", "apache.conf", "init-then.sh", caFile].map((file) =>
          configOf(key, app, file),
        ),
        ...(published ? [{ key, of, kind: "service" as const, name: front }, configOf(key, app, "nginx.conf")] : []),
      ];
    }),
  ];
}

/** The service of each app that is no part of this program, and the secret of its database's user. */
function ownAppObjects(config: ParsedStack): NamedObject[] {
  const of = "site" as const;
  const databases = Object.keys(ownConnections(config));
  return ownApps(config).flatMap(({ key, name }): NamedObject[] => [
    { key, of, kind: "service", name: ownComponent(name) },
    ...(databases.includes(name) ? [{ key, of, kind: "secret" as const, name: `mysql-db-${name}` }] : []),
  ]);
}

function configOf(key: string, app: string, file: string): NamedObject {
  return { key, of: "site", kind: "config", name: `${app}-${file}` };
}

/** The secret settings of sites. */
function settingObjects({ analytics, sites }: ParsedStack): NamedObject[] {
  return Object.entries(sites).flatMap(([site, { analytics: isCounted, secretSettings }]) => {
    const own = Object.keys(secretSettings);
    const settings = [...new Set([...own, ...(analytics && isCounted ? [adminTokenSetting] : [])])];
    return settings.map((setting): NamedObject => ({
      key: !own.includes(setting) ? `sites.${site}.analytics` : `sites.${site}.secretSettings.${setting}`,
      of: "site",
      kind: "secret",
      name: `ghost-${site}-${settingSecretName(setting, settings)}`,
    }));
  });
}

/** The files that a person gives to sites. */
function fileObjects(config: ParsedStack): NamedObject[] {
  return sitesOf(config).flatMap(([key, site]) => {
    const app = key.replace(/^sites\./, "ghost-").replace(/^wordpress\./, "wordpress-");
    const secrets = Object.keys(site.secrets ?? {});
    return [
      ...secrets.map((target): NamedObject => {
        const name = `${app}-${secretFileName(target, secrets)}`;
        return { key: `${key}.secrets.${target}`, of: "file", kind: "secret", name };
      }),
      ...Object.keys(site.configs ?? {}).map((target): NamedObject => {
        const name = `${app}-${plainName(path.posix.basename(target))}`;
        return { key: `${key}.configs.${target}`, of: "file", kind: "config", name };
      }),
    ];
  });
}

/**
 * What the secret of a file is named after: the file's name, or its whole path where two have the same name; where that is the same, too, because
 * an engine does not take every character, with a hash of the path.
 *
 * @param target absolute path in the container
 * @param targets those of all files of the same app, `target` among them
 */
export function secretFileName(target: string, targets: readonly string[]): string {
  const nameOf = (file: string) => plainName(path.posix.basename(file));
  const pathOf = (file: string) => plainName(file.slice(1));
  const sameName = targets.filter((other) => nameOf(other) === nameOf(target));
  if (sameName.length <= 1) {
    return nameOf(target);
  }
  const samePath = sameName.filter((other) => pathOf(other) === pathOf(target));
  const hash = createHash("sha256").update(target).digest("hex").slice(0, 6);
  return samePath.length <= 1 ? pathOf(target) : `${pathOf(target)}-${hash}`;
}

/**
 * What the secret of a secret setting is named after: the last part of the setting's name, or all of it where two have the same.
 *
 * @param names of all secret settings of the site, `name` among them
 */
export function settingSecretName(name: string, names: readonly string[]): string {
  const target = (setting: string) => `/${setting.replaceAll("__", "/")}`;
  return `setting-${secretFileName(target(name), names.map(target))}`;
}

/** A text with a hyphen in place of each character that a name in a swarm may not have. */
export function plainName(text: string): string {
  return text.replace(/[^A-Za-z0-9_.-]/g, "-");
}
