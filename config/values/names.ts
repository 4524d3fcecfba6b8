import { z } from "zod";

/** Names by the rules of those who read them: Kubernetes' API server, the Docker Engine, resolvers. */

/** A name as Kubernetes takes it for labels, namespaces and volumes, of at most so many characters. */
export const dnsLabel = (longest: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[a-z]([a-z0-9-]{0,${longest - 2}}[a-z0-9])?$`),
      `must be 1 to ${longest} lower-case letters, digits or hyphens, beginning with a letter and not ending with a hyphen`,
    );

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const subdomain = new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`);

/** Whether Kubernetes takes a text as the name of an object, or as a host: DNS-1123 subdomains. */
export function isSubdomain(text: string): boolean {
  return subdomain.test(text);
}

/** Name of an object of the cluster: a Secret, a class. */
export const objectName = (what: string) =>
  z
    .string()
    .regex(
      subdomain,
      `must be the name of ${what}: lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit`,
    );

/** A host name as a resolver and a certificate take it. */
export const hostName = (example: string) =>
  z
    .string()
    .regex(
      subdomain,
      `must be a host name such as ${example}: lower-case letters, digits and hyphens between dots, and no dot at its end`,
    );

/** Whether Kubernetes takes a text as the key of a label or annotation: a name, with the domain of its owner and a slash before it or not. */
export function isQualifiedName(text: string): boolean {
  const [name = "", ...domain] = text.split("/").reverse();
  return (
    /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(name) &&
    (domain.length === 0 || (domain.length === 1 && isSubdomain(domain[0] ?? "")))
  );
}

/** The key of a label or annotation. */
export const qualifiedName = (what: string) =>
  z
    .string()
    .refine(
      isQualifiedName,
      `must be ${what} such as example.com/name: up to 63 letters, digits, hyphens, underscores and dots, with a domain and a slash before them or not`,
    );

/** The value of a label. */
export const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    "must be the value of a label: up to 63 letters, digits, hyphens, underscores and dots, beginning and ending with a letter or digit",
  );

/** The key of a ConfigMap or Secret. */
export const dataKey = z
  .string()
  .regex(
    /^(?!\.{1,2}$)(?!\.\..)[-._a-zA-Z0-9]{1,253}$/,
    "must be a key: up to 253 letters, digits, hyphens, underscores and dots",
  );

/** The name of an environment variable. */
export const variableName = (example: string) =>
  z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      `must be a name such as ${example}: letters, digits and underscores, not beginning with a digit`,
    );
