import { missingContext } from "../kubeconfig";
import type { ParsedStack } from "../schema";

/** What cannot be on Kubernetes. */
export function kubernetesMistakes(config: ParsedStack): string[] {
  const mistakes: string[] = [];
  const { mailpit } = config;
  if (!config.kubernetes) {
    mistakes.push(`kubernetes.context: ${missingContext()}`);
  }
  if (mailpit.ingress && !mailpit.host) {
    mistakes.push("mailpit.host: missing. An Ingress for the inbox needs the host name it answers for");
  }
  if (mailpit.host && !mailpit.ingress) {
    mistakes.push("mailpit.host: without effect. Add mailpit.ingress, or remove the key");
  }
  if (mailpit.storage.hostPath && mailpit.storage.nfs) {
    mistakes.push("mailpit.storage: hostPath and nfs exclude each other. Keep one");
  }
  const rootOwned = mailpit.storage.hostPath ? "hostPath" : mailpit.storage.nfs ? "nfs" : undefined;
  if (rootOwned && mailpit.storage.storageClass) {
    mistakes.push(`mailpit.storage.storageClass: ${rootOwned} brings a volume of its own. Remove one of the two`);
  }
  if (rootOwned && config.kubernetes?.podSecurity === "restricted") {
    mistakes.push(
      `kubernetes.podSecurity: must be baseline with mailpit.storage.${rootOwned}. Such a volume ignores fsGroup, so an init container has to chown it as root, which "restricted" does not admit`,
    );
  }
  const presets = (config.kubernetes?.podPresets ?? []).map(({ name }) => name);
  for (const name of new Set(presets.filter((preset, index) => presets.indexOf(preset) !== index))) {
    mistakes.push(`kubernetes.podPresets: two are named ${name}. Give each its own name`);
  }
  return mistakes;
}
