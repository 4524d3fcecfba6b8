import { isUtf8 } from "node:buffer";
import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { AppFilesConfig } from "../schema";

/**
 * What a swarm takes at most, in bytes. Configs may be twice as large from Docker 24 on; the smaller limit holds everywhere.
 */
export const largestFile = 500 * 1024;
/** A certificate that ends sooner is refused: nobody deploys one to renew it within days. */
const daysLeft = 3;

/** Files of the project that an app gets as secrets and configs: content by absolute path in its containers. */
export interface AppFiles {
  secrets: Record<string, Uint8Array>;
  configs: Record<string, Uint8Array>;
}

/** What becomes of the files that a stack file names, and what is wrong with them, by key. */
export interface ReadAppFiles {
  files: AppFiles;
  mistakes: string[];
}

/**
 * Reads and checks the files of an app.
 *
 * @param key of the app in the stack file, for example `wordpress.magazine`
 * @param host name that a certificate must be for
 * @param directory folder that relative paths are read from
 */
export function readAppFiles(key: string, app: AppFilesConfig, host: string, directory: string): ReadAppFiles {
  const mistakes: string[] = [];
  const files: AppFiles = { secrets: {}, configs: {} };
  const read = (fileKey: string, file: string, check: (content: Buffer) => string | undefined): Buffer | undefined => {
    let content: Buffer;
    try {
      content = fs.readFileSync(path.resolve(directory, file));
    } catch (error) {
      mistakes.push(`${fileKey}.file: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`);
      return undefined;
    }
    const wrong = sizeMistake(content) ?? check(content);
    if (wrong !== undefined) {
      mistakes.push(`${fileKey}.file: ${file} ${wrong}`);
      return undefined;
    }
    return content;
  };
  for (const [target, { file, kind }] of Object.entries(app.secrets ?? {})) {
    const content = read(`${key}.secrets.${target}`, file, (text) => kindMistake(kind, text, host));
    if (content !== undefined) {
      files.secrets[target] = content;
    }
  }
  for (const [target, { file, kind, values }] of Object.entries(app.configs ?? {})) {
    const configKey = `${key}.configs.${target}`;
    const template = read(configKey, file, () => undefined);
    if (template === undefined) {
      continue;
    }
    if (!isUtf8(template) && Object.keys(values).length > 0) {
      mistakes.push(
        `${configKey}.values: ${file} is not text in UTF-8, so nothing can be filled in. Remove the values, and it arrives as it is`,
      );
      continue;
    }
    const { content, missing } = filled(template, values);
    if (missing.length > 0) {
      mistakes.push(`${configKey}.values: ${file} has {{${missing.join("}}, {{")}}}, for which there is no value`);
    }
    const wrong = sizeMistake(content) ?? (kind === "json" ? kindMistake("json", content, host) : undefined);
    if (wrong !== undefined) {
      mistakes.push(`${configKey}.file: ${file} ${wrong}`);
    }
    files.configs[target] = content;
  }
  return { files, mistakes };
}

function sizeMistake(content: Buffer): string | undefined {
  const size = content.length;
  if (size === 0) {
    return "is empty, and a swarm takes nothing empty";
  }
  return size > largestFile
    ? `has ${Math.ceil(size / 1024)} KiB, and a swarm takes at most ${largestFile / 1024} KiB. Put it into the image or on a volume`
    : undefined;
}

function kindMistake(kind: "text" | "json" | "certificate", content: Buffer, host: string): string | undefined {
  switch (kind) {
    case "text":
      return undefined;
    case "json":
      try {
        JSON.parse(content.toString("utf8"));
        return undefined;
      } catch {
        // The parser's own message quotes the content, which is a secret.
        return "is not JSON";
      }
    case "certificate":
      return certificateMistake(content, host);
  }
}

function certificateMistake(content: Buffer, host: string): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(content);
  } catch {
    return "holds no certificate in PEM form";
  }
  const end = new Date(certificate.validTo);
  if (end.getTime() < Date.now() + daysLeft * 24 * 3600 * 1000) {
    return `holds a certificate that is valid until ${end.toISOString().slice(0, 10)} only. Renew it`;
  }
  return certificate.checkHost(host) === undefined
    ? `holds a certificate for ${certificate.subjectAltName ?? certificate.subject}, not for ${host}`
    : undefined;
}

/** A template with `{{name}}` replaced by the value of that name, and the names that have none. What is not text in UTF-8 stays as it is. */
function filled(template: Buffer, values: Record<string, string | number | boolean>) {
  if (!isUtf8(template)) {
    return { content: template, missing: [] };
  }
  const missing = new Set<string>();
  const content = template.toString("utf8").replace(/\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}/g, (all, name: string) => {
    const value = values[name];
    if (value === undefined) {
      missing.add(name);
      return all;
    }
    return String(value);
  });
  return { content: Buffer.from(content), missing: [...missing] };
}
