/** What of JSON Schema the configuration has. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  $ref?: string;
}

/** Characters of a map's keys from which on they stand once, and are referred to where they are the same again. */
export const long = 2000;

/** What several keys have below them, such as what is said of pods, each once and by the name of its first key. */
export class Definitions {
  readonly definitions: Record<string, JsonSchema> = {};
  /** How often each long map occurs, by its text. */
  private readonly occurrences = new Map<string, number>();
  private readonly names = new Map<string, string>();

  constructor(schema: JsonSchema) {
    this.count(schema);
  }

  /** The same with references in place of what occurs more than once. @param key that it belongs to */
  without(schema: JsonSchema, key = ""): JsonSchema {
    const { description, ...about } = schema;
    const text = JSON.stringify(about);
    if (key === "" || (this.occurrences.get(text) ?? 0) < 2) {
      return { ...schema, ...this.below(schema) };
    }
    let name = this.names.get(text);
    if (name === undefined) {
      name = freeName(key, this.definitions);
      this.names.set(text, name);
      this.definitions[name] = { ...about, ...this.below(about) };
    }
    return { ...(description === undefined ? {} : { description }), $ref: `#/$defs/${name}` };
  }

  private below({ additionalProperties, items, properties }: JsonSchema): Partial<JsonSchema> {
    const entries = Object.entries(properties ?? {}).map(([key, value]) => [key, this.without(value, key)] as const);
    return {
      ...(properties ? { properties: Object.fromEntries(entries) } : {}),
      ...(items ? { items: this.without(items) } : {}),
      ...(typeof additionalProperties === "object" ? { additionalProperties: this.without(additionalProperties) } : {}),
    };
  }

  private count(schema: JsonSchema): void {
    const { description: _description, ...about } = schema;
    const text = JSON.stringify(about);
    if (text.length > long) {
      this.occurrences.set(text, (this.occurrences.get(text) ?? 0) + 1);
    }
    const { additionalProperties, items, properties = {} } = schema;
    Object.values(properties).forEach((value) => this.count(value));
    if (items) {
      this.count(items);
    }
    if (typeof additionalProperties === "object") {
      this.count(additionalProperties);
    }
  }
}

/** The name, with a number where it is taken. */
function freeName(name: string, taken: object): string {
  return name in taken ? freeName(`${name}-${Object.keys(taken).length}`, taken) : name;
}
