import { z } from "zod";

/** A name as Kubernetes takes it for labels, namespaces and volumes, of at most so many characters. */
export const dnsLabel = (longest: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[a-z]([a-z0-9-]{0,${longest - 2}}[a-z0-9])?$`),
      `must be 1 to ${longest} lower-case letters, digits or hyphens, beginning with a letter`,
    );
