import * as pulumi from "@pulumi/pulumi";
import type { MockCallArgs, MockResourceArgs, MockResourceResult, Mocks } from "@pulumi/pulumi/runtime";
import type { StackConfig } from "../config/schema";
import { configNamespace } from "../config/namespaces";
import { deployStack } from "../stacks";
import type { StackOutputs } from "../stacks/outputs";
import { PasswordStore } from "./passwords";
import type { CollectedResource } from "./resources";
import { unwrapSecrets, wrapSecret } from "./secret-values";

/** A resource as the program declared it, its inputs resolved. */
export interface DeclaredResource extends CollectedResource {
  /** Where in `inputs` a secret stands: paths, keys joined by dots. The inputs themselves are plain. */
  secretPaths: readonly string[];
}

/** What a program declares, instead of what an engine did with it. */
export interface Collected {
  /** Every object of a platform in order of registration: no components, providers or random values. */
  resources: DeclaredResource[];
  outputs: StackOutputs;
}

/**
 * Runs the program of a stack without engine, cluster or network, and returns the resources it declares. One run at a time in a
 * process: the SDK keeps its connection in one place.
 *
 * @param stack name of the stack
 * @param passwords where random passwords come from. Default: new ones at each run
 * @param program what declares the resources. Default: the stack's own program
 * @throws whatever the program throws, also from inside an `apply`; and Error for two objects of one kind and name, or two resources that the
 *   engine could not tell apart
 */
export async function collect(
  config: StackConfig,
  stack: string,
  passwords = new PasswordStore(),
  program: (config: StackConfig) => Promise<StackOutputs> | StackOutputs = deployStack,
): Promise<Collected> {
  return collectProgram({ project: configNamespace, stack, run: () => program(config) }, passwords);
}

/** A program of the Pulumi engine. */
export interface Program {
  /** Name of its project. */
  project: string;
  /** Name of the stack. */
  stack: string;
  /** What the engine would hand it as configuration, by key: `web-app:release`. */
  config?: Record<string, string>;
  /** Declares its resources and returns its outputs. */
  run: () => Promise<StackOutputs> | StackOutputs;
}

/** Collects any program, as `collect` does that of a stack. */
export async function collectProgram(
  { config = {}, project, run, stack }: Program,
  passwords = new PasswordStore(),
): Promise<Collected> {
  const recorder = new Recorder(passwords);
  await pulumi.runtime.setMocks(recorder, project, stack, false);
  pulumi.runtime.setAllConfig(config);
  let outputs: StackOutputs = {};
  const declared: pulumi.Resource[] = [];
  await withRejections(async () => {
    await pulumi.runtime.runInPulumiStack(async () => {
      const unique = new UniqueNames();
      pulumi.runtime.registerStackTransformation(({ name, opts, resource, type }) => {
        unique.add(resource, type, name, opts.parent);
        declared.push(resource);
        return undefined;
      });
      outputs = await run();
      return outputs;
    });
    await pulumi.runtime.disconnect();
    // A resource whose arguments failed never reaches the recorder, and only its name in the engine tells.
    for (const resource of declared) {
      await resolved(resource.urn);
    }
  });
  return { resources: recorder.resources, outputs };
}

/** As the engine tells resources apart: by kind and name, and by the kinds of what they are part of. */
class UniqueNames {
  private readonly kinds = new WeakMap<pulumi.Resource, string>();
  private readonly names = new Set<string>();

  /** @throws Error for two that are the same to it */
  add(resource: pulumi.Resource, type: string, name: string, parent: pulumi.Resource | undefined): void {
    const above = parent && this.kinds.get(parent);
    const kind = above === undefined ? type : `${above}$${type}`;
    this.kinds.set(resource, kind);
    const unique = `${kind}::${name}`;
    if (this.names.has(unique)) {
      throw new Error(`the program declares two resources ${unique}: give one of them another name`);
    }
    this.names.add(unique);
  }
}

