/**
 * A password that somebody else keeps in a Secret, for the database server. It stands in SQL, in option files of MySQL and in settings of Ghost, which each have
 * quotes of their own: so it has none of the signs that one of them takes for something else.
 */
export const existingPassword = {
  pattern: /^[A-Za-z0-9._~-]{16,128}$/,
  /** Ghost would take it for a number. */
  numeric: /^[0-9.eE-]+$/,
  /** What START REPLICA and START GROUP_REPLICATION take. */
  longestOfMembers: 32,
} as const;

/** Users of a server that has members, whose passwords these are. */
const memberUsers: readonly string[] = ["replication", "group"];

/** The server's own users whose passwords may be in a Secret that is there. */
export const serverUsers = ["root", "monitor", "backup", "replication", "clone", "group", "archive"] as const;
export type ServerUser = (typeof serverUsers)[number];

/**
 * What is wrong with such a password, in words that do not tell it.
 *
 * @param user whose it is; undefined for that of a site
 */
export function existingPasswordMistake(password: string, user?: string): string | undefined {
  if (/\s$/.test(password)) {
    return "it ends with a line break or a space. Make it without, for example with kubectl create secret --from-literal, or printf";
  }
  if (!existingPassword.pattern.test(password)) {
    return "it must be 16 to 128 letters, digits and signs of - _ . ~, for example of openssl rand -hex 16";
  }
  if (existingPassword.numeric.test(password)) {
    return "it must not be a number";
  }
  return user !== undefined && memberUsers.includes(user) && password.length > existingPassword.longestOfMembers
    ? `it has ${password.length} characters, and MySQL takes ${existingPassword.longestOfMembers} for this user`
    : undefined;
}
