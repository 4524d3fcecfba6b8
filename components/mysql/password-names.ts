import { versionName } from "../../platforms/content-hash";
import { objectName, type SwarmStack } from "../../platforms/swarm/stack";

/** Role of what holds the password of a database's user; a site may be called "server" or "root" and gets in nobody's way. */
export function databaseSecretRole(key: string): string {
  return `db-${key}`;
}

/** Key of a generation of a password in its Secret. An app that refers to another key is rolled out again. */
export function secretKey(generation: number): string {
  return generation === 1 ? "password" : `password-${generation}`;
}

/** The generation that a key of such a Secret holds; undefined for a key of another kind. */
export function generationOfKey(key: string): number | undefined {
  const match = /^password(?:-(\d+))?$/.exec(key);
  return match ? Number(match[1] ?? 1) : undefined;
}

/** In a pod of the server, the volume with the files of its own users' passwords. */
export const serverVolumeName = "server";

/** Key of a file of the server's own in its Secret. A pod refers to those of the generation that it was started with. */
export function fileKey(file: string, generation: number): string {
  return generation === 1 ? file : `${file}-${generation}`;
}

/** The generation of a file's key. */
export function generationOfFileKey(key: string): number {
  return Number(/-(\d+)$/.exec(key)?.[1] ?? 1);
}

/** On Swarm, the environment variable of a database server that says which passwords it was started with. */
export const generationVariable = "PASSWORD_GENERATION";

/** On Swarm, what tells one generation of a password from the next; see `SecretContent.template`. */
export function secretTemplate(generation: number): string {
  return generation === 1 ? "password" : `password ${generation}`;
}

/** Name of the swarm's secret that holds a generation of a database's password. */
export function passwordSecretName(
  stack: Pick<SwarmStack, "name">,
  server: string,
  key: string,
  generation: number,
): string {
  return objectName(stack, versionName(`${server}-${databaseSecretRole(key)}`, secretTemplate(generation)));
}
