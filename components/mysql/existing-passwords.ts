import { contentHash } from "../../platforms/content-hash";
import type { ServerUser } from "../../config/mysql/existing-secret";

/**
 * Passwords that stand in Secrets of somebody else's. The program never learns them: the files that it writes have a mark in the place of each, and the
 * server's pod puts them there when it starts (existing-passwords-pod.ts).
 */

/** A key of a Secret that is there. */
export interface ExistingPassword {
  name: string;
  key: string;
}

/** A Secret that is there, with passwords of the server's own users: the key of each that is in it. */
export interface ExistingSecret {
  name: string;
  keys: Readonly<Partial<Record<ServerUser, string>>>;
}

/** Which password each mark stands for, by the name in the mark. */
export type ExistingPasswords = Readonly<Record<string, ExistingPassword>>;

/** What stands for a password in a file. */
export function passwordMark(name: string): string {
  return `{{password ${name}}}`;
}

/** The password that a mark stands for; undefined for a password. */
export function markedName(password: string): string | undefined {
  return /^\{\{password ([a-z0-9-]+)\}\}$/.exec(password)?.[1];
}

/** `contentHash` of a password, or what stands for it. */
export function passwordHash(password: string): string {
  const name = markedName(password);
  return name === undefined ? contentHash(password) : `{{given ${name}}}`;
}
