import * as path from "node:path";

/** Folders of a machine that are the system's with all below them: programs, what is running, and what its engines keep. */
const systemFolder =
  /^\/(bin|boot|dev|etc|lib[^/]*|lost\+found|nix|proc|root|run|sbin|snap|sys|usr|var\/(run|lock|lib\/(containerd|containers|cni|crio|docker|dpkg|etcd|k0s|kubelet|rancher|rpm|snapd|systemd)))(\/|$)/;
/** Folders in which many keep theirs: one level deep, those of the system's programs, and those of people. */
const folderOfMany = /^\/[^/]*$|^\/var\/(cache|lib|local|log|mail|opt|spool|tmp)$|^\/home\/[^/]+$/;

/** Whether a path of a machine, however it is written, is the system's or everybody's: nothing to hand to an app. */
export function isSystemFolder(directory: string): boolean {
  const place = normalized(directory);
  return !place.startsWith("/") || systemFolder.test(place) || folderOfMany.test(place);
}

/** What is wrong with a folder of a node that an app is to keep its data in; follows the key. Undefined: nothing. */
export function nodeDirectoryMistake(directory: string): string | undefined {
  if (!isSystemFolder(directory)) {
    return undefined;
  }
  const place = normalized(directory);
  const said = place === directory ? `"${directory}"` : `"${directory}", which is ${place}`;
  return `must be a folder of a node that is this app's alone: an absolute path of two levels or more, outside the folders of the system and of people, such as /srv/mail (got ${said}). What is in it would become the app's`;
}

/** Without `..`, `.`, empty parts and a slash at the end. */
function normalized(directory: string): string {
  return path.posix
    .normalize(directory)
    .replace(/^\/+/, "/")
    .replace(/(?<=.)\/+$/, "");
}
