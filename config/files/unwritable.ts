import { isMap } from "./machine";

/** What no file, variable or name can hold: the NUL character, and half of a pair of UTF-16. */
const unwritable = /\0|\p{Surrogate}/u;

/** Where a configuration has such characters, in a value or in the name of a key. */
export function unwritablePaths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value === "string") {
    return unwritable.test(value) ? [[...path]] : [];
  }
  const entries = Array.isArray(value) ? [...value.entries()] : isMap(value) ? Object.entries(value) : [];
  return entries.flatMap(([key, entry]) => {
    const below = [...path, String(key)];
    return unwritable.test(String(key)) ? [below] : unwritablePaths(entry, below);
  });
}

/** @param path of `unwritablePaths` */
export function unwritableMistake(path: readonly string[]): string {
  const key = path.join(".");
  const shown = key.replace(
    new RegExp(unwritable.source, "gu"),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${shown}: holds ${shown === key ? "" : "in its name "}the NUL character or half a character of UTF-16, which no file and no variable can hold. Write the text anew`;
}
