import { keyOf } from "./issues";
import { isMap, type RawConfig } from "./files/machine";

/** An encrypted value, as `pulumi config set --secret` writes it into a stack file. To the running program the engine hands it decrypted, in the same form. */
export interface EncryptedValue {
  secure: string;
}

/** The keys of `analytics` that are secrets. */
export const analyticsTokens = ["adminToken", "trackerToken"] as const;

/** Whether a value that stands there may be encrypted: where it is used it is a secret, too. */
function mayBeEncrypted([map, app, key, name, ...rest]: readonly string[]): boolean {
  return (
    (map === "sites" && key === "secretSettings" && name !== undefined && rest.length === 0) ||
    (map === "analytics" && analyticsTokens.some((token) => token === app) && key === undefined)
  );
}

function isEncrypted(value: unknown): value is EncryptedValue {
  return isMap(value) && Object.keys(value).length === 1 && typeof value["secure"] === "string";
}

/** Where a stack file has encrypted values. */
export function encryptedPaths(value: unknown, path: readonly string[] = []): string[][] {
  if (isEncrypted(value)) {
    return [[...path]];
  }
  const entries = Array.isArray(value) ? [...value.entries()] : isMap(value) ? Object.entries(value) : [];
  return entries.flatMap(([key, entry]) => encryptedPaths(entry, [...path, String(key)]));
}

/** Those that would be plain text where they are used, in a container's settings, where everybody reads them who may look at the container. */
export function misplacedEncryption(value: unknown): string[][] {
  return encryptedPaths(value).filter((path) => !mayBeEncrypted(path));
}

/** What is said of one. */
export function encryptedMistake(path: readonly string[], platform: unknown): string {
  const [app = "", name = "<name>"] = path;
  const remedy =
    app === "sites"
      ? `Move it to sites.${name}.secretSettings where it is a setting of Ghost's`
      : `Put a secret into a file outside the repository and name the file in mailRelay.passwordFile${platform !== "kubernetes" && app === "wordpress" ? `, or under wordpress.${name}.secrets` : ""}`;
  return `${keyOf(path)}: is encrypted (secure), and would be plain text where it is used. ${remedy}; write what is no secret in plain text`;
}

/**
 * A value of the configuration as the engine hands it over, decrypted: its secrets in the form of a stack file again, so that the checks are told what is
 * one.
 *
 * @param key top-level key
 * @param written the value in the stack file; undefined where it is not from there, as with an environment of Pulumi ESC
 */
export function withSecretsMarked(key: string, value: unknown, written: unknown): unknown {
  const inFile = encryptedPaths(written, [key]);
  const all = inFile.length > 0 ? inFile : textPaths(value, [key]).filter(mayBeEncrypted);
  return all.length === 0 ? marked : all.reduce((rest, path) => markedAt(rest, path, path.slice(1)), value);
}

const marked: EncryptedValue = { secure: "decrypted" };

function markedAt(value: unknown, whole: readonly string[], [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) {
    return mayBeEncrypted(whole) && typeof value === "string" ? { secure: value } : marked;
  }
  if (Array.isArray(value)) {
    return value.map((entry: unknown, index) => (String(index) === key ? markedAt(entry, whole, rest) : entry));
  }
  return isMap(value) ? { ...value, [key]: markedAt(value[key], whole, rest) } : value;
}

/** Where a value has texts. */
function textPaths(value: unknown, path: readonly string[]): string[][] {
  if (typeof value === "string") {
    return [[...path]];
  }
  return isMap(value) ? Object.entries(value).flatMap(([key, entry]) => textPaths(entry, [...path, key])) : [];
}

/** The keys of a configuration that are encrypted. */
export function encryptedKeys(raw: RawConfig): string[] {
  return encryptedPaths(raw).map(keyOf);
}
