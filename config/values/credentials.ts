/** Secrets where everybody may read: in addresses, and under names that say what they are. */

/** Words that end the name of a secret. */
const secretWord =
  /^(\w*(password|passwd|passphrase|passcode|secret|token|credentials?|apikey|accesskey|privatekey|secretkey)|pass|pwd|psk)$/;
/** Words before `key` that make it something everybody may know. */
const publicKey = /^(cache|foreign|primary|pub|public|publishable|site|sort)$/;

/** Whether a name says that its value is a secret: `mail__options__auth__pass`, `apiKey`, `access-token`, `password2`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ""))
    .filter((word) => word !== "");
  const last = words.at(-1) ?? "";
  return secretWord.test(last) || (last === "key" && !publicKey.test(words.at(-2) ?? ""));
}

/** Whether a value under such a name may be none: a switch, nothing at all, or the path of a file that a container is given. */
export function isHarmless(value: unknown): boolean {
  return /^(true|false|null|(\/var)?\/run\/secrets\/[^\s,;]+)?$/.test(String(value));
}

/** The names of the secrets in a text that is JSON, with dots between keys; none in any other. */
export function secretsInJson(text: string): string[] {
  const visit = (value: unknown, path: string): string[] => {
    if (typeof value !== "object" || value === null) {
      const name = path.split(".").at(-1) ?? "";
      return isSecretName(name) && !isHarmless(value) ? [path] : [];
    }
    return Object.entries(value).flatMap(([key, entry]) => visit(entry, path === "" ? key : `${path}.${key}`));
  };
  try {
    return /^\s*[{[]/.test(text) ? visit(JSON.parse(text), "") : [];
  } catch {
    return [];
  }
}

/** An address with a login before its host, or a share with one: `//user:password@server/share`. A number and a slash after the colon are a port and a path. */
const login =
  /(?<scheme>\b[a-z][a-z0-9+.-]*:|(?<![a-z0-9+.:-]))\/\/(?<user>[^\s/?#"'<>@:[]*)(?<password>:(?!\d*(?:[/?#]|$))[^\s"'<>]*)?@(?=[^\s/?#"'<>])/gi;
const parameter = /(?<=:\/\/[^\s"'<>]*[?&])(?<name>[A-Za-z0-9_.-]+)=(?<value>[^\s&#"'<>]+)/g;

/**
 * A text without the logins and secret parameters of the addresses in it. A user alone is left where it says who asks, not that he may: with ssh,
 * for a share, and in a DSN, which names a project.
 *
 * @param name of the value
 */
export function withoutCredentials(text: string, name: string): string {
  return text
    .replace(login, (all, scheme: string, _user: string, password: string | undefined) =>
      password === undefined && (/^((\w+\+)?ssh|sftp):$|^$/i.test(scheme) || /dsn$/i.test(name)) ? all : `${scheme}//`,
    )
    .replace(parameter, (all, key: string) => (isSecretName(key) || /^sig(nature)?$/i.test(key) ? `${key}=` : all));
}
