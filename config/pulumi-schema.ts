import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { JsonSchema } from "./json-schema";
import { configNamespace } from "./namespaces";

/** Stacks as a component of a Pulumi package, for programs in any language: what its schema says of the arguments is what the configuration's says. */

/** The component's type. */
export const stackToken = `${configNamespace}:index:Stack`;

/** What a value is, to Pulumi. Plain: known when the program runs. */
interface TypeSpec {
  type?: string;
  $ref?: string;
  items?: TypeSpec;
  additionalProperties?: TypeSpec;
  oneOf?: TypeSpec[];
  plain?: boolean;
}

interface PropertySpec extends TypeSpec {
  description?: string;
  secret?: boolean;
}

interface ObjectSpec {
  type: "object";
  properties: Record<string, PropertySpec>;
  required: string[];
}

const login: PropertySpec = { type: "object", additionalProperties: { type: "string" }, secret: true };

/** What a stack tells once it is up, by name: see `StackOutputs`. */
const outputs: Record<string, PropertySpec> = {
  urls: { type: "object", additionalProperties: { type: "string" }, description: "Addresses of the sites, by name." },
  namespace: { type: "string", description: "The namespace. Kubernetes only." },
  stack: { type: "string", description: "Name of the stack of Docker's. Swarm only." },
  inbox: { type: "string", description: "The inbox: its address on Swarm, and its Service on Kubernetes." },
  inboxLogin: { ...login, description: "`username` and `password` of the inbox." },
  dashboards: { type: "string", description: "Address of the dashboards. Swarm only." },
  dashboardsLogin: { ...login, description: "`username` and `password` of the dashboards." },
};

/**
 * The schema of the Pulumi package.
 *
 * @param schema of the configuration
 * @param project folder whose package.json has version and license
 */
export function pulumiSchema(schema: JsonSchema, project: string): object {
  const manifest = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8")) as Record<string, string>;
  const types = new ObjectTypes(schema);
  const { properties: inputProperties, required: requiredInputs } = types.objectSpec(schema, []);
  return {
    name: configNamespace,
    version: manifest["version"],
    description: manifest["description"],
    license: manifest["license"],
    language: {
      nodejs: { respectSchemaVersion: true },
      python: { respectSchemaVersion: true, pyproject: { enabled: true } },
    },
    resources: {
      [stackToken]: {
        isComponent: true,
        description:
          "A stack: Ghost sites, their database server, mail and what belongs to them, on Kubernetes or Docker Swarm. The arguments are the keys of a stack file. A program has one.",
        ...{ inputProperties, requiredInputs, properties: outputs, required: ["urls"] },
      },
    },
    types: types.specs,
  };
}

/** The objects of the configuration, each once: called after its key, and where others of that key are different also after those above it. */
class ObjectTypes {
  readonly specs: Record<string, ObjectSpec> = {};
  /** By each name that could be an object's: the texts of those that it could be. */
  private readonly candidates = new Map<string, Set<string>>();
  private readonly names = new Map<string, string>();

  constructor(schema: JsonSchema) {
    visit(schema, [], (object, keys) => {
      for (const name of namesOf(keys)) {
        this.candidates.set(name, (this.candidates.get(name) ?? new Set()).add(textOf(object)));
      }
    });
  }

  objectSpec({ properties = {}, required = [] }: JsonSchema, keys: readonly string[]): ObjectSpec {
    const entries = Object.entries(properties).map(
      ([key, value]) => [key, this.propertySpec(value, [...keys, key])] as const,
    );
    return { type: "object", properties: Object.fromEntries(entries), required: [...required].sort() };
  }

  private propertySpec(schema: JsonSchema, keys: readonly string[]): PropertySpec {
    const description = describe(schema);
    // What is encrypted in a stack file comes from a secret of the program's.
    const spec: PropertySpec =
      keys.at(-1) === "secure" ? { type: "string", secret: true } : this.typeSpec(schema, keys);
    return { ...spec, ...(description === "" ? {} : { description }) };
  }

