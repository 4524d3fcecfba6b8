import * as path from "node:path";
import { z } from "zod";
import { readOwnFile, writeOwnFile, type OwnFileKind } from "../files/own-file";
import { machineDirectory } from "./project";

/** What deploys a stack: the Pulumi engine, or `kubectl` and `docker stack deploy` with the rendered form. */
export type EngineName = "pulumi" | "rendered";

/** Where the state of a stack is kept that Pulumi has deployed: in this project's own folder, or in a backend of the person's. */
export type KeptBackend = "local" | PersonsBackend;

/** A backend that a person has logged in to. */
export interface PersonsBackend {
  /** For example `https://api.pulumi.com` or `s3://states`. */
  url: string;
  /** Whose the stack is there; absent where a backend knows no organisations. */
  organization?: string | undefined;
}

/** What has deployed a stack from this machine. */
export type KnownDeployment =
  | { engine: "rendered" }
  | {
      engine: "pulumi";
      backend: KeptBackend;
      /** A backup was restored: what the state names may not be there any more, which the next deployment looks at first. */
      restored?: true | undefined;
    };

const keptBackend = z.union([
  z.literal("local"),
  z.strictObject({ url: z.string(), organization: z.string().optional() }),
]);
/** The form of what is remembered of a stack. */
export const deploymentSchema: z.ZodType<KnownDeployment> = z.discriminatedUnion("engine", [
  z.strictObject({ engine: z.literal("rendered") }),
  z.strictObject({ engine: z.literal("pulumi"), backend: keptBackend, restored: z.literal(true).optional() }),
]);

const file = path.join(machineDirectory, "deployments.json");
const kind: OwnFileKind<Record<string, KnownDeployment>> = {
  what: "which says what has deployed each stack from here",
  format: "json",
  schema: z.record(z.string(), deploymentSchema),
  remedy:
    'Put it back from a backup, or write it anew: {"STACK": {"engine": "rendered"}}, or for Pulumi {"STACK": {"engine": "pulumi", "backend": "local"}} with {"url": "…"} in place of "local" where a backend keeps the state',
};

/**
 * What has deployed a stack from this machine; undefined where nothing is deployed. Each engine and each backend knows only what it made
 * itself, so a stack stays with them until it is destroyed.
 */
export function knownDeployment(stack: string): KnownDeployment | undefined {
  return read()[stack];
}

/** The engine that has deployed a stack from this machine. */
export function deployedBy(stack: string): EngineName | undefined {
  return knownDeployment(stack)?.engine;
}

/** Remembers what has deployed a stack; undefined forgets it. */
export function rememberDeployment(stack: string, known: KnownDeployment | undefined): void {
  const others = Object.entries(read()).filter(([name]) => name !== stack);
  writeOwnFile(file, kind, { ...Object.fromEntries(others), ...(known ? { [stack]: known } : {}) });
}

function read(): Record<string, KnownDeployment> {
  return readOwnFile(file, kind) ?? {};
}
