import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { parse } from "yaml";
import { z } from "zod";
import { deploymentSchema, knownDeployment, rememberDeployment } from "../../home/deployments";
import { stateFile } from "../../deploy/pulumi/local-state";
import { machineDirectory, projectDirectory, renderedDirectory } from "../../home/project";
import { keepUnlockKey, readUnlockKey } from "../../home/unlock-key";
import { isMap, readMachineSettings, writeMachineSettings, type RawConfig } from "../../config/files/machine";
import { UserError } from "../../errors";
import { plainName } from "../format/plausible";
import { hasPassphrase, reencrypted, WrongPassphrase } from "./pulumi-state";

/*
 * What this machine keeps about one stack, and about no other.
 */

/** The form of that part of a backup. */
const schema = z.strictObject({
  version: z.literal(1),
  /** What deploys the stack, and what keeps its state. */
  deployed: deploymentSchema.optional(),
  /** Its settings of this machine. */
  settings: z.record(z.string(), z.unknown()),
  /** What unlocks the managers of its swarm. */
  unlockKey: z
    .string()
    .regex(/^SWMKEY-1-[A-Za-z0-9+/]+$/)
    .optional(),
  /** The files of the rendered form, in base64, by their path; passwords are among them. */
  rendered: z.record(
    z.string().refine((file) => file.split("/").every((name) => plainName.safeParse(name.replace(/^\./, "")).success)),
    z.base64(),
  ),
  /** Pulumi's state, its secrets encrypted with a passphrase that is made for this backup. */
  state: z.strictObject({ project: plainName, file: z.string(), passphrase: z.string() }).optional(),
});
export type Deployment = z.infer<typeof schema>;

/** Reads what this machine keeps about a stack; passwords are in it. */
export async function readDeployment(stack: string): Promise<Deployment> {
  const [deployed, unlockKey, state] = [knownDeployment(stack), readUnlockKey(stack), await readState(stack)];
  return {
    version: 1,
    settings: readMachineSettings(projectDirectory, stack),
    rendered: readFolder(renderedDirectory(stack)),
    ...(deployed === undefined ? {} : { deployed }),
    ...(unlockKey === undefined ? {} : { unlockKey }),
    ...(state === undefined ? {} : { state }),
  };
}

/** As the part of a backup holds it. */
export function deploymentText(deployment: Deployment): Readable {
  return Readable.from([Buffer.from(`${JSON.stringify(deployment, undefined, 2)}\n`)]);
}

/** @throws UserError for what this program does not write */
export async function parseDeployment(data: Readable, where: string): Promise<Deployment> {
  const result = schema.safeParse(JSON.parse(await textOf(data)));
  if (!result.success) {
    throw UserError.fromMistakes(
      `${where} says of this machine what no backup of this program says:`,
      result.error.issues.map(({ message, path: place }) => `${place.map(String).join(".")}: ${message}`),
    );
  }
  return result.data;
}

/**
 * Puts back what a machine that has none knew about a stack.
 *
 * @returns what was put back, in words; what is there already stays as it is
 * @throws UserError before anything is put back, where this machine's passphrase is not known
 */
export async function placeDeployment(deployment: Deployment, stack: string): Promise<string[]> {
  const { deployed, rendered, settings, state, unlockKey } = deployment;
  const placed: string[] = [];
  const statePath = state && stateFile(state.project, stack);
  if (state && statePath !== undefined && !fs.existsSync(statePath)) {
    const content = hasPassphrase(state.file)
      ? await reencrypted(state.file, state.passphrase, readPassphrase() ?? makePassphrase())
      : state.file;
    writeAnew(statePath, content);
    placed.push("Pulumi's state");
  }
  const directory = renderedDirectory(stack);
  if (Object.keys(rendered).length > 0 && !fs.existsSync(directory)) {
    for (const [file, content] of Object.entries(rendered)) {
      writeAnew(path.join(directory, file), Buffer.from(content, "base64"));
    }
    placed.push("the rendered form with its passwords");
  }
  const hasSettings = Object.keys(readMachineSettings(projectDirectory, stack)).length > 0;
  if (Object.keys(settings).length > 0 && !hasSettings) {
    writeMachineSettings(projectDirectory, stack, withoutMachines(settings));
    placed.push("settings of the machine");
  }
  if (unlockKey !== undefined && readUnlockKey(stack) === undefined) {
    keepUnlockKey(stack, unlockKey);
    placed.push("the key that unlocks the managers");
  }
  if (deployed !== undefined && knownDeployment(stack) === undefined) {
    rememberDeployment(stack, deployed);
    placed.push(`that ${deployed.engine === "pulumi" ? "Pulumi" : "the rendered form"} deploys it`);
  }
  const known = knownDeployment(stack);
  if (known?.engine === "pulumi") {
    rememberDeployment(stack, { ...known, restored: true });
  }
  return placed;
}

