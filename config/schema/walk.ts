import type { z } from "zod";
import { stackSchema } from "./index";
import { inner } from "./only";

interface Definition {
  type: string;
  shape?: Record<string, z.core.$ZodType>;
  valueType?: z.core.$ZodType;
  element?: z.core.$ZodType;
}

/** A schema without `optional`, `default` and `prefault`. */
export function core(schema: z.core.$ZodType): z.core.$ZodType {
  return inner(schema).at(-1) ?? schema;
}

/** What a schema says of a key below it; a map by name (such as `sites`) takes any. */
export function below(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  const { element, shape, valueType } = core(schema)._zod.def as Definition;
  return shape && Object.hasOwn(shape, key) ? shape[String(key)] : (valueType ?? element);
}

/** The keys that a schema knows; empty for maps by name and values. */
export function keysOf(schema: z.core.$ZodType): string[] {
  return Object.keys((core(schema)._zod.def as Definition).shape ?? {});
}

/** What the configuration's schema says at a path; undefined where it knows none. */
export function schemaAt(path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((schema, key) => schema && below(schema, key), stackSchema);
}
