import * as crypto from "node:crypto";
import * as path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { UserError } from "../../errors";
import { entriesOf, readText, writeContent } from "../../files/files";
import type { PersonsBackend } from "../../home/deployments";
import { stateFile } from "./local-state";
import { machineDirectory } from "../../home/project";

/*
 * What encrypts the secrets of a state. The engine checks it late, and takes PULUMI_CONFIG_PASSPHRASE before a file; here it is one, and proved before
 * anything is touched.
 */

const variable = "PULUMI_CONFIG_PASSPHRASE";
const fileVariable = "PULUMI_CONFIG_PASSPHRASE_FILE";
const pbkdf2 = promisify(crypto.pbkdf2);

/**
 * The file with the passphrase of the states in this project's folder; made where none of them is encrypted yet.
 *
 * @throws UserError where a state is encrypted and the passphrase is missing, empty, or another one
 */
export async function localPassphraseFile(project: string, stack: string): Promise<string> {
  const file = path.join(machineDirectory, "passphrase");
  const passphrase = readText(file)?.trim();
  const salt = saltOf(stateFile(project, stack));
  if (!passphrase) {
    const encrypted = salt === undefined ? encryptedStates() : [stateFile(project, stack)];
    if (encrypted.length > 0) {
      throw UserError.fromMistakes(
        `${file}, the passphrase of this project's states, ${passphrase === undefined ? "is missing" : "is empty"}, and these are encrypted with it. Put it back from a backup of this folder or of the stack; a new one opens none of them. Where it is lost: docs/troubleshooting.md`,
        encrypted,
      );
    }
    writeContent(file, `${crypto.randomBytes(32).toString("base64url")}\n`);
  } else if (salt !== undefined && !(await opens(passphrase, salt))) {
    throw new UserError(
      `${file} holds another passphrase than the one that the state of stack ${stack} is encrypted with (${stateFile(project, stack)}). Both come from one folder: put them back from the same backup. Where the passphrase is lost: docs/troubleshooting.md`,
    );
  }
  return file;
}

/**
 * Sees to it that the passphrase in the environment is that of a stack whose state is kept by a backend of the person's.
 *
 * @param stackFile path of its Pulumi.<stack>.yaml, and what that says
 * @throws UserError where it is missing or another one
 */
export async function provePassphrase(
  backend: PersonsBackend,
  stackFile: { path: string; encryptionsalt?: unknown; secretsprovider?: unknown },
): Promise<void> {
  const { encryptionsalt: salt, path: file, secretsprovider: provider } = stackFile;
  const isPassphrase = provider === undefined || provider === "passphrase" || provider === "default";
  // A service has keys of its own, unless the stack file says otherwise.
  if (typeof salt !== "string" && (!isPassphrase || /^https?:/.test(backend.url))) {
    return;
  }
  const given = passphraseOfEnvironment();
  if (given === undefined) {
    throw new UserError(
      `The secrets of a stack in ${backend.url} are encrypted with a passphrase of yours, and none is given. Name a file with it (mode 0600): export ${fileVariable}=FILE`,
    );
  }
  if (typeof salt === "string" && !(await opens(given.passphrase, salt))) {
    throw new UserError(
      `The passphrase in ${given.from} is not the one that ${file} is encrypted with (encryptionsalt). Give that one; ${variable} wins over ${fileVariable}`,
    );
  }
}

/** As the engine takes it: an empty variable is an empty passphrase. */
function passphraseOfEnvironment(): { passphrase: string; from: string } | undefined {
  const direct = process.env[variable];
  if (direct !== undefined) {
    return { passphrase: direct, from: variable };
  }
  const file = process.env[fileVariable];
  if (!file) {
    return undefined;
  }
  const text = readText(path.resolve(file));
  if (text === undefined) {
    throw new UserError(`${file}, which ${fileVariable} names, is not there`);
  }
  return { passphrase: text.trim(), from: file };
}

/**
 * Whether a passphrase is the one that a salt was made with: `v1:SALT:v1:NONCE:CIPHER`, in which the word "pulumi" is encrypted.
 *
 * @throws UserError for what is no such salt
 */
export async function opens(passphrase: string, salt: string): Promise<boolean> {
  const [version, random, check, nonce, sealed] = salt.split(":");
  if (version !== "v1" || check !== "v1" || !random || !nonce || !sealed) {
    throw new UserError(
      `The encryptionsalt ${salt.slice(0, 12)}… has a form that is not known here. Put it back from a backup`,
    );
  }
  const key = await pbkdf2(passphrase, Buffer.from(random, "base64"), 1_000_000, 32, "sha256");
  const bytes = Buffer.from(sealed, "base64");
  const tagLength = 16;
  const decipher = crypto.createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  try {
    decipher.setAuthTag(bytes.subarray(-tagLength));
    const plain = Buffer.concat([decipher.update(bytes.subarray(0, -tagLength)), decipher.final()]);
    return plain.toString() === "pulumi";
  } catch {
    return false;
  }
}

/** Whether the passphrase in a file is the one that a salt was made with. */
export async function opensFile(file: string, salt: string): Promise<boolean> {
  return opens(readText(file)?.trim() ?? "", salt);
}

const stateSchema = z.object({
  checkpoint: z.object({
    latest: z
      .object({
        secrets_providers: z
          .object({ type: z.string(), state: z.object({ salt: z.string().optional() }).optional() })
          .optional(),
      })
      .nullish(),
  }),
});

/** The salt of a state, where it is encrypted with a passphrase; undefined where there is no state, or a damaged one, which others tell. */
export function saltOf(file: string): string | undefined {
  const text = readText(file);
  try {
    const state = stateSchema.safeParse(JSON.parse(text ?? "null"));
    return state.data?.checkpoint.latest?.secrets_providers?.state?.salt;
  } catch {
    return undefined;
  }
}

/** The states of this project's folder that are encrypted. */
function encryptedStates(): string[] {
  const stacks = path.join(machineDirectory, "state", ".pulumi", "stacks");
  return entriesOf(stacks)
    .flatMap((project) => entriesOf(path.join(stacks, project)).map((name) => path.join(stacks, project, name)))
    .filter((file) => file.endsWith(".json") && saltOf(file) !== undefined);
}
