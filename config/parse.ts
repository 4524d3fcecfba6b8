import type { z } from "zod";
import { UserError } from "../errors";
import { crossKeyMistakes } from "./checks";
import { engineName, objectNameMistakes, stackNameMistakes } from "./object-names";
import { completedSwarm } from "./swarm-nodes";
import { stackSchema, type ParsedStack, type StackConfig } from "./schema";
import { swarmSchema } from "./schema/swarm";

/**
 * Checks a stack's configuration and fills in the defaults.
 *
 * @param raw the configuration by top-level key, as read from a stack file
 * @param stack the stack's name, from which names of what it owns come, and which names its file. Absent: any
 * @throws UserError that lists every mistake with its key
 */
export function parseStackConfig(raw: unknown, stack?: string): StackConfig {
  const source = stack === undefined ? "the stack's configuration" : `Pulumi.${stack}.yaml`;
  const name = stack ?? "stack";
  const result = stackSchema.safeParse(raw, { reportInput: true });
  if (!result.success) {
    throw mistakesIn(source, [...stackNameMistakes(name), ...result.error.issues.flatMap(describe)]);
  }
  const mistakes = [
    ...stackNameMistakes(name),
    ...objectNameMistakes(name, result.data),
    ...crossKeyMistakes(result.data),
  ];
  if (mistakes.length > 0) {
    throw mistakesIn(source, mistakes);
  }
  return completed(name, result.data);
}

function mistakesIn(source: string, mistakes: readonly string[]): UserError {
  return UserError.fromMistakes(
    `${source} has ${mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`}:`,
    mistakes,
  );
}

/** Narrows to the platform: its own block is there (every key of `swarm` has a default), the other platform's is not. */
function completed(stack: string, { kubernetes, swarm, ...shared }: ParsedStack): StackConfig {
  if (shared.platform === "swarm") {
    return { ...shared, platform: "swarm", swarm: completedSwarm(swarm ?? swarmSchema.parse({})) };
  }
  if (!kubernetes) {
    throw new Error("the checks let a stack through that has no kubernetes block");
  }
  const { namespace = engineName(stack) } = kubernetes;
  return { ...shared, platform: "kubernetes", kubernetes: { ...kubernetes, namespace } };
}

type Issue = z.core.$ZodIssue;

/** A zod issue in the words of the person who wrote the file: the key, what is wrong, what is allowed. */
function describe(issue: Issue): string[] {
  const key = issue.path.join(".") || "(top level)";
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((unknown) => {
        const allowed = allowedKeys(issue.path);
        return `${[...issue.path, unknown].join(".")}: unknown key. Allowed here: ${allowed.join(", ")}`;
      });
    case "invalid_type":
      return [`${key}: ${issue.input === undefined ? "missing" : "wrong type"}. Must be ${article(issue.expected)}`];
    case "invalid_value":
      return [
        `${key}: ${issue.input === undefined ? "missing. M" : "m"}ust be ${issue.values.map((value) => String(value)).join(" or ")}`,
      ];
    case "invalid_key":
      return issue.issues.map((inner) => `${key}: bad name: it ${inner.message}`);
    default:
      return [`${key}: ${issue.message}`];
  }
}

function article(type: string): string {
  const words: Record<string, string> = {
    object: "a map of keys",
    record: "a map of keys",
    boolean: "true or false",
    array: "a list",
  };
  return words[type] ?? `a ${type}`;
}

/** The keys the schema knows at a path; a record (such as `sites`) takes any name. */
function allowedKeys(path: readonly PropertyKey[]): string[] {
  let node: z.core.$ZodType = stackSchema;
  for (const part of path) {
    const definition = unwrapped(node)._zod.def as {
      shape?: Record<string, z.core.$ZodType>;
      valueType?: z.core.$ZodType;
      element?: z.core.$ZodType;
    };
    const next = definition.shape?.[String(part)] ?? definition.valueType ?? definition.element;
    if (!next) {
      return [];
    }
    node = next;
  }
  const { shape } = unwrapped(node)._zod.def as { shape?: Record<string, unknown> };
  return Object.keys(shape ?? {});
}

/** The schema inside `optional`, `default` and `prefault`. */
function unwrapped(node: z.core.$ZodType): z.core.$ZodType {
  const { innerType } = node._zod.def as { innerType?: z.core.$ZodType };
  return innerType ? unwrapped(innerType) : node;
}
