import { createHash } from "node:crypto";
import { longestName } from "./object-names";
import { configNamespace } from "./namespaces";

/**
 * The mark of a stack: what the labels of all that it owns say. For a stack of this project its name; for one of another project, such as an example,
 * the project's name and the stack's, which no stack of this project is called.
 *
 * @returns a value that labels take: at most 63 letters, digits, dots, hyphens and underscores
 */
export function ownerOf(project: string, stack: string): string {
  const mark = project === configNamespace ? stack : `${project}.${stack}`;
  if (mark.length <= longestName && /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/.test(mark)) {
    return mark;
  }
  const hash = createHash("sha256").update(mark).digest("hex").slice(0, 10);
  const start = mark.replace(/^[^A-Za-z0-9]+/, "").replace(/[^A-Za-z0-9_.-]/g, "-");
  return `${start.slice(0, longestName - hash.length - 1) || "x"}.${hash}`;
}
