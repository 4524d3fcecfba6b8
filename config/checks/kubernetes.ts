import { missingContext } from "../kubernetes/kubeconfig";
import { hasInbox, runsDatabaseServer } from "../apps";
import { nodeDirectoryMistake } from "../swarm/node-directory";
import type { ParsedStack } from "../schema";
import { circleMistakes } from "./routes";
import { volumeMistakes } from "./volumes";

/** What cannot be on Kubernetes. */
export function kubernetesMistakes(config: ParsedStack): string[] {
  const mistakes: string[] = [];
  const { mailpit } = config;
  if (!config.kubernetes) {
    mistakes.push(`kubernetes.context: ${missingContext()}`);
  }
  mistakes.push(...pageMistakes("mailpit", "the inbox", mailpit));
  mistakes.push(...(config.monitoring ? pageMistakes("monitoring", "the dashboards", config.monitoring) : []));
  if (mailpit.storage.hostPath && mailpit.storage.nfs) {
    mistakes.push("mailpit.storage: hostPath and nfs exclude each other. Keep one");
  }
  const wrongDirectory =
    mailpit.storage.hostPath === undefined ? undefined : nodeDirectoryMistake(mailpit.storage.hostPath);
  if (wrongDirectory !== undefined) {
    mistakes.push(`mailpit.storage.hostPath: ${wrongDirectory}`);
  }
  const rootOwned = mailpit.storage.hostPath ? "hostPath" : mailpit.storage.nfs ? "nfs" : undefined;
  if (rootOwned && mailpit.storage.storageClass) {
    mistakes.push(`mailpit.storage.storageClass: ${rootOwned} brings a volume of its own. Remove one of the two`);
  }
  const asRoot = claims(config).flatMap(([key, { storage }]) =>
    storage.volumePermissions
      ? [`${key}.storage.volumePermissions`]
      : key === "mailpit" && rootOwned && storage.volumePermissions === undefined
        ? [`mailpit.storage.${rootOwned}`]
        : [],
  );
  if (asRoot.length > 0 && config.kubernetes?.podSecurity === "restricted") {
    mistakes.push(
      `kubernetes.podSecurity: must be baseline with ${asRoot.join(", ")}. An init container gives the volume to the app's user as root, which "restricted" does not admit. Or give it to that user yourself, and set volumePermissions of that storage to false`,
    );
  }
  const presets = (config.kubernetes?.podPresets ?? []).map(({ name }) => name);
  for (const name of new Set(presets.filter((preset, index) => presets.indexOf(preset) !== index))) {
    mistakes.push(`kubernetes.podPresets: two are named ${name}. Give each its own name`);
  }
  const standard = config.kubernetes?.podSecurity ?? "restricted";
  return [
    ...mistakes,
    ...(config.kubernetes?.podPresets ?? []).flatMap(({ volumeMounts = [], volumes = [] }, index) =>
      volumeMistakes(`kubernetes.podPresets.${index}.volumes`, volumes, volumeMounts, standard),
    ),
  ];
}

/** A page that is no site, with an Ingress, a route or a host alone. */
function pageMistakes(
  key: string,
  what: string,
  { host, ingress, route }: Pick<ParsedStack["mailpit"], "host" | "ingress" | "route">,
) {
  const by = ingress ? "An Ingress" : route ? "A route" : undefined;
  return [
    ...(by !== undefined && !host
      ? [`${key}.host: missing. ${by} for ${what} needs the host name it answers for`]
      : []),
    ...(host && by === undefined
      ? [`${key}.host: without effect. Add ${key}.ingress or ${key}.route, or remove the key`]
      : []),
    ...(ingress && route
      ? [`${key}.route: an Ingress publishes ${what} already. Keep one of ${key}.ingress and ${key}.route`]
      : []),
    ...(route ? circleMistakes(`${key}.route`, route) : []),
  ];
}

/** What has a claim, by its key. */
function claims(config: ParsedStack) {
  return [
    ...(runsDatabaseServer(config) ? [["mysql", config.mysql] as const] : []),
    ...(hasInbox(config) ? [["mailpit", config.mailpit] as const] : []),
    ...Object.entries(config.sites).map(([name, site]) => [`sites.${name}`, site] as const),
    ...(config.monitoring ? [["monitoring", config.monitoring] as const] : []),
  ];
}
