import * as pulumi from "@pulumi/pulumi";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import type { Credentials } from "./credentials";
import type { ExistingPasswords } from "./existing-passwords";
import { fileKey } from "./password-names";

/** The Secret with what a server and its scripts read at a start. */
export interface ServerSecret {
  name: pulumi.Output<string>;
  /** Its keys, and the names of the files that a pod gets of them. */
  items: { key: string; path: string }[];
  /** The passwords of Secrets that are there, whose marks stand in the files. */
  existing: ExistingPasswords;
}

/**
 * A Secret with the files of the present passwords and of those before them, each under keys of its own: a pod that is started has what
 * its server was given for as long as it lives, and one that is made again in the middle of an update gets what belongs to it.
 */
export function serverSecret<Files extends Record<string, string>>(
  children: KubernetesChildren,
  { existing, files, formerFiles, generation, templates }: Credentials<string, Files>,
): ServerSecret {
  const keyed = (contents: Record<string, string>, of: number) =>
    Object.entries(contents).map(([file, content]) => [fileKey(file, of), content] as const);
  const stringData = pulumi
    .all([files, formerFiles ?? files])
    .apply(([present, former]) =>
      Object.fromEntries([...(formerFiles ? keyed(former, generation - 1) : []), ...keyed(present, generation)]),
    );
  return {
    name: children.make("secret", "server", { metadata: children.metadata("server"), stringData }).metadata.name,
    items: Object.keys(templates).map((file) => ({ key: fileKey(file, generation), path: file })),
    existing,
  };
}
