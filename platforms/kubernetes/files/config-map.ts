import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../../errors";
import { contentHash } from "../../content-hash";
import { readEnvFile } from "./env-file";

/** What a ConfigMap is made from. Paths that are not absolute are below the folder in which the program runs. */
export interface ConfigMapSources {
  /** Folders: each file directly in one becomes a key of its name. Folders and links in it are left out, as kubectl does. */
  directories?: readonly string[];
  /** Files: a path, whose last part becomes the key, or a path with the key it gets. */
  files?: readonly (string | { key: string; path: string })[];
  /** Values by key. */
  literals?: Readonly<Record<string, string>>;
  /** Env files: each variable becomes a key. See `readEnvFile` for the rules. As with kubectl, not beside other sources. */
  envFiles?: readonly string[];
}

/** The content of a ConfigMap; a map without entries is left out. */
export interface ConfigMapContent {
  data?: Record<string, string>;
  /** Files that are not UTF-8, in base64. */
  binaryData?: Record<string, string>;
}

/** The API server's limit for all values together, in bytes. */
const largestContent = 1024 * 1024;

/**
 * Makes the content of a ConfigMap by the rules of `kubectl create configmap`.
 *
 * @param environment where env files look up names without a value
 * @throws UserError that lists every mistake: what cannot be read, is no key, comes from two sources, is too large
 */
export function configMapContent(
  sources: ConfigMapSources,
  environment: Record<string, string | undefined> = process.env,
): ConfigMapContent {
  const mistakes: string[] = [];
  const entries = new Map<string, { value: Buffer; source: string }>();
  const add = (key: string, value: Buffer, source: string) => {
    const taken = entries.get(key);
    const wrong = keyMistake(key);
    if (wrong) {
      mistakes.push(`${source}: "${key}" cannot be a key: ${wrong}`);
    } else if (taken) {
      mistakes.push(`key ${key}: comes from ${taken.source} and from ${source}. Keep one, or give one another key`);
    } else {
      entries.set(key, { value, source });
    }
  };
  const { directories = [], envFiles = [], files = [], literals = {} } = sources;
  if (envFiles.length > 0 && directories.length + files.length + Object.keys(literals).length > 0) {
    mistakes.push("envFiles: cannot stand beside other sources. Make a ConfigMap of their own");
  }
  for (const directory of directories) {
    for (const name of attempt(directory, () => filesIn(directory), mistakes) ?? []) {
      addFile(name, path.join(directory, name));
    }
  }
  for (const file of files) {
    addFile(typeof file === "string" ? path.basename(file) : file.key, typeof file === "string" ? file : file.path);
  }
  for (const [key, value] of Object.entries(literals)) {
    add(key, Buffer.from(value), "literals");
  }
  for (const file of envFiles) {
    const content = attempt(file, () => fs.readFileSync(file), mistakes);
    const read = readEnvFile(content ?? Buffer.alloc(0), environment);
    mistakes.push(...read.mistakes.map((mistake) => `${file}, ${mistake}`));
    read.lines.forEach(({ key, line, value }) => add(key, Buffer.from(value), `${file}, line ${line}`));
  }
  const size = [...entries.values()].reduce((sum, { value }) => sum + value.length, 0);
  if (size > largestContent) {
    mistakes.push(`the values have ${size} bytes together: a ConfigMap takes ${largestContent} (1 MiB). Split it`);
  }
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("a ConfigMap cannot be made:", mistakes);
  }
  return contentOf(entries);

  function addFile(key: string, file: string): void {
    const value = attempt(file, () => fs.readFileSync(file), mistakes);
    if (value) {
      add(key, value, file);
    }
  }
}

/** A ConfigMap of the program. */
export interface MadeConfigMap {
  name: pulumi.Output<string>;
  /** Changes with the content. In the pod template (see `podTemplate`), it makes the pods restart with what they read. */
  hash: string;
}

/**
 * Makes a ConfigMap from files, folders, values or env files.
 *
 * @throws UserError see `configMapContent`
 */
export function configMap(
  metadata: { name: string; namespace: pulumi.Input<string>; labels?: Record<string, string> },
  sources: ConfigMapSources,
  options: pulumi.CustomResourceOptions,
): MadeConfigMap {
  const content = configMapContent(sources);
  const made = new k8s.core.v1.ConfigMap(metadata.name, { metadata, ...content }, options);
  return { name: made.metadata.name, hash: contentHash(JSON.stringify(content)) };
}

function contentOf(entries: ReadonlyMap<string, { value: Buffer }>): ConfigMapContent {
  const sorted = [...entries].sort(([left], [right]) => (left < right ? -1 : 1));
  const text = sorted.filter(([, { value }]) => isUtf8(value)).map(([key, { value }]) => [key, value.toString("utf8")]);
  const binary = sorted
    .filter(([, { value }]) => !isUtf8(value))
    .map(([key, { value }]) => [key, value.toString("base64")]);
  return {
    ...(text.length > 0 ? { data: Object.fromEntries(text) as Record<string, string> } : {}),
    ...(binary.length > 0 ? { binaryData: Object.fromEntries(binary) as Record<string, string> } : {}),
  };
}

function keyMistake(key: string): string | undefined {
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    return "letters, digits, -, _ and . are allowed";
  }
  if (key.length > 253) {
    return `it has ${key.length} characters, 253 are allowed`;
  }
  return key === "." || key.startsWith("..") ? "it may be neither . nor begin with .." : undefined;
}

function filesIn(directory: string): string[] {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

/** What `read` returns; a failure becomes a mistake that names the file. */
function attempt<Value>(file: string, read: () => Value, mistakes: string[]): Value | undefined {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "does not exist",
      EACCES: "may not be read",
      EISDIR: "is a folder: name it under directories",
      ENOTDIR: "is no folder",
    };
    mistakes.push(`${file}: ${reasons[code ?? ""] ?? message}`);
    return undefined;
  }
}
