import * as path from "node:path";
import { LocalWorkspace, PulumiCommand, StackNotFoundError, type Stack } from "@pulumi/pulumi/automation";
import { z } from "zod";
import { UserError } from "../../errors";
import { readOwnFile, writeOwnFile, type OwnFileKind } from "../../files/own-file";
import type { KeptBackend } from "../../home/deployments";
import type { PulumiEngine } from "./cli";
import { earlierEngineEnded, refuseCutOff, stateDirectory, stateFile } from "./local-state";
import { localPassphraseFile, opensFile, provePassphrase, saltOf } from "./passphrase";
import { encryptedKeys } from "../../config/encrypted-values";
import { machineDirectory, projectDirectory, shown } from "../../home/project";
import { projectFile } from "./project";
import { toldByPulumi } from "./words";

/** A stack of the Pulumi engine, and whose state it is. */
export interface OpenedStack {
  stack: Stack;
  /** Name of its Pulumi project. */
  project: string;
  backend: KeptBackend;
}

/** A Pulumi project beside this one, whose configuration is given instead of a stack file. */
export interface OtherProgram {
  /** Folder with its Pulumi.yaml. */
  directory: string;
  /** Configuration by key: `web-app:release`. */
  config: Record<string, string>;
}

/**
 * Proves that the passphrase is the one that the secrets of a stack are encrypted with, before anything is touched.
 *
 * @throws UserError where it is not
 */
export async function proveSecrets(name: string, backend: KeptBackend, directory = projectDirectory): Promise<void> {
  const { name: project } = projectFile(directory);
  if (backend === "local") {
    await mustOpenStackFile(await localPassphraseFile(project, name), name, directory);
  } else {
    const own = directory === projectDirectory;
    const file = path.join(own ? directory : workspaceDirectory(project), `Pulumi.${name}.yaml`);
    const { encryptionsalt, secretsprovider } = readOwnFile(file, stackFileKind) ?? {};
    await provePassphrase(backend, { path: file, encryptionsalt, secretsprovider });
  }
}

/** What a stack file says of how its own values are encrypted, where it has such values. */
function encryptionOf(name: string, directory: string): { salt?: string; hasValues: boolean } {
  const stackFile = readOwnFile(path.join(directory, `Pulumi.${name}.yaml`), stackFileKind) ?? {};
  const { config, encryptionsalt } = stackFile;
  return {
    hasValues: encryptedKeys((config ?? {}) as Record<string, unknown>).length > 0,
    ...(typeof encryptionsalt === "string" ? { salt: encryptionsalt } : {}),
  };
}

/** @throws UserError where values of a stack file are encrypted with another passphrase than that of the states in this project's folder */
async function mustOpenStackFile(passphrase: string, name: string, directory: string): Promise<void> {
  const { hasValues, salt } = encryptionOf(name, directory);
  if (hasValues && !(salt !== undefined && (await opensFile(passphrase, salt)))) {
    throw new UserError(
      `Pulumi.${name}.yaml has values that are encrypted with another passphrase than ${shown(passphrase)}, which is that of this stack's state: nobody is logged in to a backend of Pulumi's, so the state is kept in a folder of this project. Either log in (pulumi login), or remove encryptionsalt from the file and encrypt the values for this folder:\n  PULUMI_BACKEND_URL=file://${stateDirectory()} PULUMI_CONFIG_PASSPHRASE_FILE=${passphrase} pulumi config set --stack ${name} --secret --path KEY`,
    );
  }
}

/**
 * Opens a stack where its state is kept: in a folder of this project, encrypted with a passphrase made here, or by a backend of the person's. An
 * engine that still writes to that folder is waited for.
 *
 * @param other the program, where it is not this project's own
 * @returns undefined where that backend has no such stack
 * @throws UserError where that state is cut off, or nobody can tell whether an engine works on it
 */
export async function findStack(
  name: string,
  engine: PulumiEngine,
  other?: OtherProgram,
): Promise<OpenedStack | undefined> {
  try {
    return await openedStack(name, engine, other, "select");
  } catch (error) {
    if (error instanceof StackNotFoundError) {
      return undefined;
    }
    throw error;
  }
}

/** The same; makes the stack where there is none. */
export function openStack(name: string, engine: PulumiEngine, other?: OtherProgram): Promise<OpenedStack> {
  return openedStack(name, engine, other, "createOrSelect");
}