const passphraseFile = () => path.join(machineDirectory, "passphrase");

/** What encrypts the secrets of this machine's states; undefined where there is none. @throws UserError for a file without one */
function readPassphrase(): string | undefined {
  if (!fs.existsSync(passphraseFile())) {
    return undefined;
  }
  const passphrase = fs.readFileSync(passphraseFile(), "utf8").trim();
  if (passphrase === "") {
    throw new UserError(
      `${passphraseFile()} is empty. Put back the passphrase that this machine's states are encrypted with`,
    );
  }
  return passphrase;
}

/** @throws UserError where there are states already, which another one encrypts */
function makePassphrase(): string {
  const stacks = path.join(machineDirectory, "state", ".pulumi", "stacks");
  const states = fs.existsSync(stacks)
    ? fs.readdirSync(stacks, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"))
    : [];
  if (states.length > 0) {
    throw new UserError(
      `${passphraseFile()} is missing, and a passphrase that is not here encrypts ${states.map((name) => path.join(stacks, name)).join(", ")}. Put the file back, then run this again`,
    );
  }
  const passphrase = randomBytes(32).toString("base64url");
  writeAnew(passphraseFile(), `${passphrase}\n`);
  return passphrase;
}

/** The state that this machine keeps of a stack. @throws UserError where its passphrase is not known, since a restore could do nothing with it */
async function readState(stack: string): Promise<Deployment["state"]> {
  const { name: project } = parse(fs.readFileSync(path.join(projectDirectory, "Pulumi.yaml"), "utf8")) as {
    name: string;
  };
  const file = stateFile(project, stack);
  if (!fs.existsSync(file)) {
    return undefined;
  }
  const content = fs.readFileSync(file, "utf8");
  try {
    if (!hasPassphrase(content)) {
      return { project, file: content, passphrase: "" };
    }
    const own = readPassphrase();
    const fresh = randomBytes(32).toString("base64url");
    return { project, file: await reencrypted(content, own ?? "", fresh), passphrase: fresh };
  } catch (error) {
    if (error instanceof WrongPassphrase) {
      throw new UserError(
        `The passphrase in ${passphraseFile()} does not open ${file}, so no restore could go on from it. Put the right one there`,
      );
    }
    throw error instanceof SyntaxError
      ? new UserError(`${file} is damaged: ${error.message}. npm start -- --stack ${stack} says how to go on`)
      : error;
  }
}

/** Files of a folder by their path in it, in base64; none where there is no folder. */
function readFolder(folder: string): Record<string, string> {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  const files = names.filter((name) => fs.lstatSync(path.join(folder, name)).isFile());
  return Object.fromEntries(
    files.sort().map((name) => [name, fs.readFileSync(path.join(folder, name)).toString("base64")]),
  );
}

function writeAnew(file: string, content: string | Buffer): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, content, { mode: 0o600, flag: "wx" });
}

/** Settings of another machine without those that say where it reached its engines: they would win over what the stack file names here. */
export function withoutMachines(settings: RawConfig): RawConfig {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      isMap(value)
        ? Object.fromEntries(Object.entries(value).filter(([name]) => !addresses[key]?.includes(name)))
        : value,
    ]),
  );
}

const addresses: Readonly<Record<string, readonly string[]>> = {
  swarm: ["host", "nodes"],
  kubernetes: ["context", "kubeconfig"],
};
