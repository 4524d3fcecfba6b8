import { Document, Scalar, visit } from "yaml";

/**
 * Strings that some reader of YAML takes for something else when they stand without quotes: the words and numbers of YAML 1.1, by which Kubernetes and
 * Docker read, and of 1.2. `on` is a truth value there, `0b11` three, `1:30` ninety, `2026-11-28` a date.
 */
const ambiguous =
  /^(?:[-+]?\.?[0-9][0-9a-fotxz_.,:+\- ]*|[-+]?\.(?:inf|nan)|y|n|yes|no|on|off|true|false|null|~|=|<<|)$/i;
/** Characters that YAML 1.1 takes for line breaks or does not take at all, though YAML 1.2 and JSON let them stand. */
const unsafe = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Lines of spaces alone at the beginning: a block of lines has no place for those spaces. */
const blankFirst = /^\s*\n/;

/**
 * YAML of a value, which every reader takes alike, whether it reads YAML 1.1 or 1.2: a string stays the string that it is.
 *
 * @param value of maps, lists, strings, numbers and booleans
 */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      const { value: text } = node;
      if (typeof text === "string" && (ambiguous.test(text) || blankFirst.test(text) || text.search(unsafe) >= 0)) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return document
    .toString({ lineWidth: 0 })
    .replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
