import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { parse } from "yaml";
import { yamlText } from "../config/yaml-text";
import { earlierEngineEnded, refuseCutOff, stateDirectory } from "./local-state";
import { machineDirectory, projectDirectory } from "./project";
import { isLoggedIn, type PulumiCli } from "./pulumi-cli";

/** A stack of the Pulumi engine, and whose state it is. */
export interface OpenedStack {
  stack: Stack;
  /** Name of its Pulumi project. */
  project: string;
  /** Whether the state stands in this project's own folder, where nobody but us works on it. */
  isLocal: boolean;
}

/** A Pulumi project beside this one, whose configuration is given instead of a stack file. */
export interface OtherProgram {
  /** Folder with its Pulumi.yaml. */
  directory: string;
  /** Configuration by key: `web-app:release`. */
  config: Record<string, string>;
}

/**
 * Opens a stack, made where there is none. The state is kept by the backend the person is logged in to; for somebody who is not, in a
 * folder of this project, encrypted with a passphrase generated here; an engine that still writes there is waited for.
 *
 * @param other the program, where it is not this project's own
 * @throws UserError where that state is cut off
 */
export async function openStack(name: string, cli: PulumiCli, other?: OtherProgram): Promise<OpenedStack> {
  const pulumiCommand = await PulumiCommand.get(cli.root ? { root: cli.root } : undefined);
  const quiet = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  const project = projectName(other?.directory ?? projectDirectory);
  if (await isLoggedIn(cli)) {
    const options = { pulumiCommand, envVars: quiet };
    const workDir = other ? localWorkspace(name, other) : projectDirectory;
    return {
      stack: await LocalWorkspace.createOrSelectStack({ stackName: name, workDir }, options),
      project,
      isLocal: false,
    };
  }
  const envVars = {
    ...quiet,
    PULUMI_BACKEND_URL: `file://${stateDirectory()}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
  };
  const workDir = localWorkspace(name, other);
  await earlierEngineEnded(project, name);
  refuseCutOff(project, name);
  return {
    stack: await LocalWorkspace.createOrSelectStack({ stackName: name, workDir }, { pulumiCommand, envVars }),
    project,
    isLocal: true,
  };
}

/** Whether the state of a stack of this project names anything that was deployed, or was being deployed. */
export async function stateNamesResources(name: string, cli: PulumiCli): Promise<boolean> {
  const { stack } = await openStack(name, cli);
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

function passphraseFile(): string {
  const file = path.join(machineDirectory, "passphrase");
  if (!fs.existsSync(file)) {
    const fresh = `${file}.${process.pid}`;
    fs.writeFileSync(fresh, `${crypto.randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
    fs.renameSync(fresh, file);
  }
  return file;
}

/**
 * A folder with the project and the stack file as they are, for the engine to write to: it adds to a stack file how its secrets are
 * encrypted, which is this machine's affair and not for the repository. The program itself runs in the project's folder.
 */
function localWorkspace(stack: string, other?: OtherProgram): string {
  const program = other?.directory ?? projectDirectory;
  const directory = path.join(machineDirectory, "pulumi", ...(other ? [projectName(program)] : []));
  fs.mkdirSync(directory, { recursive: true });
  const project = readYaml(path.join(program, "Pulumi.yaml"));
  const main = path.join(program, (project["main"] as string | undefined) ?? "");
  writeYaml(path.join(directory, "Pulumi.yaml"), { ...project, main });
  const name = `Pulumi.${stack}.yaml`;
  const { encryptionsalt } = readYaml(path.join(directory, name));
  writeYaml(path.join(directory, name), {
    ...(other ? { config: other.config } : readYaml(path.join(projectDirectory, name))),
    ...(encryptionsalt === undefined ? {} : { encryptionsalt }),
  });
  return directory;
}

function projectName(directory: string): string {
  return String(readYaml(path.join(directory, "Pulumi.yaml"))["name"]);
}

function readYaml(file: string): Record<string, unknown> {
  return fs.existsSync(file) ? ((parse(fs.readFileSync(file, "utf8")) as Record<string, unknown> | null) ?? {}) : {};
}

function writeYaml(file: string, content: Record<string, unknown>): void {
  const fresh = `${file}.${process.pid}`;
  fs.writeFileSync(fresh, yamlText(content));
  fs.renameSync(fresh, file);
}
