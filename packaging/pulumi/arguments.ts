import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../errors";
import { isMap, type RawConfig } from "../../config/files/machine";
import { keyOf } from "../../config/issues";

/**
 * What a program has said of a stack, as a stack file would say it: a secret of the program's is an encrypted value there.
 *
 * @param inputs arguments of the component
 * @param source names the component in messages
 * @throws UserError for values that are known only once something else is made: what a stack is made of depends on them
 */
export async function saidByProgram(inputs: pulumi.Inputs, source: string): Promise<RawConfig> {
  const later: string[] = [];
  const raw = (await known(inputs, [], later)) as RawConfig;
  if (later.length > 0) {
    throw UserError.fromMistakes(
      `${source} has values that are not known yet:`,
      later.map(
        (key) =>
          `${key}: is known only once something else is made. Give a value of the program's or of its configuration`,
      ),
    );
  }
  return raw;
}

async function known(value: unknown, path: readonly string[], later: string[]): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) {
    const { isKnown, isSecret, promise } = value as unknown as {
      isKnown: Promise<boolean>;
      isSecret: Promise<boolean>;
      promise: () => Promise<unknown>;
    };
    const content = await promise.call(value);
    if (!(await isKnown)) {
      later.push(keyOf(path));
      return undefined;
    }
    const own = await known(content, path, later);
    return (await isSecret) && path.at(-1) !== "secure" ? { secure: typeof own === "string" ? own : "a secret" } : own;
  }
  if (Array.isArray(value)) {
    return Promise.all(value.map((entry, index) => known(entry, [...path, String(index)], later)));
  }
  if (!isMap(value)) {
    return value;
  }
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null);
  return Object.fromEntries(
    await Promise.all(entries.map(async ([key, entry]) => [key, await known(entry, [...path, key], later)] as const)),
  );
}
