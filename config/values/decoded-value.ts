/**
 * What a configuration value means. Pulumi keeps every value of a stack as text, maps, lists and booleans as JSON, and writes a stack
 * file back in that form; strings stay as they are.
 */
export function decodedValue(text: string): unknown {
  if (!/^[[{]|^(true|false)$/.test(text)) {
    return text;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
