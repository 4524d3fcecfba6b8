import * as fs from "node:fs";
import * as path from "node:path";
import { isMap, parseDocument, type Document } from "yaml";
import { attempted, writeContent } from "../../files/files";
import { decodedValue } from "../values/decoded-value";
import { configNamespace } from "../namespaces";

/** A value of a stack file, and the keys that lead to it, for example `["images", "ghost"]`. */
export interface StackFileValue {
  keys: readonly [string, ...string[]];
  /** Undefined takes the key away, and what is empty without it. */
  value: boolean | number | string | undefined;
}

/** A stack file with these values in place of what it says, or added to it; comments, order and everything else stay. */
export function withValues(text: string, values: readonly StackFileValue[]): string {
  const document = parseDocument(text);
  for (const { keys, value } of values) {
    const [section, ...rest] = keys;
    const sectionPath = ["config", `${configNamespace}:${section}`];
    const present = document.getIn(sectionPath);
    if (!isMap(present) && (value !== undefined || present !== undefined)) {
      // Nothing, or one string of JSON, as Pulumi writes it.
      document.setIn(sectionPath, document.createNode(typeof present === "string" ? decodedValue(present) : {}));
    }
    if (value === undefined) {
      remove(document, [...sectionPath, ...rest], sectionPath.length);
      continue;
    }
    document.setIn([...sectionPath, ...rest], value);
  }
  return document.toString({ lineWidth: 0 });
}

/** Takes a key away, and each map above it that is empty then, down to the program's own section. */
function remove(document: Document, keys: readonly string[], shortest: number): void {
  if (!document.hasIn(keys)) {
    return;
  }
  document.deleteIn(keys);
  const above = keys.slice(0, -1);
  const map = document.getIn(above);
  if (above.length >= shortest && isMap(map) && map.items.length === 0) {
    remove(document, above, shortest);
  }
}

/** Puts values into the file of a stack, in one step. */
export function writeStackFile(projectDirectory: string, stack: string, values: readonly StackFileValue[]): void {
  const file = path.join(projectDirectory, `Pulumi.${stack}.yaml`);
  const { mode, text } = attempted("read", file, () => ({
    mode: fs.statSync(file).mode & 0o777,
    text: fs.readFileSync(file, "utf8"),
  }));
  writeContent(file, withValues(text, values), mode);
}