  private typeSpec(schema: JsonSchema, keys: readonly string[]): TypeSpec {
    const { additionalProperties, anyOf, items, properties, type } = schema;
    if (anyOf) {
      return { oneOf: anyOf.map((one) => this.typeSpec(one, choice(keys, one))), plain: true };
    }
    if (Array.isArray(type)) {
      return { oneOf: type.map((one) => ({ type: one, plain: true })), plain: true };
    }
    if (properties) {
      return { $ref: `#/types/${configNamespace}:index:${this.nameOf(schema, keys)}`, plain: true };
    }
    if (type === "array") {
      return { type, items: this.typeSpec(items ?? {}, each(keys)), plain: true };
    }
    if (type === "object") {
      const values = typeof additionalProperties === "object" ? additionalProperties : {};
      return { type, additionalProperties: this.typeSpec(values, each(keys)), plain: true };
    }
    return type === undefined ? { $ref: "pulumi.json#/Any" } : { type, plain: true };
  }

  private nameOf(schema: JsonSchema, keys: readonly string[]): string {
    const text = textOf(schema);
    const known = this.names.get(text);
    if (known !== undefined) {
      return known;
    }
    const name = namesOf(keys).find((candidate) => this.candidates.get(candidate)?.size === 1);
    if (name === undefined) {
      throw new Error(`${keys.join(".")}: two objects of the configuration have one name in the package's schema`);
    }
    this.names.set(text, name);
    this.specs[`${configNamespace}:index:${name}`] = this.objectSpec(schema, keys);
    return name;
  }
}

/** Every object that has keys of its own, with the keys that lead to it. */
function visit(
  schema: JsonSchema,
  keys: readonly string[],
  found: (object: JsonSchema, keys: readonly string[]) => void,
): void {
  const { additionalProperties, anyOf = [], items, properties } = schema;
  if (properties && keys.length > 0) {
    found(schema, keys);
  }
  Object.entries(properties ?? {}).forEach(([key, value]) => visit(value, [...keys, key], found));
  anyOf.forEach((one) => visit(one, choice(keys, one), found));
  for (const below of [items, additionalProperties]) {
    if (typeof below === "object") {
      visit(below, each(keys), found);
    }
  }
}

/** Keys that lead to one of a list, or of a map by name: one of `redirects` is a `redirect`. */
function each(keys: readonly string[]): string[] {
  return [...keys.slice(0, -1), (keys.at(-1) ?? "").replace(/(?<!s)s$/, "")];
}

/** Keys that lead to one of several forms of a value: an object is told by what it must have. */
function choice(keys: readonly string[], { required: [first = ""] = [] }: JsonSchema): string[] {
  return first === "" ? [...keys] : [...keys, first];
}

/** What an object may be called, the shortest first: Pod, SitePod. */
function namesOf(keys: readonly string[]): string[] {
  const words = keys.map((key) => key.charAt(0).toUpperCase() + key.slice(1));
  return words.map((_, index) => words.slice(words.length - 1 - index).join(""));
}

function textOf({ description: _description, ...schema }: JsonSchema): string {
  return JSON.stringify(schema);
}

/** What the schema of a package cannot say otherwise: an engine would hand a default over as if the program had said it. */
function describe({ default: preset, description = "", enum: allowed, const: only }: JsonSchema): string {
  const values = allowed ?? (only === undefined ? [] : [only]);
  const isEmpty = typeof preset === "object" && preset !== null && Object.keys(preset).length === 0;
  return [
    description,
    ...(values.length > 0 ? [`One of: ${values.map(String).join(", ")}.`] : []),
    ...(preset === undefined || isEmpty ? [] : [`Default: ${JSON.stringify(preset)}.`]),
  ]
    .filter((part) => part !== "")
    .join(" ");
}
