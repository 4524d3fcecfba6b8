/** How the SDK marks a secret on its way to the engine; see `specialSigKey` in @pulumi/pulumi. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Marks a value as a secret, as the engine hands one to the program. */
export function wrapSecret(value: unknown): Record<string, unknown> {
  return { [signatureKey]: secretSignature, value };
}

/** Values without their secret marks, and where the marks were. */
export interface Unwrapped {
  value: unknown;
  /** Paths of the marked values, keys joined by dots. */
  secretPaths: string[];
}

/** Takes the secret marks off a value of any depth. */
export function unwrapSecrets(marked: unknown, path = ""): Unwrapped {
  if (Array.isArray(marked)) {
    const items = marked.map((item, index) => unwrapSecrets(item, joined(path, String(index))));
    return { value: items.map(({ value }) => value), secretPaths: items.flatMap(({ secretPaths }) => secretPaths) };
  }
  if (typeof marked !== "object" || marked === null) {
    return { value: marked, secretPaths: [] };
  }
  if ((marked as Record<string, unknown>)[signatureKey] === secretSignature) {
    return { value: unwrapSecrets((marked as { value: unknown }).value).value, secretPaths: [path] };
  }
  const entries = Object.entries(marked).map(([key, value]) => [key, unwrapSecrets(value, joined(path, key))] as const);
  return {
    value: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
    secretPaths: entries.flatMap(([, { secretPaths }]) => secretPaths),
  };
}

function joined(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