async function openedStack(
  name: string,
  { backend, cli }: PulumiEngine,
  other: OtherProgram | undefined,
  mode: "createOrSelect" | "select",
): Promise<OpenedStack> {
  const pulumiCommand = await PulumiCommand.get(cli.root ? { root: cli.root } : undefined);
  const directory = other?.directory ?? projectDirectory;
  const { name: project } = projectFile(directory);
  const [open, quiet] = [
    mode === "select"
      ? LocalWorkspace.selectStack.bind(LocalWorkspace)
      : LocalWorkspace.createOrSelectStack.bind(LocalWorkspace),
    { PULUMI_SKIP_UPDATE_CHECK: "true" },
  ];
  if (backend !== "local") {
    const workDir = other ? await localWorkspace(name, other) : projectDirectory;
    const stackName = backend.organization === undefined ? name : `${backend.organization}/${project}/${name}`;
    const envVars = { ...quiet, PULUMI_BACKEND_URL: backend.url };
    return {
      stack: await toldByPulumi(() => open({ stackName, workDir }, { pulumiCommand, envVars })),
      project,
      backend,
    };
  }
  const passphrase = await localPassphraseFile(project, name);
  // The engine would take it before the file.
  delete process.env["PULUMI_CONFIG_PASSPHRASE"];
  const envVars = {
    ...quiet,
    PULUMI_BACKEND_URL: `file://${stateDirectory()}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
    // The state stands where it is looked for here.
    PULUMI_DIY_BACKEND_GZIP: "false",
  };
  await earlierEngineEnded(project, name);
  refuseCutOff(project, name);
  const workDir = await localWorkspace(name, other, passphrase);
  return {
    stack: await toldByPulumi(() => open({ stackName: name, workDir }, { pulumiCommand, envVars })),
    project,
    backend,
  };
}

/** Whether the state of a stack names anything that was deployed, or was being deployed. */
export async function namesResources({ stack }: OpenedStack): Promise<boolean> {
  const { pendingOperations, resources } = await stateOf(stack);
  return resources.some(({ type }) => type !== "pulumi:pulumi:Stack") || pendingOperations.length > 0;
}

/** What the state of a stack holds. */
export interface StackState {
  resources: StateResource[];
  /** What a killed engine had begun. */
  pendingOperations: PendingOperation[];
}

/** Something that was being done to a resource. */
export interface PendingOperation {
  resource: StateResource;
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
}

/** A resource of a state: what was made, or of which nobody knows whether it was. */
export interface StateResource {
  urn: string;
  /** Type token, for example `docker:index/service:Service`. */
  type: string;
  /** As the program declared it. */
  inputs: Record<string, unknown>;
}

/** Reads the state of a stack as it was last written; asks no platform. */
export async function stateOf(stack: Stack): Promise<StackState> {
  const { deployment = {} } = (await stack.exportStack()) as {
    deployment?: {
      resources?: (Omit<StateResource, "inputs"> & Partial<StateResource>)[];
      pending_operations?: PendingOperation[];
    };
  };
  return {
    // Of a component there are no inputs.
    resources: (deployment.resources ?? []).map((resource) => ({ ...resource, inputs: resource.inputs ?? {} })),
    pendingOperations: deployment.pending_operations ?? [],
  };
}

type StackFile = Record<string, unknown>;

const stackFileKind: OwnFileKind<StackFile | null> = {
  what: "which configures the stack for the Pulumi engine",
  format: "yaml",
  schema: z.record(z.string(), z.unknown()).nullable(),
  remedy: "Put it back from the repository or a backup",
};

const workspaceKind: OwnFileKind<StackFile | null> = {
  ...stackFileKind,
  what: "a copy for the Pulumi engine",
  remedy: "Delete it: it is written at each run",
};

function workspaceDirectory(project: string): string {
  const own = projectFile(projectDirectory).name;
  return path.join(machineDirectory, "pulumi", ...(project === own ? [] : [project]));
}

/**
 * A folder with the project and the stack file as they are, for the engine to write to: it adds to a stack file how its secrets are
 * encrypted, which is this machine's affair and not for the repository. The program itself runs in the project's folder.
 *
 * @param passphrase file with the passphrase, where the state is in this project's folder
 */
async function localWorkspace(stack: string, other?: OtherProgram, passphrase?: string): Promise<string> {
  const program = other?.directory ?? projectDirectory;
  const project = projectFile(program);
  const directory = workspaceDirectory(project.name);
  writeOwnFile(path.join(directory, "Pulumi.yaml"), workspaceKind, {
    ...project,
    main: path.join(program, project.main ?? ""),
  });
  const name = `Pulumi.${stack}.yaml`;
  const file = path.join(directory, name);
  const former = readOwnFile(file, workspaceKind)?.["encryptionsalt"];
  const own = other ? undefined : encryptionOf(stack, projectDirectory);
  let encryptionsalt = former;
  if (own?.hasValues) {
    // With which these are encrypted; of its secrets, a state says it itself.
    encryptionsalt = own.salt;
  } else if (passphrase !== undefined) {
    encryptionsalt =
      saltOf(stateFile(project.name, stack)) ??
      // Of a stack that is gone, maybe with another passphrase.
      (typeof former === "string" && (await opensFile(passphrase, former)) ? former : undefined);
  }
  writeOwnFile(file, workspaceKind, {
    ...(other ? { config: other.config } : readOwnFile(path.join(projectDirectory, name), stackFileKind)),
    ...(encryptionsalt === undefined ? {} : { encryptionsalt }),
  });
  return directory;
}