/** Stands where the engine would, and writes down what it is asked to make. */
class Recorder implements Mocks {
  readonly resources: DeclaredResource[] = [];
  private readonly identities = new Set<string>();

  constructor(private readonly passwords: PasswordStore) {}

  call({ token }: MockCallArgs): never {
    throw new Error(`the program asks a provider (${token}), which it cannot when it is rendered`);
  }

  newResource({ custom, inputs, name, type }: MockResourceArgs): MockResourceResult | Promise<MockResourceResult> {
    const { value, secretPaths } = unwrapSecrets(inputs);
    const plain = value as Record<string, unknown>;
    if (!custom || type.startsWith("pulumi:")) {
      return { id: `${name}-id`, state: plain };
    }
    if (type.startsWith("random:")) {
      return this.random(type, name, plain);
    }
    if (type.startsWith("tls:")) {
      return this.certificate(type, name, plain);
    }
    const result = type.startsWith("kubernetes:") ? kubernetesObject(name, plain) : namedObject(name, plain);
    const identity = `${type} ${result.id ?? name}`;
    if (this.identities.has(identity)) {
      // One would be applied over the other, and nobody would be told.
      throw new Error(`the program declares two objects ${identity}: give one of them another name`);
    }
    this.identities.add(identity);
    this.resources.push({ type, name, inputs: plain, secretPaths });
    return result;
  }

  private random(type: string, name: string, inputs: Record<string, unknown>): MockResourceResult {
    if (type !== "random:index/randomPassword:RandomPassword") {
      throw new Error(`the program declares a ${type}, for which a rendered stack keeps no value: use RandomPassword`);
    }
    const result = this.passwords.get(name, {
      length: Number(inputs["length"]),
      special: inputs["special"] !== false,
    });
    return { id: "none", state: { ...inputs, result: wrapSecret(result) } };
  }

  private async certificate(type: string, name: string, inputs: Record<string, unknown>): Promise<MockResourceResult> {
    const made = await this.passwords.certificates.made(type, name, inputs);
    if (made === undefined) {
      throw new Error(`the program declares a ${type}, for which a rendered stack keeps no value`);
    }
    const { privateKeyPem, ...open } = made;
    const secret = privateKeyPem === undefined ? {} : { privateKeyPem: wrapSecret(privateKeyPem) };
    return { id: name, state: { ...open, ...secret } };
  }
}

/** An object of the API server, which names what has no name of its own. */
function kubernetesObject(name: string, inputs: Record<string, unknown>): MockResourceResult {
  const metadata = { name, ...(inputs["metadata"] as Record<string, unknown> | undefined) } as Record<string, unknown>;
  const namespace = metadata["namespace"];
  return {
    id: typeof namespace === "string" ? `${namespace}/${String(metadata["name"])}` : String(metadata["name"]),
    state: { ...inputs, metadata },
  };
}

/** An object of the Docker Engine; in a rendered stack its name stands for its id. */
function namedObject(name: string, inputs: Record<string, unknown>): MockResourceResult {
  const given = inputs["name"];
  const objectName = typeof given === "string" ? given : name;
  return { id: objectName, state: { ...inputs, name: objectName } };
}

/**
 * Runs work whose failures may surface as unhandled rejections: the SDK hands a failing registration to whoever listens for those, not
 * to the caller.
 *
 * @throws the first failure, wherever it surfaced
 */
async function withRejections(work: () => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const listener = (reason: unknown) => failures.push(reason);
  process.on("unhandledRejection", listener);
  try {
    await work();
  } catch (error) {
    failures.unshift(error);
  }
  // Rejections are told at the end of a turn of the event loop; those of this run must not reach the next listener.
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.off("unhandledRejection", listener);
  if (failures.length > 0) {
    throw failures[0];
  }
}

/** The value of an output; rejects where the output's own promise does. */
function resolved<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return (output as unknown as { promise(): Promise<Value> }).promise();
}
