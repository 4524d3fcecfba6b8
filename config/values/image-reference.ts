/** References of images by the grammar of registries and engines (github.com/distribution/reference). */

const component = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*";
const domainPart = "([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])";
const domain = `(${domainPart}(\\.${domainPart})*|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?`;
const reference = new RegExp(
  `^((${domain}/)?${component}(/${component})*)(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$`,
);
/** The specification's limit for a name, without tag and digest. */
const longestName = 255;

/** Whether a text is a reference that says which version it means: it has a tag, a digest or both. */
export function isImageReference(text: string): boolean {
  const match = reference.exec(text);
  const [, name = "", ...groups] = match ?? [];
  const [digest, tag] = groups.slice(-2).reverse();
  return match !== null && name.length <= longestName && (tag !== undefined || digest !== undefined);
}
