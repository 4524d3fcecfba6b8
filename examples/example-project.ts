import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { parse } from "yaml";
import { defaultImages, type ImageName } from "../config/images";
import { UserError } from "../errors";
import type { RunnableExample } from "./example";
import type { Program } from "../render/collect";
import type { NeededImage } from "../stacks/images";
import { projectDirectory } from "../home/project";

const directory = path.join(projectDirectory, "examples");

/** A Pulumi project below `examples/`. */
export interface ExampleProject {
  name: string;
  directory: string;
  description: string;
  /** Its own keys of configuration: what each means, and the default. */
  keys: Record<string, { description: string; default?: string }>;
}

/** Every example, by name. */
export function exampleProjects(): ExampleProject[] {
  return fs
    .readdirSync(directory)
    .sort()
    .filter((name) => fs.existsSync(path.join(directory, name, "Pulumi.yaml")))
    .map(readProject);
}

/**
 * An example by its name.
 *
 * @throws UserError that lists them
 */
export function exampleProject(name: string): ExampleProject {
  const all = exampleProjects();
  const found = all.find((example) => example.name === name);
  if (!found) {
    const list = all.map((example) => `  ${example.name.padEnd(20)}${example.description}`);
    throw new UserError([`There is no example "${name}". Examples:`, ...list].join("\n"));
  }
  return found;
}

function readProject(name: string): ExampleProject {
  const folder = path.join(directory, name);
  const { config, description } = parse(fs.readFileSync(path.join(folder, "Pulumi.yaml"), "utf8")) as {
    config: ExampleProject["keys"];
    description: string;
  };
  return { name, directory: folder, description, keys: config };
}

/**
 * Configuration by full key, as the Pulumi engine would hand it over.
 *
 * @throws UserError for a key that the example does not have
 */
export function exampleConfig(
  { keys, name }: ExampleProject,
  settings: Record<string, string>,
): Record<string, string> {
  const allowed = [...Object.keys(keys), "kubeconfig", "namespace"];
  const unknown = Object.keys(settings).filter((key) => !allowed.includes(key));
  if (unknown.length > 0) {
    throw UserError.fromMistakes(
      `example ${name} has no such setting:`,
      unknown.map((key) => `${key}: unknown. Allowed here: ${allowed.join(", ")}`),
    );
  }
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${name}:${key}`, value]));
}

/** The images that an example runs: those of its keys that are named after one. */
export function exampleImages({ keys }: ExampleProject, settings: Record<string, string>): NeededImage[] {
  return (Object.keys(defaultImages) as ImageName[])
    .filter((name) => name in keys)
    .map((name) => ({ name, reference: settings[name] ?? keys[name]?.default ?? "" }));
}

/** The program of an example for `collectProgram`, with the defaults of its Pulumi.yaml. */
export function exampleProgram(example: ExampleProject, stack: string, settings: Record<string, string>): Program {
  const defaults = Object.entries(example.keys).flatMap(([key, { default: value }]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const run = createRequire(__filename)(example.directory) as RunnableExample;
  return {
    project: example.name,
    stack,
    config: exampleConfig(example, { ...Object.fromEntries(defaults), ...settings }),
    // There is no engine to ask anybody: who applies what is rendered looks first.
    run: () => run({ guarded: false }),
  };
}
