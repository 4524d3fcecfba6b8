import { sitesOf } from "../apps";
import { isHarmless, isSecretName, withoutCredentials } from "../values/credentials";
import { secretInstead } from "../ghost-settings";
import { isMap } from "../files/machine";
import type { ParsedStack } from "../schema";

/** A configuration without the logins in its addresses, so that no other message shows one, and what is wrong with it. */
interface WithoutLogins {
  value: unknown;
  mistakes: string[];
}

/** Finds the addresses with a login or a secret parameter, wherever they stand in a configuration as it is written. */
export function takeLogins(value: unknown, path: readonly string[] = []): WithoutLogins {
  if (typeof value === "string") {
    const rest = withoutCredentials(value, path.at(-1) ?? "");
    return { value: rest, mistakes: rest === value ? [] : [`${path.join(".")}: ${loginWords(path)}`] };
  }
  if (Array.isArray(value)) {
    const taken = value.map((entry: unknown, index) => takeLogins(entry, [...path, String(index)]));
    return { value: taken.map((entry) => entry.value), mistakes: taken.flatMap(({ mistakes }) => mistakes) };
  }
  if (!isMap(value)) {
    return { value, mistakes: [] };
  }
  const taken = Object.entries(value).map(([key, entry]) => [key, takeLogins(entry, [...path, key])] as const);
  return {
    value: Object.fromEntries(taken.map(([key, entry]) => [key, entry.value])),
    mistakes: taken.flatMap(([, { mistakes }]) => mistakes),
  };
}

const readers = "everybody would read it who may look at a container, a volume, a rendered file or a link";

function loginWords(path: readonly string[]): string {
  const [app = "", , key = "", name = ""] = path;
  const words = `must be without a login or secret in the address: ${readers}`;
  switch (true) {
    case key === "settings":
      return `${words}. ${secretInstead(name)}`;
    case key === "url":
      return `${words}. To ask readers for a login, have the proxy in front of the site ask, or make the site private in its admin`;
    case key === "logForwarder":
      return `${words}. Name a collector that takes the lines without one, and hands them on`;
    case key === "storage" || path.includes("driverOptions"):
      return `${words}. Mount the share on each node, and name a directory of it (docs/swarm-storage.md), or give the login to the volume plugin`;
    case key === "configs":
      return `${words}. Give the whole file under ${app}.${path[1] ?? ""}.secrets`;
    case path.includes("podPresets"):
      return `${words}. Take the value from a Secret of the cluster: valueFrom.secretKeyRef`;
    case app === "swarm":
      return `${words}. Log in with a key of ssh, or with a file that root of the node alone reads`;
    default:
      return `${words}. Write the address without it`;
  }
}

/** Values that are secrets by their names, where every reader of the stack's objects would see them. Ghost's settings and options of volumes are checked with theirs. */
export function namedSecretMistakes(config: ParsedStack): string[] {
  const isSecret = (name: string, value: unknown) =>
    value !== undefined &&
    isSecretName(name) &&
    !isHarmless(value) &&
    !(typeof value === "string" && value.startsWith("/"));
  const secretsIn = (at: string, values: Record<string, unknown>, remedy: string) =>
    Object.entries(values).flatMap(([name, value]) =>
      isSecret(name, value)
        ? [`${at}.${name}: is a secret by its name, and would be read by everybody. ${remedy}`]
        : [],
    );
  const presets = (config.kubernetes?.podPresets ?? []).flatMap(({ env = [], volumes = [] }, index) => {
    const at = `kubernetes.podPresets.${index}`;
    return [
      ...env.flatMap(({ name, value }, number) =>
        isSecret(name, value)
          ? [
              `${at}.env.${number}.value: ${name} is a secret by its name, and the value would be read by everybody who may look at the pod. Take it from a Secret of the cluster: valueFrom.secretKeyRef`,
            ]
          : [],
      ),
      ...volumes.flatMap((volume, number) =>
        (
          [
            ["csi", "volumeAttributes", "nodePublishSecretRef"],
            ["flexVolume", "options", "secretRef"],
          ] as const
        ).flatMap(([kind, key, reference]) => {
          const source = volume[kind];
          const values = isMap(source) ? source[key] : undefined;
          const place = `${at}.volumes.${number}.${kind}`;
          return isMap(values)
            ? secretsIn(`${place}.${key}`, values, `Put it into a Secret, and name that in ${place}.${reference}`)
            : [];
        }),
      ),
    ];
  });
  const values = sitesOf(config).flatMap(([key, { configs = {} }]) =>
    Object.entries(configs).flatMap(([target, { values: filledIn }]) =>
      secretsIn(`${key}.configs.${target}.values`, filledIn, `Give the whole file under ${key}.secrets`),
    ),
  );
  const options = (["options", "sourceOptions", "replicaOptions"] as const).flatMap((name) =>
    secretsIn(`mysql.${name}`, config.mysql[name], "Remove it: the options stand in a file that everybody may read"),
  );
  return [...presets, ...values, ...options];
}
