import { isHarmless, isSecretName } from "../values/credentials";
import { nodeDirectoryMistake } from "./node-directory";

/** File systems that the local driver mounts and every node reaches: those of the kernel. An engine runs no program that mounts others, such as GlusterFS. */
const networkFileSystems = ["nfs", "nfs4", "cifs", "ceph"];

/** What is read of a volume to tell where its data stand. */
export interface StorageKeys {
  driver?: string | undefined;
  driverOptions?: Record<string, string> | undefined;
  shared?: boolean | undefined;
}

/** Whether a volume of the local driver stands on storage that other nodes reach, too. */
export function isNetworkStorage({ driver = "local", driverOptions = {}, shared = false }: StorageKeys): boolean {
  return driver === "local" && (shared || networkFileSystems.includes(driverOptions["type"] ?? ""));
}

/** The directory of a node that a volume of the local driver is; undefined where it is none, or where the driver mounts something else. */
export function nodeDirectory({ driver = "local", driverOptions = {} }: StorageKeys): string | undefined {
  const { device = "", o = "", type } = driverOptions;
  const binds = o.split(",").some((option) => option === "bind" || option === "rbind");
  return driver === "local" && type === "none" && binds && /^\/.*[^/]/.test(device) ? device : undefined;
}

/** The directory that a volume of the local driver binds, however the options say so. */
function boundDirectory({ driverOptions = {} }: StorageKeys): string | undefined {
  const { device, o = "", type } = driverOptions;
  const binds = o.split(",").some((option) => /^r?bind$/.test(option.trim())) || type === "bind";
  return binds ? device : undefined;
}

/** What is wrong with a volume, whatever else the stack has. Each mistake begins with the key to change. */
export function storageMistakes(key: string, storage: StorageKeys): string[] {
  const mistakes: string[] = [];
  const { driver = "local", driverOptions = {}, shared = false } = storage;
  if (driver === "local") {
    mistakes.push(...localOptionMistakes(`${key}.driverOptions`, driverOptions));
    const bound = boundDirectory(storage);
    const mistake = bound === undefined ? undefined : nodeDirectoryMistake(bound);
    if (mistake !== undefined) {
      mistakes.push(`${key}.driverOptions.device: ${mistake}`);
    }
  }
  mistakes.push(...secretOptionMistakes(key, storage));
  const example = `type none, o bind, device /mnt/shared/NAME, and ${key}.shared true`;
  if (driver === "local" && /^(fuse\.)?glusterfs$/.test(driverOptions["type"] ?? "")) {
    mistakes.push(
      `${key}.driverOptions.type: an engine cannot mount GlusterFS, which is no file system of the kernel. Mount it on each node, and name a directory of it: ${example} (docs/swarm-storage.md)`,
    );
  } else if (shared && nodeDirectory(storage) === undefined) {
    mistakes.push(
      `${key}.shared: says that a directory is the same on every node, and driverOptions name none. Give ${example}; or remove the key: what another driver or type nfs mounts is taken for shared anyway`,
    );
  }
  return mistakes;
}

/** What an engine's own driver knows, and what each needs beside it. */
const localOptions: Record<string, readonly string[]> = {
  type: ["device"],
  device: ["type"],
  o: ["type", "device"],
  size: [],
};

/** What the local driver of an engine refuses. */
function localOptionMistakes(key: string, options: Record<string, string>): string[] {
  return Object.keys(options).flatMap((name) => {
    const needed = localOptions[name];
    if (needed === undefined) {
      return [
        `${key}.${name}: the driver local knows ${Object.keys(localOptions).join(", ")} only. Remove it, or name another driver`,
      ];
    }
    const missing = needed.filter((other) => !options[other]);
    return missing.length > 0
      ? [`${key}.${name}: needs ${missing.join(" and ")} beside it. Add what is missing, or remove it`]
      : [];
  });
}

/** Secrets among the options of a volume: they stand in its description, and in every form that the stack is rendered to. */
function secretOptionMistakes(key: string, { driver = "local", driverOptions = {} }: StorageKeys): string[] {
  const isPath = (value: string) => value.startsWith("/");
  const plugin = `The options of a volume are read by everybody who may look at it. Give it to the plugin on each node instead, for example with \`docker plugin set ${driver} NAME=VALUE\``;
  return Object.entries(driverOptions).flatMap(([name, value]) => {
    const at = `${key}.driverOptions.${name}`;
    if (name !== "o") {
      return isSecretName(name) && !isHarmless(value) && !isPath(value)
        ? [`${at}: is a secret by its name. ${plugin}`]
        : [];
    }
    const secrets = value.split(",").flatMap((option) => secretIn(option.trim(), driverOptions["type"]));
    if (driver !== "local") {
      return secrets.map((option) => `${at}: ${option} is a secret. ${plugin}`);
    }
    const files = value
      .split(",")
      .flatMap((option) => /^\s*(cred|credentials|secretfile)(?==)/.exec(option)?.[1] ?? []);
    return [
      ...secrets.map(
        (option) =>
          `${at}: ${option} is a secret, and everybody who may look at the volume reads it. ${mountYourself(key)}`,
      ),
      ...files.map(
        (option) =>
          `${at}: ${option} is read by mount's own helpers, and an engine mounts without them, so nobody would log in. ${mountYourself(key)}`,
      ),
    ];
  });
}

/** The name of an option of a mount that holds a secret: `password=…`, or the password behind a user's name. */
function secretIn(option: string, type: string | undefined): string[] {
  const [name = "", value] = option.split(/=(.*)/s, 2);
  if (/^user(name)?$/.test(name) && value?.includes("%")) {
    return [`the password in ${name}`];
  }
  // Ceph's `key` names one that the kernel holds.
  const isName = type === "ceph" && name === "key";
  return isSecretName(name) && name !== "credentials" && !isName && value !== undefined && value !== "" ? [name] : [];
}

function mountYourself(key: string): string {
  const shared = /^(mysql|shop|monitoring)\b/.test(key) ? "" : `, and ${key}.shared true`;
  return `Mount it on each node, with its login in a file that root alone reads, and name a directory of it: type none, o bind, device /mnt/shared/NAME${shared} (docs/swarm-storage.md)`;
}
