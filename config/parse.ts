import { UserError } from "../errors";
import { crossKeyMistakes } from "./checks";
import { takeLogins } from "./checks/credentials";
import { effectMistakes } from "./checks/effect";
import { describeIssue, keyOf } from "./issues";
import { isMap } from "./files/machine";
import { encryptedMistake, misplacedEncryption } from "./encrypted-values";
import { withoutForeign } from "./namespaces";
import { engineName, objectNameMistakes, stackNameMistakes } from "./object-names";
import { completedSwarm } from "./swarm/swarm-nodes";
import type { ParsedStack, StackConfig } from "./schema";
import { swarmSchema } from "./schema/swarm";
import { unwritableMistake, unwritablePaths } from "./files/unwritable";
import { wellFormed, without } from "./files/well-formed";

/**
 * Checks a stack's configuration and fills in the defaults.
 *
 * @param raw the configuration by top-level key, as read from a stack file
 * @param stack the stack's name, from which names of what it owns come. Absent: any
 * @param source what the configuration is called in messages. Default: the stack's file
 * @throws UserError that lists every mistake with its key
 */
export function parseStackConfig(
  raw: unknown,
  stack?: string,
  source = stack === undefined ? "the stack's configuration" : `Pulumi.${stack}.yaml`,
): StackConfig {
  const name = stack ?? "stack";
  const { own, mistakes } = isMap(raw) ? withoutForeign(raw) : { own: raw, mistakes: [] as string[] };
  const encrypted = misplacedEncryption(own);
  const unwritable = unwritablePaths(own);
  const left = [...encrypted, ...unwritable].map(keyOf);
  const { mistakes: logins, value } = takeLogins(without(own, [...encrypted, ...unwritable]));
  const { issues, isUnknown, stacks } = wellFormed(value);
  mistakes.push(
    ...stackNameMistakes(name),
    ...encrypted.map((path) => encryptedMistake(path, isMap(own) ? own["platform"] : undefined)),
    ...unwritable.map(unwritableMistake),
    ...logins,
    ...issues.flatMap(describeIssue).filter((mistake) => !speaksOf(left, mistake)),
    ...inCommon(
      stacks.map((parsed) =>
        [
          ...effectMistakes(value, parsed, isUnknown),
          ...objectNameMistakes(name, parsed),
          ...crossKeyMistakes(parsed, isUnknown),
        ].filter((mistake) => !isUnknown(keyIn(mistake)) && !speaksOf(left, mistake)),
      ),
    ),
  );
  const [parsed] = stacks;
  if (mistakes.length > 0 || parsed === undefined) {
    throw mistakesIn(source, [...new Set(mistakes)]);
  }
  return completed(name, parsed);
}

/** What is wrong whichever platform is meant. */
function inCommon([first = [], ...others]: readonly (readonly string[])[]): string[] {
  return first.filter((mistake) => others.every((other) => other.includes(mistake)));
}

/** The key that a mistake begins with. */
function keyIn(mistake: string): string {
  return mistake.split(": ", 1)[0] ?? "";
}

/** Whether a mistake is about one of these keys, or about a map that has one of them. */
function speaksOf(keys: readonly string[], mistake: string): boolean {
  const key = keyIn(mistake);
  return keys.some((other) => other === key || other.startsWith(`${key}.`));
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
