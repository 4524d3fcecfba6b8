import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { stackSchema } from "./schema";
import { Definitions, long, type JsonSchema } from "./json-schema";
import { configNamespace } from "./namespaces";
import { pulumiSchema } from "./pulumi-schema";

/**
 * Writes what people and editors read about the configuration, from the schema itself: `npm run docs`. With `--check` nothing is
 * written and the exit status says whether the files are up to date.
 */

/** The files by their path in the project. */
export function referenceFiles(): Record<string, string> {
  const schema = z.toJSONSchema(stackSchema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  return {
    "config/stack.schema.json": `${JSON.stringify(editorSchema(schema), null, 2)}\n`,
    "config/pulumi.schema.json": `${JSON.stringify(pulumiSchema(schema, path.join(__dirname, "..")), null, 2)}\n`,
    "docs/reference/configuration.md": page(schema),
  };
}

/** The schema of a `Pulumi.<stack>.yaml`, whose keys carry the project's name. */
function editorSchema(schema: JsonSchema): object {
  const once = new Definitions(schema);
  const properties = Object.entries(schema.properties ?? {}).map(([key, value]) => [
    `${configNamespace}:${key}`,
    once.without(value),
  ]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A stack of ghost-platform",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(properties) as Record<string, JsonSchema>,
        required: (schema.required ?? []).map((key) => `${configNamespace}:${key}`),
      },
      encryptionsalt: { type: "string" },
      secretsprovider: { type: "string" },
    },
    $defs: once.definitions,
  };
}

function page(schema: JsonSchema): string {
  return `# Configuration reference

Every key of a \`Pulumi.<stack>.yaml\`, written by \`npm run docs\` from the schema that checks it. In the file each top-level key has the
prefix \`${configNamespace}:\`; here it is left out. A key that is not listed is an error, and so is one that
means nothing in the stack: of the other platform, or switched off by another key. Pulumi's own keys, such as \`pulumi:tags\`, may stand in the file;
any other prefix is refused, and so is an encrypted value (\`secure:\`) but in \`secretSettings\` and the tokens of \`analytics\`: secrets belong into files.

| key | type | default | meaning |
|---|---|---|---|
${rows("", schema, new Map()).join("\n")}
`;
}

/** @param listed names of long maps that are in the table already, by what they hold */
function rows(prefix: string, schema: JsonSchema, listed: Map<string, string>): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    const required = schema.required?.includes(key) ?? false;
    const keys = JSON.stringify(value.properties ?? {});
    const same = listed.get(keys);
    if (same !== undefined) {
      const meaning = cell(`${value.description ?? ""} Its keys are those of \`${same}\`.`);
      return [`| \`${name}\` | ${typeName(value)} | ${defaultOf(value, required)} | ${meaning} |`];
    }
    if (keys.length > long) {
      listed.set(keys, name);
    }
    const row = `| \`${name}\` | ${typeName(value)} | ${defaultOf(value, required)} | ${cell(value.description ?? "")} |`;
    const entry = value.additionalProperties;
    if (typeof entry === "object" && entry.properties) {
      return [row, ...rows(`${name}.<name>.`, entry, listed)];
    }
    return [row, ...(value.items ? rows(`${name}[].`, value.items, listed) : rows(`${name}.`, value, listed))];
  });
}

function typeName(schema: JsonSchema): string {
  if (schema.enum) {
    return schema.enum.map((value) => `\`${String(value)}\``).join(" or ");
  }
  if (schema.anyOf) {
    return schema.anyOf.map(typeName).join(" or ");
  }
  if (schema.type === "array" && schema.items) {
    return `list of ${schema.items.properties ? "maps" : typeName(schema.items)}`;
  }
  if (schema.type === "object") {
    return schema.properties ? "map" : "map by name";
  }
  return String(schema.type ?? "any");
}

function defaultOf(schema: JsonSchema, required: boolean): string {
  if (required) {
    return "required";
  }
  const value = schema.default;
  if (value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)) {
    return "";
  }
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function main(): void {
  const project = path.join(__dirname, "..");
  const stale = Object.entries(referenceFiles()).filter(([file, content]) => {
    const target = path.join(project, file);
    return !fs.existsSync(target) || fs.readFileSync(target, "utf8") !== content;
  });
  if (process.argv.includes("--check")) {
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const [file, content] of stale) {
      fs.mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
      fs.writeFileSync(path.join(project, file), content);
    }
  }
  console.log(
    stale.length === 0
      ? "up to date"
      : `${process.argv.includes("--check") ? "stale" : "written"}: ${stale.map(([file]) => file).join(", ")}`,
  );
}

if (require.main === module) {
  main();
}
