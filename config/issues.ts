import type { z } from "zod";
import { missingContext } from "./kubernetes/kubeconfig";
import { isSecretName } from "./values/credentials";
import { nearest } from "./values/nearest";
import { below, core, keysOf, schemaAt } from "./schema/walk";

export type Issue = z.core.$ZodIssue;

/** A key as messages write it: its parts with dots between. */
export function keyOf(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}

/** What the schema finds wrong, in the words of the person who wrote the file: the key, what is allowed, what was found. */
export function describeIssue(issue: Issue): string[] {
  const key = keyOf(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((unknown) => unknownKey(issue.path, unknown));
    case "invalid_key":
      return issue.issues.map((inner) => `${key}: bad name: it ${inner.message}`);
    default: {
      const said = issue.message === "" || issue.code === "invalid_type" ? "" : issue.message;
      const words = said || `must be ${allowedAt(issue.path)}`;
      if (key === "kubernetes.context" && issue.input === undefined) {
        return [`${key}: ${missingContext()}`];
      }
      return issue.input === undefined
        ? [`${key}: missing. ${words.charAt(0).toUpperCase()}${words.slice(1)}`]
        : [`${key || "the configuration"}: ${isSecret(issue.path) ? words : withFound(words, issue.input)}`];
    }
  }
}

/** Whether what stands there may be a secret, in a form that is not taken: it stands in no message. */
function isSecret(path: readonly PropertyKey[]): boolean {
  return path.includes("secretSettings") || isSecretName(String(path.at(-1) ?? ""));
}

/** What was found goes behind what is allowed, before the reason. */
function withFound(words: string, input: unknown): string {
  const [allowed = "", ...reason] = words.split(/(?=: )|(?<=[a-z])(?=\. )/);
  return `${allowed} (got ${found(input)})${reason.join("")}`;
}

function found(value: unknown): string {
  switch (typeof value) {
    case "string": {
      // A password in an address stands in no message.
      const text = value.replace(/\/\/[^/@]*@/, "//…@");
      return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
    }
    case "number":
    case "boolean":
      return `${typeof value === "number" ? "the number " : ""}${String(value)}`;
    default:
      return value === null ? "nothing" : Array.isArray(value) ? "a list" : "a map";
  }
}

function allowedAt(path: readonly PropertyKey[]): string {
  const schema = schemaAt(path);
  return schema ? allowed(schema) : "something else";
}

/** What a value may be, in words that follow "must be". */
export function allowed(schema: z.core.$ZodType): string {
  const plain = core(schema);
  const definition = plain._zod.def as z.core.$ZodTypeDef & {
    entries?: Record<string, string>;
    options?: z.core.$ZodType[];
    element?: z.core.$ZodType;
  };
  switch (definition.type) {
    case "boolean":
      return "true or false";
    case "enum":
      return Object.values(definition.entries ?? {}).join(" or ");
    case "array":
      return `a list, each of it ${definition.element ? allowed(definition.element) : "a value"}`;
    case "record": {
      const entry = below(plain, "");
      return `a map by name, each of it ${entry ? allowed(entry) : "a value"}`;
    }
    case "object":
      return keysOf(plain).length > 0 ? `a map of keys: ${keysOf(plain).join(", ")}` : "a map of keys";
    case "union":
      return (definition.options ?? []).map(allowed).join(", or ");
    case "number":
      return ownWords(plain) ?? "a number";
    case "string":
      return ownWords(plain) ?? "text";
    default:
      return "something else";
  }
}

/** What the schema itself says of a value, without the leading "must be". */
function ownWords(schema: z.core.$ZodType): string | undefined {
  const { checks = [], error } = schema._zod.def;
  const errors = [error, ...checks.map((check) => check._zod.def.error)];
  return errors
    .map((say) => say?.({ code: "custom", path: [], input: undefined, message: "" } as never))
    .map((said) => (typeof said === "string" ? said : said?.message))
    .find((said) => said?.startsWith("must be "))
    ?.slice("must be ".length);
}

function unknownKey(path: readonly PropertyKey[], unknown: string): string {
  const schema = schemaAt(path);
  const keys = schema ? keysOf(schema) : [];
  const key = keyOf([...path, unknown]);
  const [first = "", ...rest] = unknown.split(".");
  if (rest.length > 0 && keys.includes(first)) {
    return `${key}: unknown key. Keys with dots are maps in the file; \`pulumi config set --path 'ghost-platform:${key}' VALUE\` writes it so`;
  }
  const near = nearest(unknown, keys);
  return `${key}: unknown key. ${near === undefined ? "" : `Did you mean ${near}? `}Allowed here: ${keys.join(", ")}`;
}
